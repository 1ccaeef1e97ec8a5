//! The cell under the microscope, as the page knows it.

use rnn_protocol::{CellEdit, CellLook, CellPlace, Inspection, MAX_EDITS};

/// What was asked for, and what came.
#[derive(Debug, Clone, Default)]
pub struct Microscope {
    /// What the worker was asked to look at; nothing while the microscope is put away.
    pub inspection: Option<Inspection>,
    /// The cell that came last.
    pub look: Option<CellLook>,
    /// Why the last change by hand could not be made.
    pub problem: Option<String>,
}

impl Microscope {
    /// Puts a cell under the microscope. Changes by hand stay.
    pub fn look_at(&mut self, place: CellPlace) {
        self.inspection.get_or_insert_default().place = place;
    }

    /// Puts the microscope away.
    pub fn put_away(&mut self) {
        *self = Self::default();
    }

    /// Changes a number by hand, in place of an earlier change of the same.
    ///
    /// # Errors
    /// If as many are changed as can be; the sentence says so.
    pub fn change(&mut self, edit: CellEdit) -> Result<(), String> {
        let edits = &mut self.inspection.get_or_insert_default().edits;
        let kept = edits.iter().filter(|&earlier| !is_same_number(earlier, &edit));
        let mut changed: Vec<CellEdit> = kept.cloned().collect();
        if changed.len() >= MAX_EDITS {
            return Err(format!("{MAX_EDITS} numbers are changed already. Undo one of the changes first."));
        }
        changed.push(edit);
        *edits = changed;
        self.problem = None;
        Ok(())
    }

    /// Takes back one change, or all.
    pub fn undo_changes(&mut self, index: Option<usize>) {
        let Some(inspection) = &mut self.inspection else { return };
        match index {
            Some(index) if index < inspection.edits.len() => {
                inspection.edits.remove(index);
            }
            Some(_) => {}
            None => inspection.edits.clear(),
        }
        self.problem = None;
    }

    /// The changes that were asked for.
    #[must_use]
    pub fn edits(&self) -> &[CellEdit] {
        self.inspection.as_ref().map_or(&[], |inspection| &inspection.edits)
    }

    /// Takes in a cell that came.
    pub fn show(&mut self, look: CellLook) {
        if self.inspection.is_some() {
            self.look = Some(look);
        }
    }

    /// Another run is on stage: what was seen is not of its network.
    pub fn forget_look(&mut self) {
        self.look = None;
        self.problem = None;
    }
}

/// Whether both set the same number.
fn is_same_number(one: &CellEdit, other: &CellEdit) -> bool {
    let without_value = |edit: &CellEdit| {
        let mut edit = edit.clone();
        match &mut edit {
            CellEdit::Symbol { symbol, .. } => symbol.clear(),
            CellEdit::Input { value, .. }
            | CellEdit::Hidden { value, .. }
            | CellEdit::Cell { value, .. }
            | CellEdit::Weight { value, .. } => *value = 0.0,
        }
        edit
    };
    without_value(one) == without_value(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(unit: u32, value: f32) -> CellEdit {
        CellEdit::Hidden { layer: 0, step: Some(1), unit, value }
    }

    #[test]
    fn a_second_change_of_a_number_takes_the_place_of_the_first() {
        let mut microscope = Microscope::default();
        for (unit, value) in [(0, 0.1), (1, 0.2), (0, 0.3)] {
            microscope.change(hidden(unit, value)).unwrap();
        }
        assert_eq!(microscope.edits(), [hidden(1, 0.2), hidden(0, 0.3)]);
        microscope.undo_changes(Some(0));
        microscope.undo_changes(Some(7));
        assert_eq!(microscope.edits(), [hidden(0, 0.3)]);
        microscope.undo_changes(None);
        assert!(microscope.edits().is_empty() && microscope.inspection.is_some());
    }

    #[test]
    fn there_are_not_more_changes_than_the_worker_makes() {
        let mut microscope = Microscope::default();
        for unit in 0..MAX_EDITS as u32 {
            microscope.change(hidden(unit, 0.0)).unwrap();
        }
        microscope.change(hidden(0, 0.5)).unwrap();
        assert!(microscope.change(hidden(99, 0.5)).unwrap_err().contains("16 numbers"));
        assert_eq!(microscope.edits().len(), MAX_EDITS);
    }
}
