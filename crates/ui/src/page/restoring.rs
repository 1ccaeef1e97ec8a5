//! Bringing a run back: after a reload, from a tab that is no more, or into a fresh worker.

use super::Page;
use super::keeper::Comeback;
use super::keeping::{earlier_records, not_kept};
use crate::browser::storage::{Label, Record, Storage, claim_tab};
use crate::browser::{data, now};
use crate::format::grouped;
use crate::state::PageState;
use crate::state::{Alert, Connection, EarlierWork, Storing};
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use leptos::task::spawn_local;
use rnn_protocol::{Command, DataNeed, DataSource, LabKind};
use std::time::Duration;
use web_sys::Blob;

/// A database that has not answered by then is not waited for.
const PATIENCE: Duration = Duration::from_millis(2_000);
/// A worker that is lost again so soon is not followed by another one by itself.
const LOOP_MILLIS: f64 = 10_000.0;

impl Page {
    /// Finds out which tab this is and what it has kept before; from then on, keeps the run.
    pub(super) fn start_keeping(self) {
        set_timeout(move || self.end_lookup(), PATIENCE);
        spawn_local(async move {
            if let Err(reason) = self.look_up().await {
                let message = not_kept(&reason);
                self.state.update(|state| state.keeping.storing = Storing::Failing { message });
            }
            self.end_lookup();
            self.keep_regularly();
        });
    }

    async fn look_up(self) -> Result<(), String> {
        let storage = Storage::open().await?;
        let tab = claim_tab().await;
        let record = storage.read(&tab).await?;
        let has_record = record.is_some();
        let mut is_late = false;
        self.backstage.update_value(|backstage| {
            let keeper = &mut backstage.keeper;
            is_late = keeper.is_looked_up;
            keeper.storage = Some(storage.clone());
            keeper.tab.clone_from(&tab);
            keeper.record = record;
        });
        if has_record && !is_late {
            return Ok(());
        }
        let earlier = earlier_records(&storage, &tab).await?.into_iter().find(|label| !label.is_declined);
        let offer = earlier.map(|Label { tab, words, step, saved_at, .. }| EarlierWork {
            tab,
            words,
            step,
            saved_at,
        });
        self.state.update(|state| state.keeping.offer = offer);
        Ok(())
    }

    fn end_lookup(self) {
        let mut first = None;
        self.backstage.update_value(|backstage| {
            backstage.keeper.is_looked_up = true;
            first = backstage.keeper.first.take();
        });
        if let Some((source, text)) = first {
            self.open_first(source, text);
        }
    }

    /// Opens what a fresh worker begins with: the run that was lost with the last one, or what this tab has kept,
    /// or else a run at step 0.
    pub(super) fn open_first(self, source: DataSource, text: Option<Blob>) {
        let mut file = None;
        let mut must_wait = false;
        self.backstage.update_value(|backstage| {
            let keeper = &mut backstage.keeper;
            if std::mem::take(&mut keeper.is_coming_back) {
                file = keeper.file.clone();
                keeper.text = text.clone();
            } else if !keeper.is_looked_up {
                keeper.first = Some((source.clone(), text.clone()));
                must_wait = true;
            } else if let Some(Record { file: kept, text }) = keeper.record.take() {
                keeper.text = text.clone();
                keeper.written_text = text;
                keeper.file = Some(kept.clone());
                file = Some(kept);
            }
            keeper.is_restoring = file.is_some();
        });
        match file {
            Some(file) => self.restore(file),
            None if must_wait || self.is_at_home_with_nothing() => {}
            None => self.load(source, text, PageState::request),
        }
    }

    /// Opens a file that this browser has kept.
    fn restore(self, file: Blob) {
        let load = self.backstage.with_value(|backstage| backstage.loads);
        spawn_local(async move {
            let read = data::read(&file).await;
            if self.backstage.with_value(|backstage| backstage.loads) != load {
                // The visitor has chosen something else in the meantime.
                self.backstage.update_value(|backstage| backstage.keeper.is_restoring = false);
                return;
            }
            match read {
                Ok(file) => self.post(&Command::OpenSaved, Some(&file)),
                Err(reason) => {
                    self.begin_afresh(format!("What this browser has kept could not be read ({reason})."));
                }
            }
        });
    }

    /// Opens what a tab that is no more has kept.
    pub fn restore_earlier(self) {
        let Some(EarlierWork { tab, .. }) = self.take_offer() else { return };
        let Some(storage) = self.backstage.with_value(|backstage| backstage.keeper.storage.clone()) else {
            return;
        };
        spawn_local(async move {
            let read = async {
                let Some(Record { file, text }) = storage.read(&tab).await? else { return Ok(None) };
                Ok::<_, String>(Some((data::read(&file).await?, text)))
            };
            let message = match read.await {
                Ok(Some((file, text))) => {
                    self.backstage.update_value(|backstage| {
                        backstage.keeper.text = text;
                        backstage.keeper.taken_over = Some(tab);
                    });
                    self.post(&Command::OpenSaved, Some(&file));
                    return;
                }
                Ok(None) => "It is no longer there.".to_owned(),
                Err(reason) => format!("It could not be read ({reason})."),
            };
            self.state.update(|state| state.refuse("Earlier work not restored", message));
        });
    }

    /// Leaves it where it is, and does not offer it again.
    pub fn decline_earlier(self) {
        let Some(EarlierWork { tab, words, step, saved_at }) = self.take_offer() else { return };
        let Some(storage) = self.backstage.with_value(|backstage| backstage.keeper.storage.clone()) else {
            return;
        };
        spawn_local(async move {
            // Should it fail, it is offered once more.
            let _ = storage.relabel(&Label { tab, words, step, saved_at, is_declined: true }).await;
        });
    }

    fn take_offer(self) -> Option<EarlierWork> {
        let mut offer = None;
        self.state.update(|state| offer = state.keeping.offer.take());
        offer
    }

    /// Brings the data that a saved run wants.
    pub(super) fn bring_data(self, lab: LabKind, source: DataSource) {
        let text = self.backstage.with_value(|backstage| backstage.keeper.text.clone());
        if let (DataSource::Own { name }, None) = (&source, &text) {
            if self.backstage.with_value(|backstage| backstage.keeper.is_restoring) {
                self.begin_afresh(format!(
                    "The run of this tab learnt from “{name}”, which this browser no longer has."
                ));
                return;
            }
            self.state.update(|state| state.keeping.wanted_text = Some(name.clone()));
            let message = format!(
                "The saved run learnt from “{name}”, which is not in its file. Choose that text under Data, and the \
                 run opens."
            );
            let alert = Alert { title: "The run needs its text", message, remedy: None };
            self.state.update(|state| state.alert = Some(alert));
            return;
        }
        spawn_local(async move {
            let read = match (&source, &text, lab.description().data) {
                (DataSource::Own { .. }, Some(text), _) => data::read(text).await,
                (_, _, DataNeed::File(shipped)) => data::fetch(shipped).await,
                (_, _, DataNeed::Nothing) => Err("this lab has none".to_owned()),
            };
            let own = matches!(source, DataSource::Own { .. }).then_some(text).flatten();
            self.hand_data(read, own);
        });
    }

    /// Brings the text that the visitor has chosen for a saved run.
    pub(super) fn bring_chosen(self, text: Blob) {
        self.state.update(|state| {
            state.keeping.wanted_text = None;
            state.alert = None;
        });
        spawn_local(async move {
            let read = data::read(&text).await;
            self.hand_data(read, Some(text));
        });
    }

    fn hand_data(self, read: Result<ArrayBuffer, String>, own: Option<Blob>) {
        match read {
            Ok(buffer) => self.deliver(&Command::BringData, &buffer, own),
            Err(reason) => {
                let message = format!("The text of the saved run could not be read ({reason}).");
                self.state.update(|state| state.refuse("Run not opened", message.clone()));
                self.begin_afresh(message);
            }
        }
    }

    /// Something is on stage: what was restored is kept already.
    pub(super) fn note_opened(self) {
        let stands_at_start =
            self.state.with_untracked(|state| state.facts.as_ref().is_some_and(|facts| facts.step == 0));
        let mut plays = None;
        let mut is_by_itself = false;
        let mut lost = None;
        self.backstage.update_value(|backstage| {
            let keeper = &mut backstage.keeper;
            lost = keeper.lost_run.take();
            is_by_itself = keeper.is_restoring || keeper.comeback.is_some();
            // Rivals and the past come behind: what is kept is marked a moment later.
            keeper.is_as_kept = std::mem::take(&mut keeper.is_restoring);
            plays = keeper.comeback.as_ref().map(|comeback| comeback.plays);
        });
        // It may be another file that was opened in its place.
        if let Some(reason) = lost.filter(|_| stands_at_start) {
            let message = format!("{reason} A new run begins at step 0.");
            let alert = Alert { title: "The kept run is not restored", message, remedy: None };
            self.state.update(|state| state.alert = Some(alert));
        }
        if !is_by_itself {
            self.follow_run();
        }
        match plays {
            Some(true) => self.send(&Command::Play),
            Some(false) => self.say_comeback(),
            None => {}
        }
    }

    /// Says that the run came back.
    pub(super) fn say_comeback(self) {
        let mut comeback = None;
        self.backstage.update_value(|backstage| comeback = backstage.keeper.comeback.take());
        let Some(Comeback { reason, plays }) = comeback else { return };
        self.state.update(|state| {
            let how = if plays { "trains on from" } else { "stands at" };
            let step = grouped(state.facts.as_ref().map_or(0, |facts| facts.step).into());
            let message = format!(
                "The worker that trains the network stopped ({reason}). A fresh one {how} step {step}, where the \
                 run was last kept."
            );
            state.alert = Some(Alert { title: "The run came back", message, remedy: None });
        });
    }

    /// If it was what this tab has kept that cannot be opened, for this reason: begins at step 0, and says so.
    pub(super) fn begin_afresh(self, reason: String) {
        let mut was_restoring = false;
        self.backstage.update_value(|backstage| {
            let keeper = &mut backstage.keeper;
            was_restoring = std::mem::take(&mut keeper.is_restoring);
            if was_restoring {
                (keeper.comeback, keeper.file, keeper.mark) = (None, None, None);
                keeper.lost_run = Some(reason);
            }
        });
        // At home there is nothing to begin yet.
        if was_restoring && !self.is_at_home_with_nothing() {
            let source = self.state.with_untracked(|state| state.requested.data.clone());
            let text = self.backstage.with_value(|backstage| backstage.keeper.text.clone());
            let source = if text.is_some() { source } else { DataSource::Shipped };
            self.load(source, text, PageState::request);
        }
    }

    /// A worker was lost: starts a fresh one that takes the run up where it was last kept. Returns whether it does;
    /// not if one was lost a moment ago, or none has ever worked.
    pub(super) fn come_back(self, reason: &str) -> bool {
        let (was_ready, plays, run) = self.state.with_untracked(|state| {
            let is_ready = state.connection == Connection::Ready;
            (is_ready, state.playing, state.facts.as_ref().map(|facts| facts.run))
        });
        let mut is_first = false;
        self.backstage.update_value(|backstage| {
            let keeper = &mut backstage.keeper;
            is_first = now() - keeper.lost_at > LOOP_MILLIS;
            keeper.lost_at = now();
            keeper.asked.clear();
            // What was kept of another run does not bring this one back.
            keeper.is_coming_back = keeper.mark.as_ref().is_some_and(|mark| Some(mark.run) == run);
            let comeback = Comeback { reason: reason.to_owned(), plays };
            keeper.comeback = (was_ready && is_first).then_some(comeback);
        });
        if !(was_ready && is_first) {
            return false;
        }
        self.state.update(|state| state.connection = Connection::Starting);
        self.start_worker();
        true
    }
}
