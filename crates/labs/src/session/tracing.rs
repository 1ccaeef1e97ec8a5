//! The gradient of the look's sequence taken apart, between the steps of training.

use super::run::{Mode, Run};
use super::turn::Turn;
use crate::Slice;
use rnn_protocol::{Event, TraceRequest};

/// While it trains, a turn's training is followed by at most this long at the study, give or take one part.
const STUDY_MILLIS: f64 = 2.0;

/// What was last asked for, and which of all that was.
#[derive(Default)]
pub(super) struct Traces {
    request: TraceRequest,
    version: u32,
}

impl Traces {
    /// Something else, or nothing.
    pub(super) fn set(&mut self, request: TraceRequest) {
        self.request = request;
        self.renew();
    }

    /// The same once more, for a run that comes back.
    pub(super) fn renew(&mut self) {
        self.version = self.version.wrapping_add(1);
    }
}

impl Run {
    /// Works on at what was asked about the gradient. Returns whether anything is left to do.
    pub(super) fn trace_gradient(&mut self, turn: &mut Turn<'_>) -> bool {
        let run = self.id();
        let Traces { request, version } = turn.traffic.traces;
        if self.traced_version != version {
            self.traced_version = version;
            self.lab.network_mut().ask_trace(request);
        }
        if !self.lab.network().has_trace_to_work_out() {
            return false;
        }
        let between_steps = Slice::new(turn.clock, STUDY_MILLIS);
        let slice = if self.mode() == Mode::Playing { &between_steps } else { turn.slice };
        let trace = self.lab.network_mut().work_out_trace(slice);
        turn.traffic.events.extend(trace.map(|trace| Event::Traced { run, trace: Box::new(trace) }));
        self.lab.network().has_trace_to_work_out()
    }
}
