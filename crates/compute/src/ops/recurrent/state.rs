//! A state, h or c, that runs along with a layer's walk.

use crate::tape::Var;

/// Where a state lies before, during and after a walk.
#[derive(Debug, Clone, Copy)]
pub(super) struct StateVars {
    /// `[B, H]`.
    pub(super) initial: Var,
    /// `[T, B, H]`, after each step.
    pub(super) output: Var,
    /// `[B, H]`.
    pub(super) last: Var,
}
