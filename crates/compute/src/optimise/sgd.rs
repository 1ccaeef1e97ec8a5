//! Stochastic gradient descent with momentum (Polyak, 1964; Nesterov's as in Sutskever et al., 2013);
//! PyTorch's `optim.SGD`, no dampening.
//!
//! 1. `g ← ∂L/∂w + λ·w`.
//! 2. `v ← μ·v + g`.
//! 3. `w ← w − lr·v`, or with Nesterov's momentum `w ← w − lr·(g + μ·v)`.

use crate::backend::SgdStep;

/// Constants of stochastic gradient descent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sgd {
    /// μ. PyTorch's default is 0.
    pub momentum: f64,
    /// Looks ahead along the momentum. PyTorch's default is not to.
    pub nesterov: bool,
    /// λ: the gradient of λ/2·‖w‖² is added to that of the loss. PyTorch's default is 0.
    pub weight_decay: f64,
}

impl Sgd {
    /// What the kernel needs.
    pub(super) fn step(&self) -> SgdStep {
        SgdStep { momentum: self.momentum, nesterov: self.nesterov }
    }
}
