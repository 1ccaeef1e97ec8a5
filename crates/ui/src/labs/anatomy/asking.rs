//! What the page asks of the walk.

use crate::page::Page;
use leptos::prelude::*;
use rnn_protocol::Command;

impl Page {
    /// Has the walk shown, and this line of it.
    pub(super) fn want_line(self, line: u32) {
        let wanted = self.state.with_untracked(|state| state.walk.want(line));
        if wanted.is_some() {
            self.state.update(|state| state.walk.request = wanted);
            self.send(&Command::Walk { request: wanted });
        }
    }

    /// Says once more what is asked: a fresh worker, and a new run, do not know.
    pub(super) fn repeat_walk(self) {
        let request = self.state.with_untracked(|state| state.walk.request);
        if request.is_some() {
            self.send(&Command::Walk { request });
        }
    }

    /// Has no walk shown any longer.
    pub(super) fn end_walk(self) {
        self.state.update(|state| state.walk.request = None);
        self.send(&Command::Walk { request: None });
    }
}
