//! The order in which a layer walks: through the steps, and through the sequences of a step.

use super::{Direction, RecurrentDims, StepRows};
use crate::backend::Backend;
use crate::ops::row_map::RowMap;
use crate::tape::{Context, PackingVar};

/// Which rows come when.
pub(super) struct Order<B: Backend> {
    dims: RecurrentDims,
    direction: Direction,
    packed: Option<PackedOrder<B>>,
}

/// The order of packed sequences: by length, the longest first.
struct PackedOrder<B: Backend> {
    packing: PackingVar,
    /// The caller's sequence for each row of the state.
    sequences: RowMap<B>,
    /// The row of the state for each of the caller's sequences.
    ranks: RowMap<B>,
}

impl<B: Backend> Order<B> {
    pub(super) fn new(dims: RecurrentDims, direction: Direction, packing: Option<PackingVar>) -> Self {
        let packed = |packing| PackedOrder { packing, sequences: RowMap::new(), ranks: RowMap::new() };
        Self { dims, direction, packed: packing.map(packed) }
    }

    pub(super) fn allocate(&mut self, backend: &B) {
        if let Some(packed) = &mut self.packed {
            packed.sequences.allocate(backend, self.dims.batch);
            packed.ranks.allocate(backend, self.dims.batch);
        }
    }

    /// Before a pass: takes the present lengths in.
    pub(super) fn refresh(&mut self, context: &Context<'_, B>) {
        let Some(PackedOrder { packing, sequences, ranks }) = &mut self.packed else { return };
        let order = context.packing(*packing).order();
        sequences.write(context.backend, |rows| rows.copy_from_slice(order));
        ranks.write(context.backend, |rows| {
            for (rank, &sequence) in order.iter().enumerate() {
                rows[sequence as usize] = rank as u32;
            }
        });
    }

    /// The rows of the step that comes `index`-th in the direction of the walk; none past the longest
    /// sequence.
    pub(super) fn rows(&self, index: usize, context: &Context<'_, B>) -> StepRows {
        let step = match self.direction {
            Direction::Forward => index,
            Direction::Reverse => self.dims.steps - 1 - index,
        };
        match &self.packed {
            None => StepRows { first: step * self.dims.batch, count: self.dims.batch },
            Some(packed) => {
                let packing = context.packing(packed.packing);
                StepRows { first: packing.start(step), count: packing.count(step) }
            }
        }
    }

    /// The caller's sequence for each row of the state, unless they agree.
    pub(super) fn sequences(&self) -> Option<&B::Indices> {
        self.packed.as_ref().map(|packed| packed.sequences.get())
    }

    /// The row of the state for each of the caller's sequences, unless they agree.
    pub(super) fn ranks(&self) -> Option<&B::Indices> {
        self.packed.as_ref().map(|packed| packed.ranks.get())
    }

    pub(super) fn dims(&self) -> RecurrentDims {
        self.dims
    }
}
