//! What the worker says, taken in.

use super::{Alert, Connection, Cost, Crew, History, PageState, Race, Remedy};
use rnn_protocol::{Event, LabKind, Placement, RunFacts, Snapshot};

impl PageState {
    /// Takes in what the worker said. What belongs to a run that is not on stage is dropped.
    pub fn apply(&mut self, event: Event) {
        let Some(event) = self.hear_of_rivals(event) else { return };
        match event {
            // Its build is compared before it comes here; a fresh worker knows no earlier run.
            Event::Hello { arithmetic, .. } => {
                self.arithmetic = Some(arithmetic);
                self.connection = Connection::Starting;
                self.crew = None;
                self.gpu.forget();
                self.playing = false;
                self.opens_in_flight = 0;
                self.edits.forget_runs();
                self.data_of_runs.clear();
                self.put_aside = None;
                self.history = History::new(0, LabKind::default());
                self.snapshot = None;
                self.microscope.forget_look();
                self.tracing.forget_trace();
                self.race = Race::default();
                self.home.forget();
            }
            Event::Opened(facts) => self.open(facts),
            Event::Playing { run, playing } if self.on_stage(run) => {
                self.set_first_playing(playing);
                if playing {
                    self.alert = None;
                    self.history.trouble = None;
                }
            }
            Event::Staffed { run, staffing, lost_helpers } if self.on_stage(run) => {
                self.crew = Some(Crew { staffing, lost_helpers });
            }
            Event::Gpu { status } => self.gpu.status = Some(status),
            Event::Placed { run, placement } if self.on_stage(run) => self.place(placement),
            Event::Stepped { run, reports, items_per_second } if self.on_stage(run) => {
                self.items_per_second = items_per_second;
                let clip_norm = self.requested.training.clip_norm;
                for report in reports {
                    self.history.push_step(report, clip_norm);
                }
            }
            Event::Clocked { run, training_millis, step_millis } if self.on_stage(run) => {
                self.history.cost = Cost { training_millis, step_millis };
            }
            Event::Validation { run, step, value } if self.on_stage(run) => {
                self.history.push_held_out(step, value);
            }
            Event::Baseline { run, name, value } if self.on_stage(run) => {
                self.history.set_baseline(name, value);
            }
            Event::Text { run, step, sample, piece } if self.on_stage(run) => {
                let prompt = &mut self.prompt;
                self.history.samples.push(step, sample, &piece, || std::mem::take(prompt));
            }
            Event::Delays { run, step, points } if self.on_stage(run) => {
                self.history.set_delays(step, points);
            }
            Event::Traced { run, trace } if self.on_stage(run) => self.tracing.show(*trace),
            Event::Cell { run, look } if self.on_stage(run) => self.microscope.show(*look),
            Event::Walk { run, walk } if self.on_stage(run) => self.walk.show(*walk),
            Event::CellRefused { run, message } if self.on_stage(run) => {
                self.microscope.problem = Some(message);
            }
            Event::Diverged { run, kept_step, message, .. } if self.on_stage(run) => {
                self.set_first_playing(false);
                self.history.bring_to_step(kept_step);
                self.history.trouble = Some(message.clone());
                self.tell_divergence(0, message);
            }
            Event::Recalled { run, past } if self.on_stage(run) => self.history.recall(past),
            Event::Checkpoints { run, steps } if self.on_stage(run) => self.keeping.checkpoints = steps,
            Event::Miniature { news } => self.home.apply(news),
            Event::Refused { message } => self.refuse("That cannot be done", message),
            Event::Playing { .. }
            | Event::Traced { .. }
            | Event::Joined { .. }
            | Event::Clocked { .. }
            | Event::Staffed { .. }
            | Event::Placed { .. }
            | Event::Stepped { .. }
            | Event::Validation { .. }
            | Event::Baseline { .. }
            | Event::Text { .. }
            | Event::Delays { .. }
            | Event::Cell { .. }
            | Event::Walk { .. }
            | Event::CellRefused { .. }
            | Event::Diverged { .. }
            | Event::Recalled { .. }
            | Event::Checkpoints { .. }
            // Files and texts are not shown: the page deals with them when they come.
            | Event::Saved { .. }
            | Event::NotSaved { .. }
            | Event::DataWanted { .. } => {}
        }
    }

    /// Takes in a look inside the network, unless it is of another run.
    pub fn look(&mut self, snapshot: Snapshot) {
        let Some(snapshot) = self.look_at_rivals(snapshot) else { return };
        if self.on_stage(snapshot.header.run) {
            self.snapshot = Some(snapshot);
        }
    }

    fn place(&mut self, placement: Placement) {
        if let Placement::Fallback { message, step } = &placement {
            self.history.bring_to_step(*step);
            let message = format!("Training goes on from step {step} on the CPU: {message}.");
            let remedy = Some(Remedy::TryGpuAgain);
            self.alert = Some(Alert { title: "The GPU cannot go on", message, remedy });
        }
        self.gpu.placement = Some(placement);
    }

    fn open(&mut self, facts: RunFacts) {
        if self.history.run != facts.run || self.facts.is_none() {
            let came_back = self.put_aside.take_if(|aside| aside.run == facts.run);
            let is_undone = came_back.is_some();
            let next = came_back.unwrap_or_else(|| History::new(facts.run, facts.experiment.lab));
            let previous = std::mem::replace(&mut self.history, next);
            // As the worker does: a new run does not put one aside that has not taken a step.
            let is_kept = is_undone || previous.step() > 0 || self.race.has_stepped();
            self.race.change_run(is_kept);
            if is_kept {
                self.put_aside = Some(previous);
            }
            self.snapshot = None;
            self.microscope.forget_look();
            self.tracing.forget_trace();
            self.keeping.checkpoints.clear();
            self.crew = None;
            self.gpu.placement = None;
            self.items_per_second = 0.0;
        }
        if facts.put_aside.is_none() {
            self.put_aside = None;
        }
        self.edits.note(&facts);
        self.history.bring_to_step(facts.step);
        self.data_of_runs.insert(facts.run, facts.data);
        self.alert = None;
        self.connection = Connection::Ready;
        self.set_first_playing(facts.playing);
        self.opens_in_flight = self.opens_in_flight.saturating_sub(1);
        self.facts = Some(facts);
        if self.opens_in_flight == 0 {
            self.settle_form();
        }
    }
}
