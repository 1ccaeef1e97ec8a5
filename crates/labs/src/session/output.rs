//! What a run shows beside its training: what it writes, and what it is compared with.

use super::run::Run;
use super::turn::Traffic;
use crate::{Clock, LabOutput, Slice};
use rnn_protocol::{Event, Reference};

/// Text appears at about the pace of fast reading …
const PIECE_MILLIS: f64 = 60.0;
const PIECE_SYMBOLS: u32 = 6;
/// … but takes at most this long at a time, and this share of the training time.
const WRITING_MILLIS: f64 = 4.0;
pub(super) const WRITING_SHARE: f64 = 0.05;
/// Characters of a sample that is written while training: about two seconds of text.
pub(super) const SAMPLE_SYMBOLS: u32 = 200;

impl Run {
    /// Writes a few characters if it is time, and begins a new sample when the last is complete.
    pub(super) fn write_while_training(&mut self, clock: &dyn Clock, traffic: &mut Traffic) {
        let now = clock.now_millis();
        let is_affordable = self.writing_millis <= WRITING_SHARE * self.clock().training_millis;
        if self.lab.step() == 0 || now - self.written_millis < PIECE_MILLIS || !is_affordable {
            return;
        }
        self.written_millis = now;
        if !self.lab.has_output_to_write() {
            self.lab.begin_output("", SAMPLE_SYMBOLS);
        }
        self.write_on(PIECE_SYMBOLS, &Slice::new(clock, WRITING_MILLIS), traffic);
        self.writing_millis += clock.now_millis() - now;
    }

    /// Writes on at what was begun.
    pub(super) fn write_on(&mut self, max_symbols: u32, slice: &Slice<'_>, traffic: &mut Traffic) {
        let output = self.lab.write_output(max_symbols, slice);
        self.push_output(output, traffic);
    }

    /// Works on what is found out beside the training.
    pub(super) fn work_aside(&mut self, slice: &Slice<'_>, traffic: &mut Traffic) {
        if self.lab.has_work_aside() && !slice.is_over() {
            let output = self.lab.work_aside(slice);
            self.push_output(output, traffic);
        }
    }

    fn push_output(&mut self, output: Option<LabOutput>, traffic: &mut Traffic) {
        let run = self.id();
        let (past, samples, before) = (&mut self.keep.past, &mut self.samples, self.samples_before);
        traffic.events.extend(output.map(|output| match output {
            LabOutput::Baseline { name, value } => {
                past.set_reference(Reference { name: name.to_owned(), value });
                Event::Baseline { run, name: name.to_owned(), value }
            }
            LabOutput::Delays { step, points } => Event::Delays { run, step, points },
            LabOutput::Text { step, sample, piece } => {
                let sample = before + sample;
                *samples = sample + 1;
                Event::Text { run, step, sample, piece }
            }
        }));
    }
}
