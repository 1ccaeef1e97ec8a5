//! The order in which a layer walks: through the steps, and through the sequences of a step.

use super::{Direction, RecurrentDims, StepRows};
use crate::backend::Backend;
use crate::tape::{Context, PackingVar};

/// Which rows come when.
pub(super) struct Order<B: Backend> {
    dims: RecurrentDims,
    direction: Direction,
    packing: Option<PackingVar>,
    /// The caller's sequence for each row of the state, if they are ordered by length.
    sequences: Option<B::Indices>,
    /// The row of the state for each of the caller's sequences, likewise.
    ranks: Option<B::Indices>,
    host_ranks: Vec<u32>,
}

impl<B: Backend> Order<B> {
    pub(super) fn new(dims: RecurrentDims, direction: Direction, packing: Option<PackingVar>) -> Self {
        Self { dims, direction, packing, sequences: None, ranks: None, host_ranks: Vec::new() }
    }

    pub(super) fn allocate(&mut self, backend: &B) {
        if self.packing.is_some() {
            let batch = self.dims.batch;
            self.sequences = Some(backend.indices(batch));
            self.ranks = Some(backend.indices(batch));
            self.host_ranks = vec![0; batch];
        }
    }

    /// Before a pass: takes the present lengths in.
    pub(super) fn refresh(&mut self, context: &Context<'_, B>) {
        let (Some(packing), Some(sequences), Some(ranks)) =
            (self.packing, &mut self.sequences, &mut self.ranks)
        else {
            return;
        };
        let order = context.packing(packing).order();
        for (rank, &sequence) in order.iter().enumerate() {
            self.host_ranks[sequence as usize] = rank as u32;
        }
        context.backend.write_indices(sequences, order);
        context.backend.write_indices(ranks, &self.host_ranks);
    }

    /// The rows of the step that comes `index`-th in the direction of the walk; none past the longest
    /// sequence.
    pub(super) fn rows(&self, index: usize, context: &Context<'_, B>) -> StepRows {
        let step = match self.direction {
            Direction::Forward => index,
            Direction::Reverse => self.dims.steps - 1 - index,
        };
        match self.packing {
            None => StepRows { first: step * self.dims.batch, count: self.dims.batch },
            Some(packing) => {
                let packing = context.packing(packing);
                StepRows { first: packing.start(step), count: packing.count(step) }
            }
        }
    }

    /// The caller's sequence for each row of the state, unless they agree.
    pub(super) fn sequences(&self) -> Option<&B::Indices> {
        self.sequences.as_ref()
    }

    /// The row of the state for each of the caller's sequences, unless they agree.
    pub(super) fn ranks(&self) -> Option<&B::Indices> {
        self.ranks.as_ref()
    }

    pub(super) fn dims(&self) -> RecurrentDims {
        self.dims
    }
}
