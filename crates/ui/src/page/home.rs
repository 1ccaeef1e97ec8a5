//! The home page and the worker: the miniatures are set up when it is shown, and end when a lab is.

use super::Page;
use crate::browser::appearance::prefers_reduced_motion;
use crate::browser::{data, visibility};
use crate::state::{Motion, PageState, Screen};
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use leptos::task::spawn_local;
use rnn_protocol::{Command, DataNeed, LabKind, MiniatureCommand, MiniatureNews};

impl Page {
    /// Has the miniatures follow the screen, the tab's visibility and the visitor's choice.
    pub(super) fn tend_home(self) {
        self.state.update(|state| {
            state.home.is_motion_reduced = prefers_reduced_motion();
            state.home.is_hidden = visibility::is_hidden();
        });
        visibility::watch(move |is_hidden| self.state.update(|state| state.home.is_hidden = is_hidden));
        let motion = self.derive(|state| (state.screen == Screen::Home).then(|| state.home.motion()));
        Effect::new(move || {
            let motion = motion.get();
            self.direct_miniatures(motion);
        });
    }

    /// Trains the miniatures, or stops them.
    pub fn move_miniatures(self, motion: Motion) {
        self.state.update(|state| state.home.choice = Some(motion));
    }

    /// A fresh worker knows no miniature.
    pub(super) fn begin_miniatures_anew(self) {
        self.backstage.update_value(|backstage| backstage.has_miniatures = false);
        let motion =
            self.state.with_untracked(|state| (state.screen == Screen::Home).then(|| state.home.motion()));
        self.direct_miniatures(motion);
    }

    /// Leaves the home page: what the lab begins with is opened as if the page had begun there.
    pub(super) fn leave_home(self) {
        let (is_empty, source) =
            self.state.with_untracked(|state| (state.facts.is_none(), state.requested.data.clone()));
        let is_waited_for =
            self.backstage.with_value(|backstage| !backstage.has_handshake || backstage.keeper.is_restoring);
        if is_empty && !is_waited_for {
            self.open_first(source, None);
        }
    }

    /// Whether there is nothing to open: no run is on stage, and no lab is shown.
    pub(super) fn is_at_home_with_nothing(self) -> bool {
        self.state.with_untracked(|state| state.screen == Screen::Home && state.facts.is_none())
    }

    /// Goes to the lab of the run that has come on stage at the visitor's wish while the home page was shown.
    pub(super) fn follow_run(self) {
        let lab = self.state.with_untracked(|state| (state.screen == Screen::Home).then(|| state.lab()));
        if let Some(lab) = lab {
            self.state.update(|state| state.screen = Screen::Lab(lab));
        }
    }

    fn direct_miniatures(self, motion: Option<Motion>) {
        let (is_ready, has_begun) =
            self.backstage.with_value(|backstage| (backstage.has_handshake, backstage.has_miniatures));
        if !is_ready {
            return;
        }
        match motion {
            Some(Motion::Playing) => {
                if !has_begun {
                    self.backstage.update_value(|backstage| backstage.has_miniatures = true);
                    for lab in LabKind::ALL {
                        self.begin_miniature(lab);
                    }
                }
                self.tell_miniatures(MiniatureCommand::Play, None);
            }
            Some(Motion::Paused) if has_begun => self.tell_miniatures(MiniatureCommand::Pause, None),
            Some(Motion::Paused) => {}
            None if has_begun => {
                self.backstage.update_value(|backstage| backstage.has_miniatures = false);
                self.tell_miniatures(MiniatureCommand::End, None);
                self.state.update(|state| state.home.forget());
            }
            None => {}
        }
    }

    /// Sets a miniature up, once its lab's data is there.
    fn begin_miniature(self, lab: LabKind) {
        let DataNeed::File(shipped) = lab.description().data else {
            self.tell_miniatures(MiniatureCommand::Begin { lab }, None);
            return;
        };
        spawn_local(async move {
            let read = data::fetch(shipped).await;
            // Another screen may be shown by then.
            if !self.backstage.with_value(|backstage| backstage.has_miniatures) {
                return;
            }
            match read {
                Ok(buffer) => self.tell_miniatures(MiniatureCommand::Begin { lab }, Some(&buffer)),
                Err(reason) => {
                    let message = format!("{} could not be fetched ({reason})", shipped.name);
                    let news = MiniatureNews::Failed { lab, message };
                    self.state.update(|state| state.home.apply(news));
                }
            }
        });
    }

    fn tell_miniatures(self, command: MiniatureCommand, data: Option<&ArrayBuffer>) {
        self.post(&Command::Miniatures { command }, data);
    }

    /// Stops a run that nobody sees any more.
    pub(super) fn rest_behind_home(self) {
        let is_unseen =
            |state: &PageState| state.screen == Screen::Home && state.playing && state.can_train();
        if self.state.with_untracked(is_unseen) {
            self.send(&Command::Pause);
        }
    }
}
