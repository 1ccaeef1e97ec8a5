//! The page's one context: its state as a signal, the worker behind it, and all that a visitor can
//! ask for. Components read the one and call the other.

mod inbox;
mod keeper;
mod keeping;
mod restoring;
mod texts;
mod worker;

pub use keeping::MAX_FILE_BYTES;
pub use texts::{MAX_TEXT_BYTES, PASTED};

use crate::browser::address;
use crate::browser::helpers::Helpers;
use crate::browser::worker::WorkerLink;
use crate::state::PageState;
use keeper::Keeper;
use leptos::prelude::*;
use rnn_protocol::{Arithmetic, Command, Event, Experiment, GpuChoice, Quantity, RunFacts, RunId, Setting};
use std::collections::BTreeMap;
use web_sys::Blob;

/// Characters that Generate asks for.
const GENERATED_LENGTH: u32 = 400;

/// The page, as every component sees it.
#[derive(Clone, Copy)]
pub struct Page {
    /// What the page knows.
    pub state: RwSignal<PageState>,
    backstage: StoredValue<Backstage, LocalStorage>,
}

/// What stands behind the state and is never shown.
#[derive(Default)]
struct Backstage {
    worker: Option<WorkerLink>,
    helpers: Option<Helpers>,
    has_handshake: bool,
    has_credit: bool,
    inbox: Vec<Event>,
    awaits_frame: bool,
    shown_at: f64,
    /// Counts the texts that were asked for.
    loads: u32,
    /// The visitor's own text that the worker was last asked to open.
    offered_text: Option<Blob>,
    /// The visitor's own texts by the runs on them, as handles, so that a fresh worker can be given the
    /// one on stage again.
    own_texts: BTreeMap<RunId, Blob>,
    keeper: Keeper,
}

impl Page {
    /// Makes the page and starts its worker.
    #[must_use]
    pub fn start() -> Self {
        let page = Self {
            state: RwSignal::new(PageState::default()),
            backstage: StoredValue::new_local(Backstage::default()),
        };
        match address::gpu_choice() {
            Ok(choice) => page.state.update(|state| state.gpu.choice = choice.unwrap_or_default()),
            Err(error) => page.state.update(|state| state.gpu.misunderstood = Some(error.to_string())),
        }
        page.start_worker();
        page.start_keeping();
        page
    }

    /// A value derived from the state, which changes only when it is another.
    pub fn derive<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&PageState) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.state.with(&read))
    }

    /// Asks the worker.
    pub fn send(self, command: &Command) {
        self.post(command, None);
    }

    /// Trains, or pauses.
    pub fn toggle_play(self) {
        if self.state.with_untracked(PageState::can_train) {
            let playing = self.state.with_untracked(|state| state.playing);
            self.send(if playing { &Command::Pause } else { &Command::Play });
        }
    }

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
        if self.state.with_untracked(|state| state.facts.is_some()) {
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
        let has_data = self.state.with_untracked(|state| {
            let is_same = |facts: &RunFacts| {
                (facts.experiment.lab, &facts.experiment.data) == (experiment.lab, &experiment.data)
            };
            state.facts.as_ref().is_some_and(is_same)
        });
        if has_data {
            self.state.update(|state| state.request(experiment.clone()));
            self.send(&Command::Open { experiment });
        } else {
            let source = experiment.data.clone();
            self.state.update(|state| state.requested = experiment);
            self.open_with_data(source, None);
        }
    }

    /// Chooses how the worker rounds, which takes another module: a fresh worker begins at step 0 with
    /// the same experiment and text.
    pub fn choose_arithmetic(self, arithmetic: Arithmetic) {
        self.state.update(|state| state.want_arithmetic(arithmetic));
        self.start_worker();
    }

    /// Chooses whether the GPU takes the steps.
    pub fn choose_gpu(self, choice: GpuChoice) {
        self.state.update(|state| {
            state.gpu.choice = choice;
            state.gpu.misunderstood = None;
        });
        self.retry_gpu();
    }

    /// Has the GPU tried (again), as far as the visitor wants it.
    pub fn retry_gpu(self) {
        let choice = self.state.with_untracked(|state| state.gpu.choice);
        self.state.update(|state| {
            state.gpu.forget();
            state.alert = None;
        });
        self.send(&Command::UseGpu { choice });
    }

    /// Has the network write a text that continues `prompt`.
    pub fn generate(self, prompt: String) {
        self.state.update(|state| state.ask_for_text(prompt.clone()));
        self.send(&Command::Generate { prompt, length: GENERATED_LENGTH });
    }

    /// Chooses what the snapshots show.
    pub fn view(self, quantity: Quantity) {
        self.send(&Command::View { quantity });
    }
}

/// The page, from anywhere below [`crate::app::App`].
#[must_use]
pub fn use_page() -> Page {
    expect_context()
}
