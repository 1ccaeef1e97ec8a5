//! What comes from the worker: taken in by frames, so that a fast network does not flood the page.

use super::Page;
use crate::browser::now;
use crate::browser::worker::Incoming;
use leptos::prelude::*;
use rnn_protocol::{Command, Event, Link};
use std::time::Duration;

/// Reports are shown together, this often: eyes follow no faster, and what the page saves the
/// training gets.
const SHOW_EVERY_MILLIS: f64 = 80.0;
/// Reports that are taken in without waiting for a frame, which a hidden page never gets.
const INBOX_LIMIT: usize = 256;
/// Time left to the training between two looks inside the network.
const LOOK_EVERY: Duration = Duration::from_millis(60);

impl Page {
    pub(super) fn receive(self, incoming: Incoming) {
        match incoming {
            Incoming::Event(event) => self.hear(event),
            Incoming::File(event, file) => self.take_file(&event, file),
            Incoming::Snapshot(snapshot) => {
                self.state.update(|state| state.look(snapshot));
                set_timeout(move || request_animation_frame(move || self.send(&Command::Credit)), LOOK_EVERY);
            }
            Incoming::Failure(reason) => self.lose_worker(&reason),
        }
    }

    fn hear(self, event: Event) {
        if let Event::Hello { build, arithmetic } = event {
            self.greet(build, arithmetic);
            return;
        }
        let is_frequent = matches!(event, Event::Stepped { .. } | Event::Clocked { .. } | Event::Text { .. });
        let is_opened = matches!(event, Event::Opened(_));
        match &event {
            Event::NotSaved { request, message } => self.miss_file(*request, message),
            Event::DataWanted { lab, source, .. } => self.bring_data(*lab, source.clone()),
            _ => {}
        }
        let refusal = match &event {
            Event::Refused { message } => Some(message.clone()),
            _ => None,
        };
        let falls_back = refusal.is_some() && self.has_nothing_but_a_request();
        let is_playing = matches!(event, Event::Playing { playing: true, .. });
        let mut is_full = false;
        self.backstage.update_value(|backstage| {
            backstage.inbox.push(event);
            is_full = backstage.inbox.len() >= INBOX_LIMIT;
        });
        if !is_frequent || is_full {
            self.take_in();
        } else {
            self.take_in_soon();
        }
        if is_opened {
            self.give_first_credit();
            self.note_opened();
            self.rest_behind_home();
        }
        if is_playing {
            self.say_comeback();
        }
        if let Some(reason) = refusal {
            self.begin_afresh(reason.clone());
            if falls_back {
                self.fall_back(&reason);
            }
        }
    }

    /// Whether the page waits for its first run, which is another than the one that the lab begins with.
    fn has_nothing_but_a_request(self) -> bool {
        self.state.with_untracked(|state| {
            let default = Link::of_lab(state.requested.lab).experiment;
            let is_own = state.requested.data != default.data;
            state.facts.is_none() && state.awaits_answer() && !is_own && state.requested != default
        })
    }

    /// Applies what has come, in order, as one change of the state.
    pub(super) fn take_in(self) {
        let mut events = Vec::new();
        self.backstage.update_value(|backstage| {
            events = std::mem::take(&mut backstage.inbox);
            backstage.shown_at = now();
        });
        if !events.is_empty() {
            self.state.update(|state| events.into_iter().for_each(|event| state.apply(event)));
        }
    }

    fn take_in_soon(self) {
        let mut must_ask = false;
        self.backstage.update_value(|backstage| {
            must_ask = !std::mem::replace(&mut backstage.awaits_frame, true);
        });
        if must_ask {
            request_animation_frame(move || {
                let mut is_due = false;
                self.backstage.update_value(|backstage| {
                    backstage.awaits_frame = false;
                    is_due = now() - backstage.shown_at >= SHOW_EVERY_MILLIS;
                });
                if is_due {
                    self.take_in();
                } else {
                    self.take_in_soon();
                }
            });
        }
    }

    fn give_first_credit(self) {
        let mut is_first = false;
        self.backstage.update_value(|backstage| {
            is_first = !std::mem::replace(&mut backstage.has_credit, true);
        });
        if is_first {
            self.send(&Command::Credit);
        }
    }
}
