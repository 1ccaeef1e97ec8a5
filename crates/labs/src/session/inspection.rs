//! The cell under the microscope, between the steps of training.

use super::run::{Mode, Run};
use super::turn::Turn;
use crate::Slice;
use rnn_protocol::{Event, Inspection};

/// While it trains, a turn's training is followed by at most this long at the microscope, until the cell is
/// read; that of a small network is read in less.
const READING_MILLIS: f64 = 3.0;

/// What was last asked for, and which of all that was.
#[derive(Default)]
pub(super) struct Inspections {
    inspection: Option<Inspection>,
    version: u32,
}

impl Inspections {
    /// Another cell, or none.
    pub(super) fn set(&mut self, inspection: Option<Inspection>) {
        self.inspection = inspection;
        self.renew();
    }

    /// The same cell once more, for a run that comes back.
    pub(super) fn renew(&mut self) {
        self.version = self.version.wrapping_add(1);
    }
}

impl Run {
    /// Reads on at the cell under the microscope, if there is one that has not been shown. Returns whether
    /// anything is left to do.
    pub(super) fn look_at_cell(&mut self, turn: &mut Turn<'_>) -> bool {
        let (run, is_playing) = (self.id(), self.mode() == Mode::Playing);
        let Some(microscope) = self.lab.microscope_mut() else { return false };
        let Inspections { inspection, version } = &turn.traffic.inspections;
        if self.inspected_version != *version {
            self.inspected_version = *version;
            if let Err(message) = microscope.inspect(inspection.as_ref()) {
                turn.traffic.events.push(Event::CellRefused { run, message });
            }
        }
        if !microscope.has_work() {
            return false;
        }
        let between_steps = Slice::new(turn.clock, READING_MILLIS);
        let slice = if is_playing { &between_steps } else { turn.slice };
        let look = microscope.advance(slice);
        turn.traffic.events.extend(look.map(|look| Event::Cell { run, look: Box::new(look) }));
        microscope.has_work()
    }
}
