//! What the page remembers of keeping the run, behind the state.

use crate::browser::storage::{Record, Storage};
use rnn_protocol::{DataSource, Experiment, RunId};
use std::collections::BTreeMap;
use web_sys::Blob;

/// What the page remembers of keeping the run.
#[derive(Default)]
pub(super) struct Keeper {
    pub(super) storage: Option<Storage>,
    /// The word of this tab, once it is known.
    pub(super) tab: String,
    /// Whether it is known what this tab has kept before.
    pub(super) is_looked_up: bool,
    /// What this tab has kept before, until it is opened.
    pub(super) record: Option<Record>,
    /// The first run waits for that: where its data comes from, and the visitor's own text.
    pub(super) first: Option<(DataSource, Option<Blob>)>,
    /// Files that were asked for, and what for.
    pub(super) asked: BTreeMap<u32, Purpose>,
    pub(super) requests: u32,
    /// What is in the last file, and the file.
    pub(super) mark: Option<Mark>,
    pub(super) file: Option<Blob>,
    /// Whether what is on stage has just come from a file, so that it need not be written again.
    pub(super) is_as_kept: bool,
    /// When it was asked for, and when the next may be.
    pub(super) asked_at: f64,
    pub(super) not_before: f64,
    pub(super) is_writing: bool,
    /// The text that is in this tab's record.
    pub(super) written_text: Option<Blob>,
    /// Earlier work of another tab that this one has taken over: its record goes when this tab's is written.
    pub(super) taken_over: Option<String>,
    /// The own text of the file that is being opened.
    pub(super) text: Option<Blob>,
    /// Whether a file is being opened by the page itself, and nothing is on stage yet.
    pub(super) is_restoring: bool,
    /// Why what this tab has kept could not be restored, until that is said.
    pub(super) lost_run: Option<String>,
    /// Whether the run on stage is to come back into a fresh worker.
    pub(super) is_coming_back: bool,
    pub(super) comeback: Option<Comeback>,
    /// When a worker was lost last.
    pub(super) lost_at: f64,
}

/// What a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// For this browser.
    Keep,
    /// For the visitor.
    HandOver,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    pub(super) run: RunId,
    /// How far everybody in the race has come: run, steps, readings of the held-out data.
    pub(super) progress: Vec<(RunId, u32, usize)>,
    pub(super) experiment: Experiment,
}

impl Mark {
    /// Whether anybody has taken a step: before that there is nothing to keep.
    pub(super) fn has_steps(&self) -> bool {
        self.progress.iter().any(|(_, steps, _)| *steps > 0)
    }
}

/// A run that comes back into a fresh worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comeback {
    /// Why.
    pub(super) reason: String,
    /// Whether it trained.
    pub(super) plays: bool,
}
