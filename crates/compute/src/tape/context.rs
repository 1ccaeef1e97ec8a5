//! What an op can reach while it runs.

use super::Var;
use crate::Parameters;
use crate::backend::{At, Backend};

/// Which gradients a backward pass computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GradientScope {
    /// Of activations and parameters.
    Everything,
    /// Of activations only: a look at how the gradient travels, which leaves the parameters' alone.
    Activations,
}

/// The numbers of all tensors of a tape, or all their gradients.
#[derive(Debug)]
pub struct Buffers<B: Backend>(pub(super) Vec<B::Buffer>);

impl<B: Backend> Buffers<B> {
    /// Where the numbers of `var` start.
    #[must_use]
    pub fn at(&self, var: Var) -> At<&B::Buffer> {
        At(&self.0[var.storage], var.start)
    }

    /// Where the numbers of `var` start, to be written.
    pub fn at_mut(&mut self, var: Var) -> At<&mut B::Buffer> {
        At(&mut self.0[var.storage], var.start)
    }

    /// The whole buffers behind several tensors at once.
    ///
    /// # Panics
    /// If two of them share a buffer: an op that asks for that has a bug.
    pub fn many_mut<const N: usize>(&mut self, vars: [Var; N]) -> [&mut B::Buffer; N] {
        #[expect(clippy::expect_used, reason = "ops ask for buffers that they recorded apart")]
        self.0
            .get_disjoint_mut(vars.map(|var| var.storage))
            .expect("tensors of one op must not share a buffer")
    }
}

/// What an op can reach while it runs.
pub struct Context<'a, B: Backend> {
    /// Where the numbers are and the kernels run.
    pub backend: &'a B,
    /// Weights and their gradients.
    pub parameters: &'a mut Parameters<B>,
    /// Every tensor.
    pub values: &'a mut Buffers<B>,
    /// Every tensor's gradient; zero before a backward pass unless recorded as intermediate.
    pub gradients: &'a mut Buffers<B>,
    /// Which gradients the backward pass computes.
    pub scope: GradientScope,
    /// The indices of every index input.
    pub(crate) indices: &'a [B::Indices],
}
