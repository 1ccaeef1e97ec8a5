//! Keeping the run: in this browser by itself, as a file by the visitor's wish, and going back along it.

use super::Page;
use super::keeper::{Mark, Purpose};
use crate::app::lede;
use crate::browser::download::download_blob;
use crate::browser::storage::{Label, Storage, TextChange, living_tabs};
use crate::browser::{data, now, reason};
use crate::format::bytes;
use crate::panels::data_name;
use crate::state::{Connection, PageState, Storing};
use leptos::prelude::*;
use leptos::task::spawn_local;
use rnn_protocol::{Command, DataSource, Event};
use std::time::Duration;
use web_sys::Blob;

/// The largest file of a run that is read into memory.
pub const MAX_FILE_BYTES: u64 = 256 << 20;

/// How often it is asked whether there is something to keep.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// While it trains, a run is kept this often …
const KEEP_EVERY_MILLIS: f64 = 5_000.0;
/// … or so that keeping takes at most this part of the time …
const KEEP_SHARE: f64 = 0.25;
/// … but for the first time early.
const FIRST_AFTER_MILLIS: f64 = 1_000.0;
/// A run that has stopped or was changed is kept after this.
const SETTLED_AFTER_MILLIS: f64 = 300.0;
/// A file that does not come is asked for again.
const PATIENCE_MILLIS: f64 = 60_000.0;
/// Records of tabs that are no more; older ones go.
const EARLIER_KEPT: usize = 5;

impl Page {
    /// Hands the run to the visitor as a file.
    pub fn save_file(self) {
        self.ask_for_file(Purpose::HandOver);
    }

    /// Opens a run from a file of the visitor's.
    pub fn open_saved_file(self, name: String, file: Blob) {
        let size = file.size() as u64;
        if size > MAX_FILE_BYTES {
            let most = bytes(MAX_FILE_BYTES);
            let message = format!("“{name}” has {}; a saved run has at most {most}.", bytes(size));
            self.state.update(|state| state.refuse("File too large", message));
            return;
        }
        spawn_local(async move {
            match data::read(&file).await {
                Ok(file) => {
                    self.backstage.update_value(|backstage| backstage.keeper.text = None);
                    self.state.update(|state| {
                        state.alert = None;
                        state.keeping.wanted_text = None;
                    });
                    self.post(&Command::OpenSaved, Some(&file));
                }
                Err(reason) => {
                    let message = format!("“{name}” could not be read ({reason}). Choose it again.");
                    self.state.update(|state| state.refuse("File not opened", message));
                }
            }
        });
    }

    /// Goes to a checkpoint of the run.
    pub fn rewind(self, step: u32) {
        self.send(&Command::Rewind { step });
    }

    /// Has the run kept from now on, as often as is right.
    pub(super) fn keep_regularly(self) {
        set_interval(move || self.keep_if_due(), LOOK_EVERY);
    }

    fn keep_if_due(self) {
        let Some((mark, is_playing)) = self.state.with_untracked(present) else { return };
        let mut is_due = false;
        self.backstage.update_value(|backstage| {
            let keeper = &mut backstage.keeper;
            if std::mem::take(&mut keeper.is_as_kept) {
                keeper.mark = Some(mark.clone());
            }
            let is_busy =
                keeper.is_writing || (!keeper.asked.is_empty() && now() - keeper.asked_at < PATIENCE_MILLIS);
            if is_busy || !keeper.is_looked_up || !mark.has_steps() || keeper.mark.as_ref() == Some(&mark) {
                return;
            }
            let is_same_run = keeper.mark.as_ref().is_some_and(|kept| kept.run == mark.run);
            let wait = match (is_playing, is_same_run) {
                (false, _) => SETTLED_AFTER_MILLIS,
                (true, false) => FIRST_AFTER_MILLIS,
                (true, true) => KEEP_EVERY_MILLIS,
            };
            is_due = now() >= (keeper.asked_at + wait).max(keeper.not_before);
        });
        if is_due {
            self.ask_for_file(Purpose::Keep);
        }
    }

    fn ask_for_file(self, purpose: Purpose) {
        let mut request = 0;
        self.backstage.update_value(|backstage| {
            let keeper = &mut backstage.keeper;
            if purpose == Purpose::Keep {
                keeper.asked.retain(|_, asked| *asked != Purpose::Keep);
                keeper.asked_at = now();
            }
            keeper.requests += 1;
            request = keeper.requests;
            keeper.asked.insert(request, purpose);
        });
        self.send(&Command::Save { request });
    }

    /// The run was taken down.
    pub(super) fn take_file(self, event: &Event, file: Blob) {
        let Event::Saved { run, request, step } = *event else { return };
        self.take_in();
        let mut purpose = None;
        self.backstage.update_value(|backstage| purpose = backstage.keeper.asked.remove(&request));
        match purpose {
            None => {}
            Some(Purpose::HandOver) => {
                let name = self.state.with_untracked(|state| file_name(state, step));
                if let Err(error) = download_blob(&name, &file) {
                    let message = format!("The browser did not take the file ({}).", reason(&error));
                    self.state.update(|state| state.refuse("Not saved", message));
                }
            }
            Some(Purpose::Keep) => {
                let mark = self.state.with_untracked(present).map(|(mark, _)| mark);
                // Another run has come on stage in the meantime.
                let Some(mark) = mark.filter(|mark| mark.run == run) else { return };
                self.backstage.update_value(|backstage| {
                    backstage.keeper.mark = Some(mark);
                    backstage.keeper.file = Some(file.clone());
                });
                self.write(step, file);
            }
        }
    }

    /// The run could not be taken down.
    pub(super) fn miss_file(self, request: u32, message: &str) {
        let mut purpose = None;
        let mark = self.state.with_untracked(present).map(|(mark, _)| mark);
        self.backstage.update_value(|backstage| {
            purpose = backstage.keeper.asked.remove(&request);
            if purpose == Some(Purpose::Keep) {
                // Not again before something has changed.
                backstage.keeper.mark = mark;
                backstage.keeper.file = None;
            }
        });
        let message = message.to_owned();
        self.state.update(|state| match purpose {
            Some(Purpose::HandOver) => state.refuse("Not saved", message),
            Some(Purpose::Keep) => state.keeping.storing = Storing::Failing { message },
            None => {}
        });
    }

    /// Writes a file into this tab's record, with the text that it needs.
    fn write(self, step: u32, file: Blob) {
        let (storage, tab) = self
            .backstage
            .with_value(|backstage| (backstage.keeper.storage.clone(), backstage.keeper.tab.clone()));
        let Some(storage) = storage else { return };
        let words = self.state.with_untracked(in_words);
        let text = self.text_on_stage();
        let change = self.backstage.with_value(|backstage| match (&text, &backstage.keeper.written_text) {
            (Some(text), Some(written)) if text == written => TextChange::Same,
            (Some(text), _) => TextChange::Other(text.clone()),
            (None, _) => TextChange::None,
        });
        self.backstage.update_value(|backstage| backstage.keeper.is_writing = true);
        spawn_local(async move {
            let begun = now();
            let label = Label { tab, words, step, saved_at: begun, is_declined: false };
            let written = storage.write(&label, &file, change).await;
            let mut taken_over = None;
            self.backstage.update_value(|backstage| {
                let keeper = &mut backstage.keeper;
                keeper.is_writing = false;
                keeper.not_before = now() + (now() - keeper.asked_at) / KEEP_SHARE;
                if written.is_ok() {
                    keeper.written_text = text;
                    taken_over = keeper.taken_over.take();
                }
            });
            if let Some(tab) = taken_over {
                // It is in this tab's record now; should it stay, it is offered again.
                let _ = storage.remove(&[tab]).await;
            }
            self.state.update(|state| {
                state.keeping.storing = match written {
                    Ok(()) => Storing::At { step },
                    Err(reason) => Storing::Failing { message: not_kept(&reason) },
                };
            });
        });
    }

    /// The visitor's own text that the run on stage learns from.
    fn text_on_stage(self) -> Option<Blob> {
        let run = self.state.with_untracked(|state| {
            let facts = state.facts.as_ref()?;
            matches!(facts.experiment.data, DataSource::Own { .. }).then_some(facts.run)
        })?;
        self.own_text_of(Some(run))
    }
}

/// Records of tabs that are no more, the newest first; those beyond a few are removed.
pub(super) async fn earlier_records(storage: &Storage, own: &str) -> Result<Vec<Label>, String> {
    let living = living_tabs().await.unwrap_or_default();
    let mut labels = storage.labels().await?;
    labels.retain(|label| label.tab != own && !living.contains(&label.tab));
    if labels.len() > EARLIER_KEPT {
        let old: Vec<String> = labels.split_off(EARLIER_KEPT).into_iter().map(|label| label.tab).collect();
        storage.remove(&old).await?;
    }
    Ok(labels)
}

/// Why nothing is kept.
pub(super) fn not_kept(reason: &str) -> String {
    let reason = reason.trim_end_matches('.');
    format!("This browser does not keep the run ({reason}). Training goes on; Save hands it over as a file.")
}

/// What is on stage, and whether it trains.
fn present(state: &PageState) -> Option<(Mark, bool)> {
    let facts = state.facts.as_ref().filter(|_| state.connection == Connection::Ready)?;
    let (run, experiment) = (facts.run, facts.experiment.clone());
    Some((Mark { run, progress: state.progress(), experiment }, state.playing))
}

fn in_words(state: &PageState) -> String {
    let experiment = state.facts.as_ref().map_or(&state.requested, |facts| &facts.experiment);
    format!("{} on {}", lede::network(experiment), data_name(state))
}

/// `moby-dick-1200.safetensors`
fn file_name(state: &PageState, step: u32) -> String {
    let name = data_name(state).to_lowercase();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let mut words = String::new();
    for symbol in stem.chars().take(40) {
        match symbol {
            symbol if symbol.is_alphanumeric() => words.push(symbol),
            _ if words.ends_with('-') || words.is_empty() => {}
            _ => words.push('-'),
        }
    }
    format!("{}-{step}.safetensors", words.trim_end_matches('-'))
}
