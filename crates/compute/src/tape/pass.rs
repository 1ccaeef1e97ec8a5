//! A walk over a tape that can be interrupted.

use super::GradientScope;

/// A walk over a tape, forward or backward, that can be interrupted between any two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    pub(super) walk: Walk,
    /// Ops done.
    pub(super) op: usize,
    /// Parts done of the next op.
    pub(super) part: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    Forward,
    Backward(GradientScope),
}

impl Pass {
    /// From the inputs to the loss.
    #[must_use]
    pub fn forward() -> Self {
        Self { walk: Walk::Forward, op: 0, part: 0 }
    }

    /// From the loss to the inputs. The gradients must have been zeroed and the loss's set before
    /// (see [`super::Tape::zero_gradients`] and [`super::Tape::write_gradient`]).
    #[must_use]
    pub fn backward(scope: GradientScope) -> Self {
        Self { walk: Walk::Backward(scope), op: 0, part: 0 }
    }
}
