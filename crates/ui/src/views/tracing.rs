//! What the page asks about the gradient of the look's sequence.

use crate::page::Page;
use leptos::prelude::*;
use rnn_protocol::{Command, TraceRequest};

impl Page {
    /// Asks for more or less.
    pub fn trace_gradient(self, change: impl FnOnce(&mut TraceRequest)) {
        let mut request = TraceRequest::default();
        self.state.update(|state| {
            change(&mut state.tracing.request);
            request = state.tracing.request;
            if request == TraceRequest::default() {
                state.tracing.forget_trace();
            }
        });
        self.send(&Command::Trace { request });
    }

    /// Says once more what is asked: a fresh worker does not know.
    pub(super) fn repeat_trace_request(self) {
        let request = self.state.with_untracked(|state| state.tracing.request);
        if request != TraceRequest::default() {
            self.send(&Command::Trace { request });
        }
    }
}
