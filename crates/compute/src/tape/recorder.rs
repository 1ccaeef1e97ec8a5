//! Recording: a model calls ops, and each op appends itself and its outputs.

use super::packed_weights::PackedPlans;
use super::{IndexVar, PackedId, PackedUse, PackingVar, Shape, Tape, Var};
use crate::backend::Backend;
use crate::ops::Op;
use crate::{ComputeError, ParameterId};

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
    pub(super) packings: Vec<PackingVar>,
    pub(super) packed: PackedPlans,
    random_streams: u32,
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
        Self {
            ops: Vec::new(),
            storages: Vec::new(),
            index_inputs: Vec::new(),
            packings: Vec::new(),
            packed: PackedPlans::default(),
            random_streams: 0,
        }
    }

    /// A tensor that is written from outside before the forward pass.
    pub fn input(&mut self, shape: impl Into<Shape>) -> Var {
        self.output(shape)
    }

    /// A tensor that is written from outside and whose gradient nobody wants: data.
    pub fn constant(&mut self, shape: impl Into<Shape>) -> Var {
        Var { is_constant: true, ..self.output(shape) }
    }

    /// Indices into a table of `table_size` rows, written from outside before the forward pass.
    pub fn index_input(&mut self, len: usize, table_size: usize) -> IndexVar {
        let input = IndexVar { id: self.index_inputs.len(), start: 0, len, table_size, packing: None };
        self.index_inputs.push(input);
        input
    }

    /// Indices into a table of `table_size` rows, which an op computes.
    pub fn index_output(&mut self, len: usize, table_size: usize) -> IndexVar {
        self.index_input(len, table_size)
    }

    /// A number of its own for an op that draws random numbers.
    pub fn random_stream(&mut self) -> u32 {
        self.random_streams += 1;
        self.random_streams - 1
    }

    /// A batch of at most `steps` steps by `batch` sequences, whose lengths are written from outside
    /// before the forward pass and are T until then.
    pub fn packing(&mut self, steps: usize, batch: usize) -> PackingVar {
        let packing = PackingVar { id: self.packings.len(), steps, batch };
        self.packings.push(packing);
        packing
    }

    /// A packed tensor `[T, B, width]` that is written from outside.
    pub fn packed_input(&mut self, packing: PackingVar, width: usize) -> Var {
        self.packed_output(packing, width)
    }

    /// A packed tensor `[T, B, width]` that is written from outside and whose gradient nobody wants.
    pub fn packed_constant(&mut self, packing: PackingVar, width: usize) -> Var {
        Var { is_constant: true, ..self.packed_input(packing, width) }
    }

    /// Packed indices `[T, B]` into a table of `table_size` rows, written from outside.
    pub fn packed_index_input(&mut self, packing: PackingVar, table_size: usize) -> IndexVar {
        let input = self.index_input(packing.steps.saturating_mul(packing.batch), table_size);
        let packed = IndexVar { packing: Some(packing), ..input };
        if let Some(last) = self.index_inputs.last_mut() {
            *last = packed;
        }
        packed
    }

    /// A tensor that an op computes from another row by row: of the same rows, packed alike.
    pub fn output_like(&mut self, var: Var, width: usize) -> Var {
        Var { packing: var.packing, ..self.output(var.shape.with_width(width)) }
    }

    /// The same, for a tensor whose gradient is overwritten by the op that computes it.
    pub fn intermediate_like(&mut self, var: Var, width: usize) -> Var {
        Var { packing: var.packing, ..self.intermediate(var.shape.with_width(width)) }
    }

    /// A packed tensor `[T, B, width]` that an op computes.
    pub fn packed_output(&mut self, packing: PackingVar, width: usize) -> Var {
        Var { packing: Some(packing), ..self.output([packing.steps, packing.batch, width]) }
    }

    /// A tensor that an op computes.
    pub fn output(&mut self, shape: impl Into<Shape>) -> Var {
        self.storage(shape.into(), true)
    }

    /// A tensor whose gradient is overwritten, not added to, by the op that computes it.
    pub fn intermediate(&mut self, shape: impl Into<Shape>) -> Var {
        self.storage(shape.into(), false)
    }

    /// A tensor whose gradient is overwritten, of a given shape and packing.
    pub fn packed_intermediate(&mut self, shape: impl Into<Shape>, packing: Option<PackingVar>) -> Var {
        Var { packing, ..self.intermediate(shape) }
    }

    fn storage(&mut self, shape: Shape, is_accumulated: bool) -> Var {
        self.storages.push(Storage { shape, is_accumulated });
        Var { storage: self.storages.len() - 1, start: 0, shape, packing: None, is_constant: false }
    }

    /// A weight matrix that an op multiplies by, laid out once for all of them.
    pub fn packed_weight(&mut self, weight: ParameterId, shape: [usize; 2], purpose: PackedUse) -> PackedId {
        self.packed.add(weight, purpose, shape)
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
        let packed = sum(&mut self.packed.iter().map(|plan| plan.numbers::<B>(gradients)));
        activations.saturating_mul(copies).saturating_add(scratch).saturating_add(packed)
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

/// Checks that a tensor is not packed.
pub(crate) fn not_packed(op: &'static str, what: &'static str, found: Var) -> Result<(), ComputeError> {
    match found.packing() {
        None => Ok(()),
        Some(_) => Err(ComputeError::Packing { op, what, expected: "padded, not packed" }),
    }
}

/// Checks that a tensor's rows are those of the same sequences as the op's first.
pub(crate) fn same_packing(
    op: &'static str,
    what: &'static str,
    first: Option<PackingVar>,
    found: Option<PackingVar>,
) -> Result<(), ComputeError> {
    if first == found {
        Ok(())
    } else {
        Err(ComputeError::Packing { op, what, expected: "packed as the first is" })
    }
}

/// Checks that a tensor is `[T, B, X]` of the given T and B.
pub(crate) fn same_sequences(
    op: &'static str,
    [steps, batch]: [usize; 2],
    found: Var,
) -> Result<(), ComputeError> {
    same_shape(op, "input", [steps, batch, found.shape().width()], found.shape())
}
