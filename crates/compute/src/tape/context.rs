//! What an op can reach while it runs.

use super::{PackedWeights, Packing, PackingVar, Var};
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

/// Whether a pass trains or evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is random, nothing is remembered.
    Evaluation,
    /// Dropout draws its masks, which follow from seed, step and op alone; running statistics move on.
    Training {
        /// The experiment's seed.
        seed: u32,
        /// The training step.
        step: u32,
    },
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
    /// Whether the pass trains or evaluates.
    pub mode: Mode,
    /// The indices of every index input.
    pub(crate) indices: &'a mut [B::Indices],
    /// The lengths of every batch of sequences.
    pub(crate) packings: &'a [Packing],
    /// The weights laid out for products.
    pub packed: &'a mut PackedWeights<B>,
}

impl<'a, B: Backend> Context<'a, B> {
    /// Rows of a tensor that are in use: all, or the sum of the lengths if it is packed. An op over
    /// rows touches no others.
    #[must_use]
    pub fn rows(&self, var: Var) -> usize {
        var.packing.map_or(var.shape().rows(), |packing| self.packing(packing).rows())
    }

    /// How the rows of packed tensors lie.
    #[must_use]
    pub fn packing(&self, packing: PackingVar) -> &'a Packing {
        &self.packings[packing.id]
    }
}
