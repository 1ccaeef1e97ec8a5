//! Recording: a model calls ops, and each op appends itself and its outputs.

use super::{IndexVar, Shape, Tape, Var};
use crate::ComputeError;
use crate::backend::Backend;
use crate::ops::Op;

/// Whether a tape can be walked in reverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gradients {
    /// Each tensor has room for its gradient.
    Kept,
    /// Forward only: evaluation and generation. Takes half the memory.
    None,
}

/// What is known of a tensor before it has memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storage {
    pub(super) shape: Shape,
    /// Whether its gradient must be zero before the backward pass. False where the one op that
    /// computes it overwrites it.
    pub(super) is_accumulated: bool,
}

/// Records a graph of ops without allocating or computing anything, so that what it will cost can
/// be asked first.
pub struct Recorder<B: Backend> {
    pub(super) ops: Vec<Box<dyn Op<B>>>,
    pub(super) storages: Vec<Storage>,
    /// Length and table size of each index input.
    pub(super) index_inputs: Vec<IndexVar>,
}

impl<B: Backend> Default for Recorder<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Backend> Recorder<B> {
    /// An empty recording.
    #[must_use]
    pub fn new() -> Self {
        Self { ops: Vec::new(), storages: Vec::new(), index_inputs: Vec::new() }
    }

    /// A tensor that is written from outside before the forward pass.
    pub fn input(&mut self, shape: impl Into<Shape>) -> Var {
        self.output(shape)
    }

    /// Indices into a table of `table_size` rows, written from outside before the forward pass.
    pub fn index_input(&mut self, len: usize, table_size: usize) -> IndexVar {
        let input = IndexVar { id: self.index_inputs.len(), len, table_size };
        self.index_inputs.push(input);
        input
    }

    /// A tensor that an op computes.
    pub fn output(&mut self, shape: impl Into<Shape>) -> Var {
        self.storage(shape.into(), true)
    }

    /// A tensor whose gradient is overwritten, not added to, by the op that computes it.
    pub fn intermediate(&mut self, shape: impl Into<Shape>) -> Var {
        self.storage(shape.into(), false)
    }

    fn storage(&mut self, shape: Shape, is_accumulated: bool) -> Var {
        self.storages.push(Storage { shape, is_accumulated });
        Var { storage: self.storages.len() - 1, start: 0, shape }
    }

    /// Appends an op. It runs after all that were appended before.
    pub fn push(&mut self, op: impl Op<B> + 'static) {
        self.ops.push(Box::new(op));
    }

    /// Numbers that the tape will hold, activations, gradients and packed weights together.
    #[must_use]
    pub fn planned_numbers(&self, gradients: Gradients) -> u64 {
        let sum = |numbers: &mut dyn Iterator<Item = u64>| numbers.fold(0, u64::saturating_add);
        let activations = sum(&mut self.storages.iter().map(|storage| storage.shape.planned_len()));
        let copies = if gradients == Gradients::Kept { 2 } else { 1 };
        let scratch = sum(&mut self.ops.iter().map(|op| op.scratch_numbers(gradients)));
        activations.saturating_mul(copies).saturating_add(scratch)
    }

    /// Allocates everything and ends the recording.
    #[must_use]
    pub fn finish(self, backend: B, gradients: Gradients) -> Tape<B> {
        Tape::new(backend, self, gradients)
    }
}

/// Checks that a size is not zero.
pub(crate) fn at_least_one(what: &'static str, size: usize) -> Result<usize, ComputeError> {
    if size == 0 { Err(ComputeError::ZeroSize { what }) } else { Ok(size) }
}

/// Checks that two shapes are equal.
pub(crate) fn same_shape(
    op: &'static str,
    what: &'static str,
    expected: impl Into<Shape>,
    found: Shape,
) -> Result<(), ComputeError> {
    let expected = expected.into();
    if expected == found { Ok(()) } else { Err(ComputeError::Shape { op, what, expected, found }) }
}
