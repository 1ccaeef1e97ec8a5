//! The worker's life: started, greeted, given helpers, lost.

use super::Page;
use crate::browser::helpers::{self, Helpers};
use crate::browser::worker::WorkerLink;
use crate::state::Connection;
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use rnn_protocol::{Arithmetic, BUILD_ID, Command, Event};
use web_sys::MessagePort;

/// What a visitor reads when a cache has mixed two versions.
const MIXED_BUILDS: &str = "This page and its worker come from different builds. Reload the page; if that does not help, empty the \
     browser's cache for this site.";

impl Page {
    /// Ends the worker and starts a fresh one with the same experiment and text.
    pub fn start_worker(self) {
        self.backstage.update_value(|backstage| {
            backstage.worker = None;
            backstage.helpers = None;
            backstage.has_handshake = false;
            backstage.has_credit = false;
            backstage.inbox.clear();
        });
        let arithmetic = self.state.with_untracked(|state| state.wanted_arithmetic);
        match WorkerLink::start(arithmetic, move |incoming| self.receive(incoming)) {
            Ok(worker) => self.backstage.update_value(|backstage| backstage.worker = Some(worker)),
            Err(reason) => self.lose_worker(&reason),
        }
    }

    /// Answers the worker's first word, and opens the first run.
    pub(super) fn greet(self, build: String, arithmetic: Arithmetic) {
        if build != BUILD_ID {
            self.backstage.update_value(|backstage| backstage.worker = None);
            self.state.update(|state| state.break_off(MIXED_BUILDS.to_owned(), false));
            return;
        }
        self.state.update(|state| state.apply(Event::Hello { build, arithmetic }));
        self.backstage.update_value(|backstage| backstage.has_handshake = true);
        self.send(&Command::Hello { build: BUILD_ID.to_owned() });
        let choice = self.state.with_untracked(|state| state.gpu.choice);
        self.send(&Command::UseGpu { choice });
        self.show_quantity();
        if arithmetic == Arithmetic::Fast {
            self.hire_helpers();
        }
        // What was on stage, or what was asked for before anything was.
        let mut number = None;
        self.state.update(|state| {
            if let Some(facts) = &state.facts {
                state.requested = facts.experiment.clone();
                number = Some(facts.data.number);
            }
        });
        let source = self.state.with_untracked(|state| state.requested.data.clone());
        let mut text = None;
        self.backstage.update_value(|backstage| {
            // A fresh worker counts from 1 again.
            let last = std::mem::take(&mut backstage.deliveries);
            let mut texts = std::mem::take(&mut backstage.own_texts);
            text = number.and_then(|number| texts.remove(&number)).or_else(|| texts.remove(&last));
        });
        self.open_first(source, text);
        self.begin_miniatures_anew();
    }

    /// Sends a command, and the bytes of a text where it brings one, to a worker that can hear it.
    pub(super) fn post(self, command: &Command, data: Option<&ArrayBuffer>) {
        let sent = self.backstage.with_value(|backstage| {
            let worker = backstage.worker.as_ref().filter(|_| backstage.has_handshake);
            worker.map_or(Ok(()), |worker| worker.send(command, data))
        });
        if let Err(reason) = sent {
            self.lose_worker(&reason);
        }
    }

    pub(super) fn lose_worker(self, reason: &str) {
        self.take_in();
        self.backstage.update_value(|backstage| {
            backstage.worker = None;
            backstage.helpers = None;
            backstage.has_handshake = false;
        });
        if self.come_back(reason) {
            return;
        }
        let was_ready = self.state.with_untracked(|state| state.connection == Connection::Ready);
        let what = if was_ready {
            "The worker that trains the network stopped"
        } else {
            "The worker could not start"
        };
        let message =
            format!("{what} ({reason}). A fresh one begins at step 0 with the same settings and text.");
        self.state.update(|state| state.break_off(message, true));
    }

    /// Starts a worker for each further core, and brings each together with the one that leads. The sums of
    /// split batches round otherwise than those of whole ones, so that this belongs to fast mode.
    fn hire_helpers(self) {
        let introduce = move |port: &MessagePort| {
            let added = self.backstage.with_value(|backstage| {
                backstage.worker.as_ref().map_or(Ok(()), |worker| worker.add_helper(port))
            });
            if let Err(reason) = added {
                self.lose_worker(&reason);
            }
        };
        let helpers = Helpers::start(helpers::affordable_count(), introduce);
        self.backstage.update_value(|backstage| backstage.helpers = Some(helpers));
    }
}
