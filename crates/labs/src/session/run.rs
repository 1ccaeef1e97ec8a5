//! A run: one lab in training, and what is done when.

use super::keep::{self, Keep};
use super::race::Contender;
use super::stage_data::StageData;
use super::turn::{Traffic, Turn};
use super::walking::Walked;
use crate::device::Duty;
use crate::rate::RateMeter;
use crate::team::Team;
use crate::{Lab, LabError, Slice};
use rnn_protocol::{BudgetUnit, Event, Experiment, RunFacts, RunId, StepReport, TrainingClock};

/// Step reports are sent together, at most this often.
const REPORT_MILLIS: f64 = 33.0;
/// Looks are taken at most this often, since each costs about a third of a step.
pub(super) const LOOK_MILLIS: f64 = 250.0;
/// Whether a run trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Paused,
    Playing,
    /// Until the end of one step.
    Stepping,
}

/// One lab in training.
pub(super) struct Run {
    id: RunId,
    pub(super) experiment: Experiment,
    pub(super) data: StageData,
    pub(super) lab: Box<dyn Lab>,
    /// Who takes its steps, and as of which [generation](crate::device::Devices::generation) of devices.
    pub(super) duty: Duty,
    pub(super) duty_generation: u32,
    /// Whether nothing can be done before a device has answered.
    pub(super) is_device_awaited: bool,
    pub(super) mode: Mode,
    /// Whether the lab has a step in hand.
    pub(super) is_mid_step: bool,
    /// Whether the step in hand takes a look inside.
    pub(super) is_looking: bool,
    pub(super) evaluation: EvaluationStage,
    pub(super) rate: RateMeter,
    pub(super) reports: Vec<StepReport>,
    reported_millis: f64,
    pub(super) looked_millis: f64,
    pub(super) written_millis: f64,
    /// Since when a helper is waited for, which is part of the time of a step.
    pub(super) held_since: Option<f64>,
    /// Time spent on the step in hand, and since the start on writing.
    pub(super) step_millis: f64,
    pub(super) writing_millis: f64,
    /// Samples begun, and how many of them before the lab that writes now was set up.
    pub(super) samples: u32,
    pub(super) samples_before: u32,
    /// What is kept of it beside its lab.
    pub(super) keep: Keep,
    /// The [version](super::inspection::Inspections) of what it last put under the microscope.
    pub(super) inspected_version: u32,
    /// What it has last shown of its walk.
    pub(super) walked: Walked,
    /// The [version](super::tracing::Traces) of what it was last asked about its gradient.
    pub(super) traced_version: u32,
    /// When the next step may begin.
    pub(super) rested_millis: f64,
    /// Of a run that others race with.
    pub(super) race: Option<Contender>,
}

/// Where the reading of the held-out data stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EvaluationStage {
    Idle,
    /// As soon as no step is half done.
    Requested,
    Reading,
}

impl Run {
    pub(super) fn new(
        id: RunId,
        experiment: Experiment,
        data: StageData,
        lab: Box<dyn Lab>,
        mode: Mode,
    ) -> Self {
        Self {
            id,
            experiment,
            data,
            lab,
            duty: Duty::default(),
            duty_generation: 0,
            is_device_awaited: false,
            mode,
            is_mid_step: false,
            is_looking: false,
            evaluation: EvaluationStage::Idle,
            rate: RateMeter::default(),
            reports: Vec::new(),
            reported_millis: f64::NEG_INFINITY,
            looked_millis: f64::NEG_INFINITY,
            written_millis: f64::NEG_INFINITY,
            held_since: None,
            step_millis: 0.0,
            writing_millis: 0.0,
            samples: 0,
            samples_before: 0,
            keep: Keep::default(),
            inspected_version: 0,
            walked: Walked::default(),
            traced_version: 0,
            rested_millis: f64::NEG_INFINITY,
            race: None,
        }
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    pub(super) fn id(&self) -> RunId {
        self.id
    }

    /// Steps taken, whoever took them.
    pub(super) fn step(&self) -> u32 {
        self.duty.device().map_or_else(|| self.lab.step(), |device| device.training.step())
    }

    pub(super) fn facts(&self, put_aside: Option<RunId>) -> RunFacts {
        let mut facts = self.lab.facts();
        facts.notes.extend(self.note_on_changes());
        RunFacts {
            run: self.id,
            experiment: self.experiment.clone(),
            step: self.step(),
            playing: self.mode == Mode::Playing,
            put_aside,
            data: self.data.delivery(),
            parameter_count: facts.parameter_count,
            symbol_count: facts.symbol_count,
            training_items: facts.training_items,
            held_out_items: facts.held_out_items,
            batch_size: facts.batch_size,
            sequence_length: facts.sequence_length,
            notes: facts.notes,
        }
    }

    pub(super) fn tune(&mut self, experiment: Experiment) {
        self.lab.tune(&experiment);
        if let Some(device) = self.duty.device_mut() {
            device.training.tune(&experiment);
        }
        // What a trial would find out is about to change.
        self.give_up_trial();
        self.adopt(experiment);
    }

    pub(super) fn set_mode(&mut self, mode: Mode, team: &mut Team, traffic: &mut Traffic) {
        self.end_peek();
        if mode == Mode::Paused {
            team.rest();
            self.held_since = None;
            self.lab.settle();
            self.give_up_trial();
            if let Some(device) = self.duty.device_mut() {
                device.landed_millis = None;
            }
        }
        let was_playing = self.mode == Mode::Playing;
        self.mode = mode;
        let playing = mode == Mode::Playing;
        if playing != was_playing || mode == Mode::Paused {
            self.flush_reports(traffic);
            traffic.events.push(Event::Playing { run: self.id, playing });
        }
    }

    /// Whether its network writes.
    pub(super) fn writes(&self) -> bool {
        self.experiment.lab.description().has_output
    }

    pub(super) fn generate(&mut self, prompt: &str, length: u32) {
        self.lab.begin_output(prompt, length);
    }

    pub(super) fn request_evaluation(&mut self) {
        self.end_peek();
        self.evaluation = EvaluationStage::Requested;
    }

    /// Before another run takes its place.
    pub(super) fn leave_stage(&mut self, team: &mut Team, traffic: &mut Traffic) {
        self.end_peek();
        self.flush_reports(traffic);
        self.mode = Mode::Paused;
        self.held_since = None;
        self.give_up_trial();
        if let Err(error) = self.leave_team(team) {
            traffic.events.push(Event::Refused { message: error.to_string() });
        }
    }

    /// The lab has the whole batch again.
    pub(super) fn leave_team(&mut self, team: &mut Team) -> Result<(), LabError> {
        self.is_mid_step &= !team.recall(self.lab.training_mut())?;
        Ok(())
    }

    /// The time that its training took.
    pub(super) fn clock(&self) -> TrainingClock {
        self.keep.past.clock
    }

    /// Works until the slice is over. Returns whether anything is left to do.
    pub(super) fn advance(&mut self, turn: &mut Turn<'_>) -> bool {
        let is_watched = turn.config.is_watched;
        self.is_device_awaited = false;
        if is_watched && self.mode != Mode::Playing {
            self.peek(turn);
            self.write_on(u32::MAX, turn.slice, turn.traffic);
            self.work_aside(turn.slice, turn.traffic);
        }
        keep::save_if_asked(self, &mut [], turn);
        // At least one part of work, even if the slice was over before it began.
        while self.has_training_to_do(turn) {
            self.work(turn);
            keep::save_if_asked(self, &mut [], turn);
            if turn.slice.is_over() || turn.team.take_posted() {
                break;
            }
        }
        if is_watched && self.mode == Mode::Playing && self.clock().training_millis > LOOK_MILLIS {
            // One part a slice: about a fifth of the time until they are measured.
            self.work_aside(&Slice::new(turn.clock, 1.0), turn.traffic);
        }
        self.report_if_due(turn);
        let is_inspecting = self.look_at_cell(turn);
        self.walk_if_due(turn);
        let is_tracing = self.trace_gradient(turn);
        // While it plays, text is written between the parts of steps.
        let is_writing = self.mode != Mode::Playing && self.lab.has_output_to_write();
        let has_more = is_writing || self.lab.has_work_aside() || self.owes_peek(turn.team);
        self.has_training_to_do(turn) || is_inspecting || is_tracing || (is_watched && has_more)
    }

    /// Works on one part of training, or of what follows from it.
    pub(super) fn work(&mut self, turn: &mut Turn<'_>) {
        match &self.duty {
            Duty::Device(_) => self.work_on_device(turn),
            Duty::Trial(_) => self.work_on_trial(turn),
            _ if self.evaluation != EvaluationStage::Idle && !self.is_mid_step => self.evaluate(turn),
            _ => self.train(turn),
        }
        if turn.config.is_watched && self.mode == Mode::Playing && self.writes() {
            self.write_while_training(turn.clock, turn.traffic);
        }
    }

    /// Sends the reports that wait, if it is time.
    pub(super) fn report_if_due(&mut self, turn: &mut Turn<'_>) {
        if turn.now() - self.reported_millis >= REPORT_MILLIS || self.mode != Mode::Playing {
            self.flush_reports(turn.traffic);
            self.reported_millis = turn.now();
        }
    }

    /// Whether training, or what follows from it, can go on now.
    pub(super) fn has_training_to_do(&self, turn: &Turn<'_>) -> bool {
        let is_leaving = self.duty_generation != turn.devices.generation();
        let is_wanted = self.mode != Mode::Paused
            || (self.evaluation != EvaluationStage::Idle && !self.is_mid_step)
            || self.duty.device().is_some_and(|device| !device.is_settled() || is_leaving)
            || self.must_end_step_to_save(turn);
        let is_held = turn.team.is_held(turn.now()) || self.is_resting(turn.now());
        is_wanted && !self.is_device_awaited && !is_held
    }

    pub(super) fn flush_reports(&mut self, traffic: &mut Traffic) {
        if !self.reports.is_empty() {
            let reports = std::mem::take(&mut self.reports);
            let items_per_second = self.rate.per_second();
            traffic.events.push(Event::Stepped { run: self.id, reports, items_per_second });
            let has_budget_of_time = self.experiment.budget.unit == BudgetUnit::Seconds;
            if self.race.is_some() || has_budget_of_time {
                let (training_millis, step_millis) =
                    (self.clock().training_millis, self.clock().step_millis());
                traffic.events.push(Event::Clocked { run: self.id, training_millis, step_millis });
            }
        }
    }

    /// Sends the last look if the page takes one and does not show it yet.
    pub(super) fn send_snapshot_if_due(&mut self, traffic: &mut Traffic) {
        if traffic.has_credit && traffic.is_stale {
            self.send_snapshot(traffic);
        }
    }

    /// Sends the last look, if there was one.
    pub(super) fn send_snapshot(&mut self, traffic: &mut Traffic) {
        if let Some(mut snapshot) = self.lab.snapshot(traffic.quantity) {
            snapshot.header.run = self.id;
            traffic.snapshot = Some(snapshot);
            traffic.has_credit = false;
            traffic.is_stale = false;
        }
    }
}
