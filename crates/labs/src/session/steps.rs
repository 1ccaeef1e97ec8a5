//! Steps of training, one by one, and the readings of the held-out data between them.

use super::message;
use super::run::{EvaluationStage, LOOK_MILLIS, Mode, Run};
use super::turn::{Traffic, Turn};
use crate::LabError;
use crate::device::Duty;
use rnn_compute::Divergence;
use rnn_protocol::{BudgetUnit, Event, Reading, StepReport};

/// Early steps after which the held-out data is read, since the loss falls fastest then.
const EARLY_EVALUATIONS: [u32; 3] = [10, 25, 50];

impl Run {
    pub(super) fn evaluate(&mut self, turn: &mut Turn<'_>) {
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
                let divergence = self.lab.network_mut().retreat();
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
        traffic.events.push(Event::Validation { run: self.id(), step, value });
    }

    pub(super) fn train(&mut self, turn: &mut Turn<'_>) {
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
                self.rate.count(self.lab.network().items_per_step() as f64, self.step_millis);
                turn.team.count_step(self.step_millis);
                if self.race.is_some() && !self.is_looking {
                    let clock = &mut self.keep.past.clock;
                    clock.plain_steps += 1;
                    clock.plain_millis += self.step_millis;
                }
                if let Duty::Timing(timing) = &mut self.duty {
                    timing.count(self.step_millis);
                }
                let is_looked_at = std::mem::take(&mut self.is_looking);
                turn.traffic.is_stale |= is_looked_at;
                // Of steps that follow each other the last is as good as unseen: where they end is shown.
                self.keep.is_unseen = self.mode == Mode::Playing || !is_looked_at;
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
                self.lab.network_mut().request_look();
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
            turn.traffic.events.push(Event::Staffed { run: self.id(), staffing, lost_helpers });
        }
    }

    /// Whether the next step is to be looked at; if so, the one after it is not, for a while.
    pub(super) fn is_look_due(&mut self, now: f64, turn: &Turn<'_>) -> bool {
        let is_due = now - self.looked_millis >= LOOK_MILLIS || self.mode == Mode::Stepping;
        // Whoever steps by hand wants to see that step, even if the last picture is still being drawn.
        let is_by_hand = turn.config.is_watched && self.mode == Mode::Stepping;
        let is_asked_for = turn.traffic.has_credit && turn.may_look_at(self.id());
        let is_wanted = is_due && (is_asked_for || is_by_hand);
        if is_wanted {
            self.looked_millis = now;
        }
        is_wanted
    }

    /// The last good weights are in place again: stops and says so.
    pub(super) fn stop_at(&mut self, divergence: &Divergence, turn: &mut Turn<'_>) {
        self.is_looking = false;
        // The step that is at fault would be taken to be looked at.
        self.keep.is_unseen = false;
        self.set_mode(Mode::Paused, turn.team, turn.traffic);
        let (step, kept_step) = (divergence.step, self.step());
        self.keep.checkpoints.go_on(kept_step);
        let message = message::diverged(divergence, &self.experiment, kept_step);
        turn.traffic.events.push(Event::Diverged { run: self.id(), step, kept_step, message });
    }

    /// The batch could not be divided or taken back: stops and says so.
    fn stop_for(&mut self, error: &LabError, turn: &mut Turn<'_>) {
        self.set_mode(Mode::Paused, turn.team, turn.traffic);
        turn.traffic.events.push(Event::Refused { message: error.to_string() });
    }
}

/// Whether the network is to be measured on the held-out data after this step.
pub(super) fn is_evaluation_due(step: u32, turn: &Turn<'_>) -> bool {
    let is_due = |every: u32| step.is_multiple_of(every) || EARLY_EVALUATIONS.contains(&step);
    turn.config.evaluate_every.is_some_and(is_due)
}
