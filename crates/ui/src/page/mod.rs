//! The page's one context: its state as a signal, the worker behind it, and all that a visitor can
//! ask for. Components read the one and call the other.

use crate::browser::helpers::{self, Helpers};
use crate::browser::now;
use crate::browser::worker::{Incoming, WorkerLink};
use crate::browser::{address, data};
use crate::format::bytes;
use crate::state::{Link, PageState};
use js_sys::ArrayBuffer;
use leptos::prelude::*;
use leptos::task::spawn_local;
use rnn_protocol::{
    Arithmetic, BUILD_ID, Command, DataSource, Event, Experiment, GpuChoice, Quantity, RunFacts, RunId,
    Setting,
};
use std::collections::BTreeMap;
use std::time::Duration;
use web_sys::{Blob, MessagePort};

/// The largest text that is read into memory.
pub const MAX_TEXT_BYTES: u64 = 64 << 20;

/// Name of a text that was pasted.
pub const PASTED: &str = "pasted text";

/// Reports are shown together, this often: eyes follow no faster, and what the page saves the
/// training gets.
const SHOW_EVERY_MILLIS: f64 = 80.0;
/// Reports that are taken in without waiting for a frame, which a hidden page never gets.
const INBOX_LIMIT: usize = 256;
/// Time left to the training between two looks inside the network.
const LOOK_EVERY: Duration = Duration::from_millis(60);
/// What a visitor reads when a cache has mixed two versions.
const MIXED_BUILDS: &str = "This page and its worker come from different builds. Reload the page; if that does not help, empty the \
     browser's cache for this site.";
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
        let before = self.state.with_untracked(|state| state.requested.clone());
        let mut experiment = before.clone();
        setting.set(&mut experiment, value).map_err(|error| error.to_string())?;
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
        self.open_with_data(DataSource::Own { name }, Some(text));
    }

    /// Trains on the text that the lab is served with.
    pub fn use_shipped_text(self) {
        self.open_with_data(DataSource::Shipped, None);
    }

    /// Ends the worker and starts a fresh one with the same experiment and text.
    pub fn start_worker(self) {
        self.backstage.update_value(|backstage| {
            backstage.worker = None;
            backstage.helpers = None;
            backstage.has_handshake = false;
            backstage.has_credit = false;
            backstage.inbox.clear();
        });
        let arithmetic = self.state.with_untracked(|state| state.wanted_arithmetic);
        match WorkerLink::start(arithmetic, move |incoming| self.receive(incoming)) {
            Ok(worker) => self.backstage.update_value(|backstage| backstage.worker = Some(worker)),
            Err(reason) => self.lose_worker(&reason),
        }
    }

    fn receive(self, incoming: Incoming) {
        match incoming {
            Incoming::Event(event) => self.hear(event),
            Incoming::Snapshot(snapshot) => {
                self.state.update(|state| state.look(snapshot));
                set_timeout(move || request_animation_frame(move || self.send(&Command::Credit)), LOOK_EVERY);
            }
            Incoming::Failure(reason) => self.lose_worker(&reason),
        }
    }

    fn hear(self, event: Event) {
        if let Event::Hello { build, arithmetic } = event {
            self.greet(build, arithmetic);
            return;
        }
        let is_frequent = matches!(event, Event::Stepped { .. } | Event::Text { .. });
        let is_opened = matches!(event, Event::Opened(_));
        match &event {
            Event::Opened(facts) => self.keep_text_of(facts),
            Event::Refused { .. } => self.backstage.update_value(|backstage| backstage.offered_text = None),
            _ => {}
        }
        let mut is_full = false;
        self.backstage.update_value(|backstage| {
            backstage.inbox.push(event);
            is_full = backstage.inbox.len() >= INBOX_LIMIT;
        });
        if !is_frequent || is_full {
            self.take_in();
        } else {
            self.take_in_soon();
        }
        if is_opened {
            self.give_first_credit();
        }
    }

    /// Applies what has come, in order, as one change of the state.
    fn take_in(self) {
        let mut events = Vec::new();
        self.backstage.update_value(|backstage| {
            events = std::mem::take(&mut backstage.inbox);
            backstage.shown_at = now();
        });
        if !events.is_empty() {
            self.state.update(|state| events.into_iter().for_each(|event| state.apply(event)));
        }
    }

    fn take_in_soon(self) {
        let mut must_ask = false;
        self.backstage.update_value(|backstage| {
            must_ask = !std::mem::replace(&mut backstage.awaits_frame, true);
        });
        if must_ask {
            request_animation_frame(move || {
                let mut is_due = false;
                self.backstage.update_value(|backstage| {
                    backstage.awaits_frame = false;
                    is_due = now() - backstage.shown_at >= SHOW_EVERY_MILLIS;
                });
                if is_due {
                    self.take_in();
                } else {
                    self.take_in_soon();
                }
            });
        }
    }

    /// Answers the worker's first word, and opens the first run.
    fn greet(self, build: String, arithmetic: Arithmetic) {
        if build != BUILD_ID {
            self.backstage.update_value(|backstage| backstage.worker = None);
            self.state.update(|state| state.break_off(MIXED_BUILDS.to_owned(), false));
            return;
        }
        self.state.update(|state| state.apply(Event::Hello { build, arithmetic }));
        self.backstage.update_value(|backstage| backstage.has_handshake = true);
        self.send(&Command::Hello { build: BUILD_ID.to_owned() });
        let choice = self.state.with_untracked(|state| state.gpu.choice);
        self.send(&Command::UseGpu { choice });
        if arithmetic == Arithmetic::Fast {
            self.hire_helpers();
        }
        // What was on stage, or what was asked for before anything was.
        let mut run = None;
        self.state.update(|state| {
            if let Some(facts) = &state.facts {
                state.requested = facts.experiment.clone();
                run = Some(facts.run);
            }
        });
        let source = self.state.with_untracked(|state| state.requested.data.clone());
        let mut text = None;
        self.backstage.update_value(|backstage| {
            // A fresh worker numbers its runs from 1 again.
            let mut texts = std::mem::take(&mut backstage.own_texts);
            let known = run.and_then(|run| texts.remove(&run));
            text = known.or_else(|| backstage.offered_text.clone());
        });
        self.open_with_data(source, text);
    }

    /// Starts a worker for each further core, and brings each together with the one that leads. The sums of
    /// split batches round otherwise than those of whole ones, so that this belongs to fast mode.
    fn hire_helpers(self) {
        let introduce = move |port: &MessagePort| {
            let added = self.backstage.with_value(|backstage| {
                backstage.worker.as_ref().map_or(Ok(()), |worker| worker.add_helper(port))
            });
            if let Err(reason) = added {
                self.lose_worker(&reason);
            }
        };
        let helpers = Helpers::start(helpers::affordable_count(), introduce);
        self.backstage.update_value(|backstage| backstage.helpers = Some(helpers));
    }

    /// Remembers which text the run is on: the one that was offered, or that of the run before.
    fn keep_text_of(self, facts: &RunFacts) {
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

    fn give_first_credit(self) {
        let mut is_first = false;
        self.backstage.update_value(|backstage| {
            is_first = !std::mem::replace(&mut backstage.has_credit, true);
        });
        if is_first {
            self.send(&Command::Credit);
        }
    }

    /// Fetches or reads a text, then opens it under the settings as they are by then. Of several texts
    /// asked for, the last one counts, however long each takes.
    fn open_with_data(self, source: DataSource, own_text: Option<Blob>) {
        let mut load = 0;
        self.backstage.update_value(|backstage| {
            backstage.loads += 1;
            load = backstage.loads;
        });
        spawn_local(async move {
            let read = match (&source, &own_text) {
                (DataSource::Own { .. }, Some(text)) => data::read(text).await,
                (DataSource::Own { .. }, None) => Err("it is no longer there".to_owned()),
                (DataSource::Shipped, _) => data::fetch_shipped().await,
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
                        state.request(experiment.clone());
                        state.offer_data(size);
                    });
                    self.backstage.update_value(|backstage| backstage.offered_text = own_text);
                    self.post(&Command::Open { experiment }, Some(&buffer));
                }
                Err(reason) => {
                    let message = unreadable(&source, &reason);
                    self.state.update(|state| state.refuse("Text not loaded", message));
                }
            }
        });
    }

    fn post(self, command: &Command, data: Option<&ArrayBuffer>) {
        let sent = self.backstage.with_value(|backstage| {
            let worker = backstage.worker.as_ref().filter(|_| backstage.has_handshake);
            worker.map_or(Ok(()), |worker| worker.send(command, data))
        });
        if let Err(reason) = sent {
            self.lose_worker(&reason);
        }
    }

    fn lose_worker(self, reason: &str) {
        self.take_in();
        self.backstage.update_value(|backstage| {
            backstage.worker = None;
            backstage.helpers = None;
            backstage.has_handshake = false;
        });
        let was_ready = self.state.with_untracked(|state| state.link == Link::Ready);
        let what = if was_ready {
            "The worker that trains the network stopped"
        } else {
            "The worker could not start"
        };
        let message =
            format!("{what} ({reason}). A fresh one begins at step 0 with the same settings and text.");
        self.state.update(|state| state.break_off(message, true));
    }
}

fn unreadable(source: &DataSource, reason: &str) -> String {
    match source {
        DataSource::Shipped => format!(
            "Moby-Dick could not be fetched ({reason}). Your own text still works: choose a file or paste it \
             under Data."
        ),
        DataSource::Own { name } => {
            format!("“{name}” could not be read ({reason}). Choose it again, or paste it.")
        }
    }
}

/// The page, from anywhere below [`crate::app::App`].
#[must_use]
pub fn use_page() -> Page {
    expect_context()
}
