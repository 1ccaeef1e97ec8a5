//! Stochastic gradient descent with momentum (PyTorch's `optim.SGD`, no dampening).
//!
//! 1. `v ← μ·v + g`.
//! 2. `w ← w − lr·v`.

/// Constants of stochastic gradient descent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sgd {
    /// μ. PyTorch's default is 0.
    pub momentum: f64,
}
