//! What the page knows: one value, changed in one place by what the worker says ([`PageState::apply`])
//! and by what the visitor asks for. Plain Rust, without browser or signals.

mod arrival;
mod contender_names;
mod edits;
mod events;
mod gpu;
mod history;
mod home;
mod keeping;
mod microscope;
mod race;
mod samples;
mod screen;
mod tracing;
mod walk;

pub use arrival::Notice;
pub use contender_names::contender_names;
pub use edits::{Direction, Edits, Version, Way, difference};
pub use gpu::Gpu;
pub use history::{Baseline, DelayCurve, HeldOut, History, StepPoint};
pub use home::{Home, Miniature, Motion};
pub use keeping::{EarlierWork, Keeping, Storing};
pub use microscope::Microscope;
pub use race::{Contender, Cost, Race};
pub use samples::{Sample, Samples};
pub use screen::{START, Screen, is_step};
pub use tracing::Tracing;
pub use walk::{SharedWalk, Walk};

use rnn_protocol::{
    Arithmetic, DataDelivery, Experiment, LabKind, RunFacts, RunId, Snapshot, Staffing, ViewState,
};
use std::collections::BTreeMap;

/// How far the conversation with the worker has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// The worker has not spoken yet, or the first run is not open yet.
    Starting,
    /// A run is on stage.
    Ready,
    /// The worker cannot be used. The sentence says what happened.
    Broken {
        /// What happened and what to do.
        message: String,
        /// Whether a fresh worker may help.
        restartable: bool,
    },
}

/// Something went wrong that the visitor must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// A word or two.
    pub title: &'static str,
    /// What was expected, what was found, what to do.
    pub message: String,
    /// What the visitor can do about it besides reading.
    pub remedy: Option<Remedy>,
}

/// What may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Another try of the GPU.
    TryGpuAgain,
}

/// What undoing or redoing would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveOffer {
    /// The edit in a few words.
    pub edit: String,
    /// Whether a run comes back, and the steps that it had taken where the page knows them.
    pub run: Option<Option<u32>>,
}

/// Who trains the run on stage, where there are or were helpers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crew {
    /// Who does.
    pub staffing: Staffing,
    /// Helpers that failed or fell silent.
    pub lost_helpers: u32,
}

/// What the page knows.
#[derive(Debug, Clone)]
pub struct PageState {
    /// The conversation with the worker.
    pub connection: Connection,
    /// How the visitor wants the worker to round.
    pub wanted_arithmetic: Arithmetic,
    /// How it does, once it has said so.
    pub arithmetic: Option<Arithmetic>,
    /// Who trains the run on stage, once the worker has said so.
    pub crew: Option<Crew>,
    /// The GPU, and what becomes of it.
    pub gpu: Gpu,
    /// The facts of the run on stage.
    pub facts: Option<RunFacts>,
    /// Whether it trains now.
    pub playing: bool,
    /// Items trained on per second.
    pub items_per_second: f32,
    /// What it has reported so far.
    pub history: History,
    /// What is kept of it, and what was kept before.
    pub keeping: Keeping,
    /// The home page.
    pub home: Home,
    /// The last look inside the network.
    pub snapshot: Option<Snapshot>,
    /// The cell under the microscope.
    pub microscope: Microscope,
    /// The walk through the Anatomy lab's sentence.
    pub walk: Walk,
    /// The gradient taken apart.
    pub tracing: Tracing,
    /// The networks that race with it.
    pub race: Race,
    /// What went wrong, until it is dismissed.
    pub alert: Option<Alert>,
    /// What the address asked for and the page does not do, until it is dismissed.
    pub notice: Option<Notice>,
    /// What fills the page.
    pub screen: Screen,
    /// What it shows of the experiment.
    pub view: ViewState,
    /// Whether panels are open while nobody has said which.
    pub are_panels_open: bool,
    /// The experiment that edits start from: the one last asked for, which the worker may not have
    /// opened yet.
    pub requested: Experiment,
    /// Counts the answers after which the fields must show the run's own values again.
    pub form_version: u32,
    edits: Edits,
    put_aside: Option<History>,
    opens_in_flight: u32,
    /// What each run of this worker learns from.
    data_of_runs: BTreeMap<RunId, DataDelivery>,
    prompt: String,
}

impl Default for PageState {
    fn default() -> Self {
        Self {
            connection: Connection::Starting,
            wanted_arithmetic: Arithmetic::default(),
            arithmetic: None,
            crew: None,
            gpu: Gpu::default(),
            facts: None,
            playing: false,
            items_per_second: 0.0,
            history: History::new(0, LabKind::default()),
            keeping: Keeping::default(),
            home: Home::default(),
            snapshot: None,
            microscope: Microscope::default(),
            walk: Walk::default(),
            tracing: Tracing::default(),
            race: Race::default(),
            alert: None,
            notice: None,
            screen: START,
            view: ViewState::default(),
            are_panels_open: false,
            requested: Experiment::default(),
            form_version: 0,
            edits: Edits::default(),
            put_aside: None,
            opens_in_flight: 0,
            data_of_runs: BTreeMap::new(),
            prompt: String::new(),
        }
    }
}

impl PageState {
    /// Notes that a fresh worker is to be started that rounds in this way.
    pub fn want_arithmetic(&mut self, arithmetic: Arithmetic) {
        self.wanted_arithmetic = arithmetic;
        self.arithmetic = None;
        self.crew = None;
        self.alert = None;
        self.playing = false;
        self.connection = Connection::Starting;
    }

    /// Whether the visitor wants what this browser could not start.
    #[must_use]
    pub fn lacks_wanted_arithmetic(&self) -> bool {
        self.arithmetic.is_some_and(|found| found != self.wanted_arithmetic)
    }

    /// Notes that the worker was asked to go on under `experiment`.
    pub fn request(&mut self, experiment: Experiment) {
        self.intend(experiment.clone());
        self.go_on(experiment);
    }

    /// Notes that the worker will be asked for `experiment` once its data is there.
    pub fn intend(&mut self, experiment: Experiment) {
        if experiment != self.requested {
            self.edits.push(std::mem::replace(&mut self.requested, experiment));
        }
    }

    /// Notes that the worker was asked for what was intended.
    pub fn go_on(&mut self, experiment: Experiment) {
        self.requested = experiment;
        self.opens_in_flight += 1;
        self.alert = None;
    }

    /// Notes that the worker was asked to begin again under `experiment`, even if it is the same.
    pub fn request_again(&mut self, experiment: Experiment) {
        self.edits.push(self.requested.clone());
        self.go_on(experiment);
    }

    /// Goes to the version before or after the one in force, and says how the worker gets there. Nothing
    /// while an answer of the worker is awaited, since it decides what the way is.
    pub fn travel(&mut self, direction: Direction) -> Option<Way> {
        let facts = self.facts.as_ref().filter(|_| self.can_train() && self.opens_in_flight == 0)?;
        let (experiment, way) = self.edits.go(direction, self.requested.clone(), facts)?;
        match way {
            Way::BringBack(_) | Way::Open => self.go_on(experiment),
            Way::Reload(_) => self.requested = experiment,
        }
        Some(way)
    }

    /// Notes that the next sample continues `prompt`.
    pub fn ask_for_text(&mut self, prompt: String) {
        self.ask_rivals_for_text(&prompt);
        self.prompt = prompt;
    }

    /// Something that was asked for is not done: says why, and the fields go back.
    pub fn refuse(&mut self, title: &'static str, message: String) {
        self.alert = Some(Alert { title, message, remedy: None });
        self.opens_in_flight = 0;
        self.prompt.clear();
        self.settle_form();
    }

    /// The worker is lost.
    pub fn break_off(&mut self, message: String, restartable: bool) {
        self.playing = false;
        self.connection = Connection::Broken { message, restartable };
    }

    /// The lab on stage; before there is a run, the one that is asked for.
    #[must_use]
    pub fn lab(&self) -> LabKind {
        self.facts.as_ref().map_or(self.requested.lab, |facts| facts.experiment.lab)
    }

    /// Steps taken by the run on stage.
    #[must_use]
    pub fn step(&self) -> u32 {
        self.history.step()
    }

    /// Whether Play, Step and Reset have something to act on.
    #[must_use]
    pub fn can_train(&self) -> bool {
        self.connection == Connection::Ready && self.facts.is_some()
    }

    /// What undoing or redoing would do, where there is something to undo or redo.
    #[must_use]
    pub fn offer(&self, direction: Direction) -> Option<MoveOffer> {
        let facts = self.facts.as_ref().filter(|_| self.can_train())?;
        let (version, way) = self.edits.next(direction, &self.requested, facts)?;
        let edit = match direction {
            Direction::Back => difference(&version.experiment, &self.requested),
            Direction::Forward => difference(&self.requested, &version.experiment),
        };
        let run = match way {
            Way::BringBack(run) => {
                Some(self.put_aside.as_ref().filter(|aside| aside.run == run).map(History::step))
            }
            Way::Open | Way::Reload(_) => None,
        };
        Some(MoveOffer { edit, run })
    }

    /// Whether this panel is open.
    #[must_use]
    pub fn is_panel_open(&self, key: &str) -> bool {
        self.view.open.as_ref().map_or(self.are_panels_open, |open| open.contains(key))
    }

    /// Opens or closes a panel, where a lab has `panels`.
    pub fn fold_panel(&mut self, key: &str, is_open: bool, panels: fn(LabKind) -> Vec<&'static str>) {
        let at_first = if self.are_panels_open { panels(self.lab()) } else { Vec::new() };
        let open = self.view.open.get_or_insert_with(|| at_first.into_iter().map(str::to_owned).collect());
        if is_open {
            open.insert(key.to_owned())
        } else {
            open.remove(key)
        };
    }

    /// Whether the data that was asked for is that of the run on stage, and not still on its way.
    #[must_use]
    pub fn has_data(&self) -> bool {
        let of = |experiment: &Experiment| (experiment.lab, experiment.data.clone());
        self.facts.as_ref().is_some_and(|facts| of(&facts.experiment) == of(&self.requested))
    }

    /// Whether the worker has been asked for an experiment and has not answered yet.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        self.opens_in_flight > 0
    }

    /// Size of the data on stage in bytes, where there is any.
    #[must_use]
    pub fn data_bytes(&self) -> Option<u64> {
        self.facts.as_ref().map(|facts| facts.data.bytes).filter(|&bytes| bytes > 0)
    }

    /// The number of the data that a run of this worker learns from.
    #[must_use]
    pub fn data_number(&self, run: RunId) -> Option<u32> {
        self.data_of_runs.get(&run).map(|data| data.number)
    }

    /// One sentence on how things stand.
    #[must_use]
    pub fn status(&self) -> String {
        match (&self.connection, &self.alert) {
            (Connection::Broken { message, .. }, _) => message.clone(),
            (_, Some(alert)) => alert.message.clone(),
            (Connection::Starting, None) => "Starting the network …".to_owned(),
            (Connection::Ready, None) if self.playing => "Training".to_owned(),
            (Connection::Ready, None) if self.has_used_budget() => self.final_status(),
            (Connection::Ready, None) if self.step() == 0 => "Ready. Press Play to train.".to_owned(),
            (Connection::Ready, None) => format!("Paused at step {}", self.step()),
        }
    }

    fn on_stage(&self, run: RunId) -> bool {
        self.facts.as_ref().is_some_and(|facts| facts.run == run)
    }

    fn settle_form(&mut self) {
        if let Some(facts) = &self.facts {
            self.edits.settle(&self.requested, facts);
            self.requested = facts.experiment.clone();
        }
        self.form_version += 1;
    }
}

#[cfg(test)]
mod tests;
