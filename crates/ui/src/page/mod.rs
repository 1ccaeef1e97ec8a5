//! The page's one context: its state as a signal, the worker behind it, and all that a visitor can
//! ask for. Components read the one and call the other.

mod address;
mod edits;
mod home;
mod inbox;
mod keeper;
mod keeping;
mod restoring;
mod texts;
mod worker;

pub use keeping::MAX_FILE_BYTES;
pub use texts::{MAX_TEXT_BYTES, PASTED};

use crate::browser::address::gpu_choice;
use crate::browser::helpers::Helpers;
use crate::browser::worker::WorkerLink;
use crate::panels::{is_window_wide, panel_keys};
use crate::state::PageState;
use keeper::Keeper;
use leptos::prelude::*;
use rnn_protocol::{Arithmetic, Command, Event, GpuChoice, Quantity};
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
    has_miniatures: bool,
    inbox: Vec<Event>,
    awaits_frame: bool,
    shown_at: f64,
    /// Counts the texts that were asked for.
    loads: u32,
    /// Counts what was handed to the worker.
    deliveries: u32,
    /// The visitor's own texts among it by their numbers, as handles, so that a fresh worker can be given the one
    /// on stage again.
    own_texts: BTreeMap<u32, Blob>,
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
        match gpu_choice() {
            Ok(choice) => page.state.update(|state| state.gpu.choice = choice.unwrap_or_default()),
            Err(error) => page.state.update(|state| state.gpu.misunderstood = Some(error.to_string())),
        }
        page.state.update(|state| state.are_panels_open = is_window_wide());
        page.follow_address();
        page.start_worker();
        page.start_keeping();
        page.tend_home();
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
        self.state.update(|state| state.view.quantity = quantity);
        self.show_quantity();
    }

    /// Has the snapshots show what is chosen.
    fn show_quantity(self) {
        let quantity = self.state.with_untracked(|state| state.view.quantity);
        self.send(&Command::View { quantity });
    }

    /// Opens or closes a panel.
    pub fn fold_panel(self, key: &str, is_open: bool) {
        self.state.update(|state| state.fold_panel(key, is_open, panel_keys));
    }
}

/// The page, from anywhere below [`crate::app::App`].
#[must_use]
pub fn use_page() -> Page {
    expect_context()
}
