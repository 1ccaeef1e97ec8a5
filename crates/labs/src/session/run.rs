//! A run: one lab in training, and what is done when.

use super::keep::{self, Keep};
use super::message;
use super::race::Contender;
use super::stage_data::StageData;
use super::turn::{Traffic, Turn};
use super::walking::Walked;
use crate::device::Duty;
use crate::rate::RateMeter;
use crate::team::Team;
use crate::{Lab, LabError, Slice};
use rnn_compute::Divergence;
use rnn_protocol::{BudgetUnit, Event, Experiment, Reading, RunFacts, RunId, StepReport, TrainingClock};

/// Step reports are sent together, at most this often.
const REPORT_MILLIS: f64 = 33.0;
/// Looks are taken at most this often, since each costs about a third of a step.
pub(super) const LOOK_MILLIS: f64 = 250.0;
/// Early steps after which the held-out data is read, since the loss falls fastest then.
const EARLY_EVALUATIONS: [u32; 3] = [10, 25, 50];

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
    held_since: Option<f64>,
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
        let has_more = is_writing || self.lab.has_work_aside() || self.keep.peek.is_some();
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

    fn evaluate(&mut self, turn: &mut Turn<'_>) {
        if self.evaluation == EvaluationStage::Requested {
            self.lab.restart_evaluation();
            self.evaluation = EvaluationStage::Reading;
        }
        if let Some(value) = self.lab.evaluate(turn.slice) {
            self.evaluation = EvaluationStage::Idle;
            if value.is_finite() {
                self.report_validation(value, turn.traffic);
            } else {
                // The helpers know nothing of it.
                let left = self.leave_team(turn.team);
                let divergence = self.lab.retreat();
                self.stop_at(&divergence, turn);
                if let Err(error) = left {
                    self.stop_for(&error, turn);
                }
            }
        }
    }

    pub(super) fn report_validation(&mut self, value: f32, traffic: &mut Traffic) {
        self.flush_reports(traffic);
        let step = self.step();
        self.keep.past.push_reading(Reading { step, value });
        traffic.events.push(Event::Validation { run: self.id, step, value });
    }

    fn train(&mut self, turn: &mut Turn<'_>) {
        if !self.is_mid_step {
            if self.mode == Mode::Playing && self.is_enough(self.lab.step(), turn) {
                self.set_mode(Mode::Paused, turn.team, turn.traffic);
                return;
            }
            if self.find_place(turn) {
                return;
            }
            self.keep_checkpoint_if_due(turn);
        }
        let start = turn.now();
        let begun = self.held_since.take().unwrap_or(start);
        let outcome = self.advance_step(start, turn);
        let end = turn.now();
        self.held_since = turn.team.is_held(end).then_some(end);
        self.step_millis += end - begun;
        self.keep.past.clock.training_millis += end - begun;
        match outcome {
            Ok(None) => self.try_device_if_slow(turn),
            Ok(Some(Ok(report))) => {
                self.rate.count(self.lab.items_per_step() as f64, self.step_millis);
                turn.team.count_step(self.step_millis);
                if self.race.is_some() && !self.is_looking {
                    let clock = &mut self.keep.past.clock;
                    clock.plain_steps += 1;
                    clock.plain_millis += self.step_millis;
                }
                if let Duty::Timing(timing) = &mut self.duty {
                    timing.count(self.step_millis);
                }
                turn.traffic.is_stale |= std::mem::take(&mut self.is_looking);
                if is_evaluation_due(report.step, turn) {
                    self.evaluation = EvaluationStage::Requested;
                }
                self.take_report(report, turn);
            }
            Ok(Some(Err(divergence))) => self.stop_at(&divergence, turn),
            Err(error) => self.stop_for(&error, turn),
        }
    }

    /// A step is taken: it is reported, and may have been the last for now.
    pub(super) fn take_report(&mut self, report: StepReport, turn: &mut Turn<'_>) {
        self.reports.push(report);
        self.keep.take_report(report);
        self.rest(turn);
        let is_last = match self.mode {
            Mode::Paused => false,
            Mode::Playing => self.is_enough(report.step, turn),
            Mode::Stepping => self.race.as_mut().is_none_or(|race| !race.take_extra_step()),
        };
        if is_last {
            // What the budget has bought is measured.
            let is_final = self.mode == Mode::Playing && self.has_used_budget(report.step);
            if is_final && turn.config.evaluate_every.is_some() {
                self.evaluation = EvaluationStage::Requested;
            }
            self.set_mode(Mode::Paused, turn.team, turn.traffic);
        }
    }

    /// Whether a run that plays has taken all the steps that it is to take.
    pub(super) fn is_enough(&self, step: u32, turn: &Turn<'_>) -> bool {
        turn.is_beyond(step) || self.has_used_budget(step)
    }

    fn has_used_budget(&self, step: u32) -> bool {
        let budget = self.experiment.budget;
        let amount = f64::from(budget.amount);
        budget.amount > 0
            && match budget.unit {
                BudgetUnit::Steps => step >= budget.amount,
                BudgetUnit::Seconds => self.clock().training_millis >= 1000.0 * amount,
            }
    }

    /// Works on the step in hand, or begins the next. Returns its report once it is done; nothing while there
    /// is more to do or a helper is waited for.
    fn advance_step(
        &mut self,
        now: f64,
        turn: &mut Turn<'_>,
    ) -> Result<Option<Result<StepReport, Divergence>>, LabError> {
        if turn.team.has_losses(now) {
            self.leave_team(turn.team)?;
        }
        if !self.is_mid_step {
            self.step_millis = 0.0;
            // While it is open who takes the steps, nobody is asked for help.
            if !matches!(self.duty, Duty::Timing(_)) {
                let experiment = (&self.experiment, &*self.data);
                let is_begun = turn.team.begin_step(experiment, self.lab.training_mut(), now)?;
                self.announce_staffing(turn);
                if !is_begun {
                    return Ok(None);
                }
            }
            if self.is_look_due(now, turn) {
                self.lab.request_look();
                self.is_looking = true;
            }
            self.is_mid_step = true;
            if turn.team.has_posted() {
                return Ok(None);
            }
        }
        let mut outcome = self.lab.train(turn.slice);
        if outcome.is_none() && turn.team.complete_step(self.lab.training_mut(), now)? {
            // The update is one part of work: everybody makes it before anything else is said.
            outcome = self.lab.train(turn.slice);
        }
        self.is_mid_step = outcome.is_none();
        Ok(outcome)
    }

    fn announce_staffing(&self, turn: &mut Turn<'_>) {
        if let Some((staffing, lost_helpers)) = turn.team.take_news() {
            turn.traffic.events.push(Event::Staffed { run: self.id, staffing, lost_helpers });
        }
    }

    /// Whether the next step is to be looked at; if so, the one after it is not, for a while.
    pub(super) fn is_look_due(&mut self, now: f64, turn: &Turn<'_>) -> bool {
        let is_due = now - self.looked_millis >= LOOK_MILLIS || self.mode == Mode::Stepping;
        // Whoever steps by hand wants to see that step, even if the last picture is still being drawn.
        let is_by_hand = turn.config.is_watched && self.mode == Mode::Stepping;
        let is_asked_for = turn.traffic.has_credit && turn.may_look_at(self.id);
        let is_wanted = is_due && (is_asked_for || is_by_hand);
        if is_wanted {
            self.looked_millis = now;
        }
        is_wanted
    }

    /// The last good weights are in place again: stops and says so.
    pub(super) fn stop_at(&mut self, divergence: &Divergence, turn: &mut Turn<'_>) {
        self.is_looking = false;
        self.set_mode(Mode::Paused, turn.team, turn.traffic);
        let (step, kept_step) = (divergence.step, self.step());
        self.keep.checkpoints.go_on(kept_step);
        let message = message::diverged(divergence, &self.experiment, kept_step);
        turn.traffic.events.push(Event::Diverged { run: self.id, step, kept_step, message });
    }

    /// The batch could not be divided or taken back: stops and says so.
    fn stop_for(&mut self, error: &LabError, turn: &mut Turn<'_>) {
        self.set_mode(Mode::Paused, turn.team, turn.traffic);
        turn.traffic.events.push(Event::Refused { message: error.to_string() });
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

/// Whether the network is to be measured on the held-out data after this step.
pub(super) fn is_evaluation_due(step: u32, turn: &Turn<'_>) -> bool {
    let is_due = |every: u32| step.is_multiple_of(every) || EARLY_EVALUATIONS.contains(&step);
    turn.config.evaluate_every.is_some_and(is_due)
}
