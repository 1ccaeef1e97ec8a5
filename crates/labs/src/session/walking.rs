//! The walk through a sentence, between the steps of training.

use super::run::{LOOK_MILLIS, Mode, Run};
use super::turn::Turn;
use rnn_protocol::{Event, WalkRequest};

/// What was last asked for, and which of all that was.
#[derive(Default)]
pub(super) struct Walks {
    request: Option<WalkRequest>,
    version: u32,
}

/// What a run has last shown of its walk.
#[derive(Default)]
pub(super) struct Walked {
    version: u32,
    /// The training step, and when that was.
    at: Option<(u32, f64)>,
}

impl Walks {
    /// Other lines, or none.
    pub(super) fn set(&mut self, request: Option<WalkRequest>) {
        self.request = request;
        self.renew();
    }

    /// The same once more, for a run that comes back.
    pub(super) fn renew(&mut self) {
        self.version = self.version.wrapping_add(1);
    }
}

impl Run {
    /// Walks through the sentence, if a walk is wanted that has not been shown; while it trains, as often as looks
    /// are taken. The numbers are those of the weights between two steps.
    pub(super) fn walk_if_due(&mut self, turn: &mut Turn<'_>) {
        let Walks { request: Some(request), version } = turn.traffic.walks else { return };
        let (now, step) = (turn.now(), self.lab.step());
        let is_asked = self.walked.version != version || self.walked.at.is_none();
        let is_due = self.walked.at.is_some_and(|(walked, then)| {
            walked != step && (self.mode() != Mode::Playing || now - then >= LOOK_MILLIS)
        });
        // A step that is only peeked at is taken back.
        if self.keep.peek.is_some() || (!is_asked && !is_due) {
            return;
        }
        self.walked = Walked { version, at: Some((step, now)) };
        if let Some(walk) = self.lab.walk(request) {
            turn.traffic.events.push(Event::Walk { run: self.id(), walk: Box::new(walk) });
        }
    }
}
