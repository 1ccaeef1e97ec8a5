//! The cell of the unrolled network that the visitor has in hand, for other views to show more of it.

use crate::charts::unrolled::Cell;
use leptos::prelude::*;

/// In context for the whole page.
#[derive(Debug, Clone, Copy)]
pub struct CellInHand {
    /// The cell that is followed: the one last clicked, reached by keys, scrubbed or played to. `None` until
    /// there was one.
    pub selected: RwSignal<Option<Cell>>,
    /// The cell that the visitor has asked to see more of, by a click or Enter. Whoever shows it sets it back to
    /// `None` when it is closed.
    pub opened: RwSignal<Option<Cell>>,
}

impl CellInHand {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self { selected: RwSignal::new(None), opened: RwSignal::new(None) }
    }

    /// Follows a cell.
    pub fn select(self, cell: Cell) {
        self.selected.set(Some(cell));
    }

    /// Follows a cell and asks for more of it.
    pub fn open(self, cell: Cell) {
        self.select(cell);
        self.opened.set(Some(cell));
    }
}

impl Default for CellInHand {
    fn default() -> Self {
        Self::new()
    }
}
