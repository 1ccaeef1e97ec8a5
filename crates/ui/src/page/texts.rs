//! The texts that are learnt: fetched, or the visitor's own; the page keeps handles and never reads them.

use super::Page;
use crate::browser::data;
use crate::format::bytes;
use crate::state::PageState;
use leptos::prelude::*;
use leptos::task::spawn_local;
use rnn_protocol::{Command, DataNeed, DataSource, Experiment, RunFacts, RunId, ShippedFile};
use web_sys::Blob;

/// The largest text that is read into memory.
pub const MAX_TEXT_BYTES: u64 = 64 << 20;

/// Name of a text that was pasted.
pub const PASTED: &str = "pasted text";

impl Page {
    /// Trains on the visitor's own text.
    pub fn use_own_text(self, name: String, text: Blob) {
        let size = text.size() as u64;
        if size > MAX_TEXT_BYTES {
            let message = format!(
                "“{name}” has {}; a text may have at most {}. Take a part of it.",
                bytes(size),
                bytes(MAX_TEXT_BYTES)
            );
            self.state.update(|state| state.refuse("Text too large", message));
            return;
        }
        if self.state.with_untracked(|state| state.keeping.wanted_text.is_some()) {
            self.bring_chosen(text);
            return;
        }
        self.load(DataSource::Own { name }, Some(text), PageState::request_again);
    }

    /// Trains on the text that the lab is served with.
    pub fn use_shipped_text(self) {
        self.state.update(|state| state.keeping.wanted_text = None);
        self.load(DataSource::Shipped, None, PageState::request_again);
    }

    /// Remembers which text the run is on: the one that was offered, or that of the run before.
    pub(super) fn keep_text_of(self, facts: &RunFacts) {
        let before = self.state.with_untracked(|state| state.facts.as_ref().map(|facts| facts.run));
        self.backstage.update_value(|backstage| {
            let offered = backstage.offered_text.take();
            if facts.experiment.data == DataSource::Shipped || backstage.own_texts.contains_key(&facts.run) {
                return;
            }
            let inherited = || before.and_then(|run| backstage.own_texts.get(&run).cloned());
            if let Some(text) = offered.or_else(inherited) {
                backstage.own_texts.insert(facts.run, text);
            }
        });
    }

    /// The visitor's own text that this run is or was on.
    pub(super) fn own_text_of(self, run: Option<RunId>) -> Option<Blob> {
        self.backstage.with_value(|backstage| run.and_then(|run| backstage.own_texts.get(&run).cloned()))
    }

    /// Fetches or reads a text, then opens it under the settings as they are by then, which `request` notes.
    /// Of several texts asked for, the last one counts, however long each takes.
    pub(super) fn load(
        self,
        source: DataSource,
        own_text: Option<Blob>,
        request: fn(&mut PageState, Experiment),
    ) {
        let mut load = 0;
        self.backstage.update_value(|backstage| {
            backstage.loads += 1;
            load = backstage.loads;
        });
        let experiment = self.state.with_untracked(|state| state.requested.clone());
        let DataNeed::File(shipped) = experiment.lab.description().data else {
            self.state.update(|state| request(state, experiment.clone()));
            self.send(&Command::Open { experiment });
            return;
        };
        spawn_local(async move {
            let read = match (&source, &own_text) {
                (DataSource::Own { .. }, Some(text)) => data::read(text).await,
                (DataSource::Own { .. }, None) => Err("it is no longer there".to_owned()),
                (DataSource::Shipped, _) => data::fetch(shipped).await,
            };
            if self.backstage.with_value(|backstage| backstage.loads) != load {
                return;
            }
            match read {
                Ok(buffer) => {
                    let size = f64::from(buffer.byte_length()) as u64;
                    let experiment = self
                        .state
                        .with_untracked(|state| Experiment { data: source, ..state.requested.clone() });
                    self.state.update(|state| {
                        request(state, experiment.clone());
                        state.offer_data(size);
                    });
                    self.backstage.update_value(|backstage| backstage.offered_text = own_text);
                    self.post(&Command::Open { experiment }, Some(&buffer));
                }
                Err(reason) => {
                    let message = unreadable(&source, shipped, &reason);
                    self.state.update(|state| state.refuse("Text not loaded", message));
                }
            }
        });
    }
}

fn unreadable(source: &DataSource, shipped: ShippedFile, reason: &str) -> String {
    match source {
        DataSource::Shipped => format!(
            "{} could not be fetched ({reason}). Your own text still works: choose a file or paste it under \
             Data.",
            shipped.name
        ),
        DataSource::Own { name } => {
            format!("“{name}” could not be read ({reason}). Choose it again, or paste it.")
        }
    }
}
