//! Adagrad (Duchi, Hazan and Singer, 2011; PyTorch's `optim.Adagrad`).
//!
//! At step k, counted from 1:
//! 1. `g ← ∂L/∂w + λ·w`.
//! 2. `s ← s + g²`.
//! 3. `w ← w − lr/(1 + (k − 1)·δ) · g / (√s + ε)`.

use crate::backend::Update;

/// Constants of Adagrad.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adagrad {
    /// δ, how fast the step size falls by itself.
    pub learning_rate_decay: f64,
    /// s before the first step. Read once, when the optimiser is made.
    pub initial_accumulator: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// λ: the gradient of λ/2·‖w‖² is added to that of the loss, and so is divided like it.
    pub weight_decay: f64,
}

/// PyTorch's defaults.
impl Default for Adagrad {
    fn default() -> Self {
        Self { learning_rate_decay: 0.0, initial_accumulator: 0.0, epsilon: 1e-10, weight_decay: 0.0 }
    }
}

impl Adagrad {
    /// The update number `step`, counted from 1, with its own step size.
    pub(super) fn at_step(&self, step: u32, update: Update) -> Update {
        let slowed = 1.0 + (f64::from(step) - 1.0) * self.learning_rate_decay;
        Update { learning_rate: update.learning_rate / slowed, ..update }
    }
}
