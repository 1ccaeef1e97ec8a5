//! RMSprop (Hinton's course notes, 2012; PyTorch's `optim.RMSprop`, not centred).
//!
//! 1. `g ← ∂L/∂w + λ·w`.
//! 2. `s ← α·s + (1 − α)·g²`.
//! 3. `v ← μ·v + g / (√s + ε)`.
//! 4. `w ← w − lr·v`.

use crate::backend::RmsPropStep;

/// Constants of RMSprop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsProp {
    /// Decay of the running mean of squares.
    pub alpha: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
    /// μ, the momentum of what is left after the division.
    pub momentum: f64,
    /// λ: the gradient of λ/2·‖w‖² is added to that of the loss, and so is divided like it.
    pub weight_decay: f64,
}

/// PyTorch's defaults.
impl Default for RmsProp {
    fn default() -> Self {
        Self { alpha: 0.99, epsilon: 1e-8, momentum: 0.0, weight_decay: 0.0 }
    }
}

impl RmsProp {
    /// What the kernel needs.
    pub(super) fn step(&self) -> RmsPropStep {
        RmsPropStep { alpha: self.alpha, epsilon: self.epsilon, momentum: self.momentum }
    }
}
