//! What the page asks of the microscope. Any view may: a click on a cell is one call of
//! [`Page::look_at_cell`].

use crate::page::Page;
use crate::state::Microscope;
use leptos::prelude::*;
use rnn_protocol::{CellEdit, CellPlace, Command};

impl Page {
    /// Puts a cell under the microscope, which is taken out if it was put away.
    pub fn look_at_cell(self, place: CellPlace) {
        self.ask_microscope(|microscope| {
            microscope.look_at(place);
            Ok(())
        });
    }

    /// Moves the microscope to a cell, unless it is put away.
    pub fn follow_cell(self, place: CellPlace) {
        if self.state.with_untracked(|state| state.microscope.inspection.is_some()) {
            self.look_at_cell(place);
        }
    }

    /// Puts the microscope away.
    pub fn put_microscope_away(self) {
        self.ask_microscope(|microscope| {
            microscope.put_away();
            Ok(())
        });
    }

    /// Changes a number by hand.
    pub fn change_by_hand(self, edit: CellEdit) {
        self.ask_microscope(|microscope| microscope.change(edit));
    }

    /// Takes back one change by hand, or all.
    pub fn undo_changes_by_hand(self, index: Option<usize>) {
        self.ask_microscope(|microscope| {
            microscope.undo_changes(index);
            Ok(())
        });
    }

    /// Says once more what is asked: a fresh worker does not know.
    pub(super) fn repeat_inspection(self) {
        let inspection = self.state.with_untracked(|state| state.microscope.inspection.clone());
        if inspection.is_some() {
            self.send(&Command::Inspect { inspection });
        }
    }

    fn ask_microscope(self, change: impl FnOnce(&mut Microscope) -> Result<(), String>) {
        let mut asked = None;
        self.state.update(|state| match change(&mut state.microscope) {
            Ok(()) => asked = Some(state.microscope.inspection.clone()),
            Err(problem) => state.microscope.problem = Some(problem),
        });
        if let Some(inspection) = asked {
            self.send(&Command::Inspect { inspection });
        }
    }
}
