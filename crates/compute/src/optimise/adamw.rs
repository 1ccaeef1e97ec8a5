//! AdamW: Adam with decoupled weight decay (Loshchilov and Hutter, 2019; PyTorch's `optim.AdamW`).
//!
//! At step k, counted from 1, g = ∂L/∂w:
//! 1. `w ← w·(1 − lr·λ)`.
//! 2. `m ← β₁·m + (1 − β₁)·g`, `s ← β₂·s + (1 − β₂)·g²`.
//! 3. `w ← w − lr/(1 − β₁ᵏ) · m / (√s/√(1 − β₂ᵏ) + ε)`.

use super::Adam;
use crate::backend::AdamStep;

/// Constants of AdamW.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// Decay of the running mean.
    pub beta1: f64,
    /// Decay of the running mean of squares.
    pub beta2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// λ: every weight shrinks by this share, times the step size, whatever its gradient was.
    pub weight_decay: f64,
}

/// PyTorch's defaults.
impl Default for AdamW {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.01 }
    }
}

impl AdamW {
    /// The constants of update number `step`, counted from 1.
    pub(super) fn at_step(&self, step: u32) -> AdamStep {
        let Self { beta1, beta2, epsilon, weight_decay } = *self;
        let adam = Adam { beta1, beta2, epsilon, weight_decay: 0.0 };
        AdamStep { decoupled_decay: weight_decay, ..adam.at_step(step) }
    }
}
