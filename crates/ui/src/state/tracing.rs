//! What was asked about the gradient of the look's sequence, and what came.

use rnn_protocol::{GradientTrace, TraceRequest};

/// The gradient taken apart, as the page knows it.
#[derive(Debug, Clone, Default)]
pub struct Tracing {
    /// What the worker was asked for.
    pub request: TraceRequest,
    /// What came last.
    pub trace: Option<GradientTrace>,
}

impl Tracing {
    /// Takes in what came, unless it is no longer asked for.
    pub fn show(&mut self, trace: GradientTrace) {
        if self.request != TraceRequest::default() {
            self.trace = Some(trace);
        }
    }

    /// Another run is on stage: what was seen is not of its network.
    pub fn forget_trace(&mut self) {
        self.trace = None;
    }
}
