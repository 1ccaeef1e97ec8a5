//! Adam (Kingma and Ba, 2015; PyTorch's `optim.Adam`).
//!
//! At step k, counted from 1:
//! 1. `g ← ∂L/∂w + λ·w`.
//! 2. `m ← β₁·m + (1 − β₁)·g`, `s ← β₂·s + (1 − β₂)·g²`.
//! 3. `w ← w − lr/(1 − β₁ᵏ) · m / (√s/√(1 − β₂ᵏ) + ε)`.

use crate::backend::AdamStep;

/// Constants of Adam.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Decay of the running mean.
    pub beta1: f64,
    /// Decay of the running mean of squares.
    pub beta2: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// λ: the gradient of λ/2·‖w‖² is added to that of the loss, and so is divided like it; compare
    /// [`AdamW`](super::AdamW).
    pub weight_decay: f64,
}

/// The paper's and PyTorch's defaults.
impl Default for Adam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl Adam {
    /// The constants of update number `step`, counted from 1.
    pub(super) fn at_step(&self, step: u32) -> AdamStep {
        let power = |base: f64| libm::pow(base, f64::from(step));
        AdamStep {
            beta1: self.beta1,
            beta2: self.beta2,
            epsilon: self.epsilon,
            bias_correction1: 1.0 - power(self.beta1),
            bias_correction2: 1.0 - power(self.beta2),
            decoupled_decay: 0.0,
        }
    }
}
