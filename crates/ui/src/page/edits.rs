//! What changes the experiment: edits, beginning again, undo and redo.

use super::Page;
use crate::state::{Direction, PageState, Way};
use leptos::prelude::*;
use rnn_protocol::{Command, Experiment, Setting};
use std::time::Duration;

/// After so long it is seen whether the worker has answered.
const ANSWER_AFTER: Duration = Duration::from_millis(20);

impl Page {
    /// Changes one setting of the experiment.
    ///
    /// # Errors
    /// The sentence to show under the field; nothing is sent then.
    pub fn edit(self, setting: &Setting, value: &str) -> Result<(), String> {
        self.change(|experiment| setting.set(experiment, value).map_err(|error| error.to_string()))
    }

    /// Changes the experiment.
    ///
    /// # Errors
    /// The sentence to show where it was asked for; nothing is sent then.
    pub fn change(self, edit: impl FnOnce(&mut Experiment) -> Result<(), String>) -> Result<(), String> {
        let before = self.state.with_untracked(|state| state.requested.clone());
        let mut experiment = before.clone();
        edit(&mut experiment)?;
        if experiment == before {
            return Ok(());
        }
        if self.state.with_untracked(PageState::has_data) {
            self.state.update(|state| state.request(experiment.clone()));
            self.send(&Command::Open { experiment });
        } else {
            // Goes along with the text that is on its way.
            self.state.update(|state| state.requested = experiment);
        }
        Ok(())
    }

    /// Opens another experiment. Where its data is not that of the run on stage, it is fetched first.
    pub fn open(self, experiment: Experiment) {
        self.state.update(|state| state.intend(experiment.clone()));
        if self.state.with_untracked(PageState::has_data) {
            self.state.update(|state| state.go_on(experiment.clone()));
            self.send(&Command::Open { experiment });
        } else {
            self.load(experiment.data, None, PageState::go_on);
        }
    }

    /// Opens another experiment at step 0, also where the run on stage could go on under it.
    pub fn open_afresh(self, experiment: Experiment) {
        let would_go_on = self.state.with_untracked(|state| {
            state.facts.as_ref().is_some_and(|facts| {
                facts.experiment.is_continued_by(&experiment) || facts.experiment.is_recut_by(&experiment)
            })
        });
        self.open(experiment);
        if would_go_on {
            self.reset();
        }
    }

    /// Begins the same experiment again at step 0.
    pub fn reset(self) {
        self.state.update(|state| state.request_again(state.requested.clone()));
        self.send(&Command::Reset);
    }

    /// Undoes the last edit, or does it again. While the worker has not answered the one before, this waits.
    pub fn travel(self, direction: Direction) {
        let (can_train, must_wait) =
            self.state.with_untracked(|state| (state.can_train(), state.awaits_answer()));
        if can_train && must_wait {
            set_timeout(move || self.travel(direction), ANSWER_AFTER);
            return;
        }
        // A signal that is written to tells everybody, so that it is asked first.
        if self.state.with_untracked(|state| state.offer(direction).is_none()) {
            return;
        }
        let mut way = None;
        self.state.update(|state| way = state.travel(direction));
        let experiment = self.state.with_untracked(|state| state.requested.clone());
        match way {
            Some(Way::BringBack(run)) => self.send(&Command::BringBack { run }),
            Some(Way::Open) => self.send(&Command::Open { experiment }),
            Some(Way::Reload(run)) => {
                let text = self.own_text_of(run);
                self.load(experiment.data, text, PageState::go_on);
            }
            None => {}
        }
    }
}
