//! RMSprop (Hinton's course notes, 2012; PyTorch's `optim.RMSprop`).
//!
//! 1. `s ← α·s + (1 − α)·g²`.
//! 2. `w ← w − lr·g / (√s + ε)`.

/// Constants of RMSprop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsProp {
    /// Decay of the running mean of squares.
    pub alpha: f64,
    /// Keeps the division finite.
    pub epsilon: f64,
}

/// PyTorch's defaults.
impl Default for RmsProp {
    fn default() -> Self {
        Self { alpha: 0.99, epsilon: 1e-8 }
    }
}
