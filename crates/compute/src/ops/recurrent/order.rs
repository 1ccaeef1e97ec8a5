//! The order in which a layer walks: through the steps, and through the sequences of a step.

use super::{Direction, RecurrentDims};
use crate::backend::{Backend, StepRows, Steps, WalkOrder};
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
    /// The row of each of the caller's sequences at its true end.
    ends: RowMap<B>,
}

impl<B: Backend> Order<B> {
    pub(super) fn new(dims: RecurrentDims, direction: Direction, packing: Option<PackingVar>) -> Self {
        let packed = |packing| PackedOrder {
            packing,
            sequences: RowMap::new(),
            ranks: RowMap::new(),
            ends: RowMap::new(),
        };
        Self { dims, direction, packed: packing.map(packed) }
    }

    /// Whether sequences may differ in length.
    pub(super) fn is_packed(&self) -> bool {
        self.packed.is_some()
    }

    pub(super) fn allocate(&mut self, backend: &B) {
        if let Some(packed) = &mut self.packed {
            packed.sequences.allocate(backend, self.dims.batch);
            packed.ranks.allocate(backend, self.dims.batch);
            packed.ends.allocate(backend, self.dims.batch);
        }
    }

    /// Before a pass: takes the present lengths in.
    pub(super) fn refresh(&mut self, context: &Context<'_, B>) {
        let Some(PackedOrder { packing, sequences, ranks, ends }) = &mut self.packed else { return };
        let packing = context.packing(*packing);
        let order = packing.order();
        sequences.write(context.backend, |rows| rows.copy_from_slice(order));
        ranks.write(context.backend, |rows| {
            for (rank, &sequence) in order.iter().enumerate() {
                rows[sequence as usize] = rank as u32;
            }
        });
        ends.write(context.backend, |rows| {
            for (rank, &sequence) in order.iter().enumerate() {
                let last = packing.lengths()[sequence as usize] - 1;
                rows[sequence as usize] = (packing.start(last) + rank) as u32;
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

    /// `count` steps, from the one on that comes `index`-th in the direction of the walk.
    pub(super) fn steps(&self, index: usize, count: usize, context: &Context<'_, B>) -> Steps {
        let rows =
            |index| if index < self.dims.steps { self.rows(index, context) } else { StepRows::default() };
        Steps {
            hidden: self.dims.hidden,
            count,
            rows: rows(index),
            is_reverse: self.direction == Direction::Reverse,
            before: index.checked_sub(1).map_or(StepRows::default(), rows),
            after: rows(index + count),
        }
    }

    /// The rows of the first step in the direction of the walk that a sequence reaches.
    pub(super) fn first_rows(&self, context: &Context<'_, B>) -> StepRows {
        let mut rows = (0..self.dims.steps).map(|index| self.rows(index, context));
        rows.find(|rows| rows.count > 0).unwrap_or_default()
    }

    /// How the rows of the state belong to the caller's sequences.
    pub(super) fn of_rows(&self) -> WalkOrder<'_, B::Indices> {
        let last = (self.dims.steps - 1) * self.dims.batch;
        match (&self.packed, self.direction) {
            (None, Direction::Forward) => WalkOrder::Plain { entry: 0, exit: last },
            (None, Direction::Reverse) => WalkOrder::Plain { entry: last, exit: 0 },
            (Some(PackedOrder { sequences, ranks, ends, .. }), direction) => {
                let (sequences, ranks, ends) = (sequences.get(), ranks.get(), ends.get());
                // The rows of the first step in time begin at 0.
                let (entries, exits) = match direction {
                    Direction::Forward => (ranks, ends),
                    Direction::Reverse => (ends, ranks),
                };
                WalkOrder::Packed { sequences, ranks, entries, exits }
            }
        }
    }
}
