//! The texts that are learnt: fetched, or the visitor's own; the page keeps handles and never reads them.

use super::Page;
use crate::browser::data;
use crate::format::bytes;
use crate::state::PageState;
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use leptos::task::spawn_local;
use rnn_protocol::{Command, DataNeed, DataSource, Experiment, RunId, ShippedFile};
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

    /// The visitor's own text that this run is or was on.
    pub(super) fn own_text_of(self, run: Option<RunId>) -> Option<Blob> {
        let number = self.state.with_untracked(|state| state.data_number(run?))?;
        self.backstage.with_value(|backstage| backstage.own_texts.get(&number).cloned())
    }

    /// Hands data to the worker, and keeps a handle of it where it is the visitor's own.
    pub(super) fn deliver(self, command: &Command, data: &ArrayBuffer, own_text: Option<Blob>) {
        self.backstage.update_value(|backstage| {
            backstage.deliveries += 1;
            if let Some(text) = own_text {
                backstage.own_texts.insert(backstage.deliveries, text);
            }
        });
        self.post(command, Some(data));
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
                    let experiment = self
                        .state
                        .with_untracked(|state| Experiment { data: source, ..state.requested.clone() });
                    self.state.update(|state| request(state, experiment.clone()));
                    self.deliver(&Command::Open { experiment }, &buffer, own_text);
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
