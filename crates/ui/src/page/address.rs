//! The page and its address: one follows the other.

use super::Page;
use crate::browser::address;
use crate::panels::panel_keys;
use crate::state::{Notice, PageState, Screen, is_step};
use leptos::prelude::*;
use rnn_protocol::{Experiment, Link};
use std::time::Duration;

/// The address is written at most this often: browsers refuse more than a few changes a second.
const WRITE_AFTER: Duration = Duration::from_millis(400);

impl Page {
    /// Takes in the address that the page was opened with, and keeps it at what is requested and shown.
    pub(super) fn follow_address(self) {
        self.state.update(|state| {
            state.requested = state.arrive(&address::fragment(), panel_keys);
        });
        address::listen(move || self.go_to_address());
        let fragment = self.derive(PageState::fragment);
        // What the address stands for already, whatever its words are.
        let known = StoredValue::new(fragment.get_untracked());
        let is_asked = StoredValue::new(false);
        Effect::new(move || {
            let must_ask = fragment.with(|fragment| known.with_value(|known| known != fragment));
            if must_ask && !is_asked.get_value() {
                is_asked.set_value(true);
                set_timeout(
                    move || {
                        is_asked.set_value(false);
                        let fragment = fragment.get_untracked();
                        if is_step(&address::fragment(), &fragment) {
                            address::push_fragment(&fragment);
                        } else {
                            address::replace_fragment(&fragment);
                        }
                        known.set_value(fragment);
                    },
                    WRITE_AFTER,
                );
            }
        });
    }

    /// The whole address of a link.
    #[must_use]
    pub fn address_of(self, link: &Link) -> String {
        address::with_fragment(&link.to_fragment())
    }

    /// The visitor changed the address, or followed a link within the page.
    fn go_to_address(self) {
        let mut experiment = Experiment::default();
        let was_home = self.state.with_untracked(|state| state.screen == Screen::Home);
        self.state.update(|state| experiment = state.arrive(&address::fragment(), panel_keys));
        self.show_quantity();
        self.rest_behind_home();
        if was_home && self.state.with_untracked(|state| state.facts.is_none()) {
            self.state.update(|state| state.requested = experiment);
            self.leave_home();
        } else if self.state.with_untracked(|state| state.requested != experiment) {
            self.open(experiment);
        }
    }

    /// Has the lab's own network take the place of the first one, which the session has refused.
    pub(super) fn fall_back(self, reason: &str) {
        let mut experiment = Experiment::default();
        self.state.update(|state| experiment = state.fall_back(reason));
        self.load(experiment.data, None, PageState::request);
    }

    /// Dismisses what is said about the address.
    pub fn dismiss_notice(self) {
        self.state.update(|state| state.notice = None::<Notice>);
    }
}
