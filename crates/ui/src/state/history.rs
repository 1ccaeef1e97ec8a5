//! What a run has reported so far, in memory that does not grow with its length.

use crate::state::{Cost, Samples};
use rnn_protocol::{Budget, BudgetUnit, DelayRecall, LabDescription, LabKind, Past, RunId, StepReport};

/// Steps kept of a run. When they are reached every second one is dropped, and from then on only
/// every second (fourth, eighth …) step is kept: still far more than a chart has pixels.
const STEPS_KEPT: usize = 20_000;

/// The smoothed loss averages over about this many steps …
const SMOOTHING_STEPS: f32 = 50.0;
/// … but early on over no more than this part of the run, so that it keeps up with a loss in free fall.
const SMOOTHING_PART: f32 = 0.08;

/// Latest steps over which clipping is counted.
const CLIP_WINDOW: u32 = 100;

/// One training step as the charts show it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepPoint {
    /// Steps taken, this one included.
    pub step: u32,
    /// Loss of its batch, as its lab shows it.
    pub loss: f32,
    /// Exponential moving average of the loss up to here.
    pub smoothed: f32,
    /// Global norm of its gradient before clipping.
    pub grad_norm: f32,
}

/// What was measured on the held-out data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    /// Steps taken before.
    pub step: u32,
    /// As its lab shows it.
    pub value: f32,
}

/// What a model without a network reaches on the held-out data.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Its name.
    pub name: String,
    /// As the lab shows it.
    pub value: f32,
}

/// How the network did at several delays.
#[derive(Debug, Clone, PartialEq)]
pub struct DelayCurve {
    /// Steps that it had taken.
    pub step: u32,
    /// Recall at each delay, shortest first.
    pub points: Vec<DelayRecall>,
}

/// What a run has reported so far.
#[derive(Debug, Clone)]
pub struct History {
    /// The run.
    pub run: RunId,
    /// Its lab, which says what the numbers are.
    pub lab: LabKind,
    /// What it wrote.
    pub samples: Samples,
    /// What its training has cost, as far as that was told.
    pub cost: Cost,
    /// Why it stopped by itself, until it goes on.
    pub trouble: Option<String>,
    points: Vec<StepPoint>,
    stride: u32,
    last: Option<StepPoint>,
    averaged: f32,
    recent_clips: u128,
    recent_steps: u32,
    held_out: Vec<HeldOut>,
    baselines: Vec<Baseline>,
    delays: Option<DelayCurve>,
    opened_at: u32,
}

impl History {
    /// Of a run that has reported nothing.
    #[must_use]
    pub fn new(run: RunId, lab: LabKind) -> Self {
        Self {
            run,
            lab,
            samples: Samples::default(),
            cost: Cost::default(),
            trouble: None,
            points: Vec::new(),
            stride: 1,
            last: None,
            averaged: 0.0,
            recent_clips: 0,
            recent_steps: 0,
            held_out: Vec::new(),
            baselines: Vec::new(),
            delays: None,
            opened_at: 0,
        }
    }

    /// Takes in a step, made under this clipping threshold (0: none).
    pub fn push_step(&mut self, report: StepReport, clip_norm: f32) {
        let loss = self.words().loss.shown(report.loss);
        if loss.is_finite() {
            self.averaged += 1.0;
            let weight = 1.0 / (self.averaged * SMOOTHING_PART).clamp(1.0, SMOOTHING_STEPS);
            let before = self.last.map_or(loss, |last| last.smoothed);
            let smoothed = before + (loss - before) * weight;
            self.keep(StepPoint { step: report.step, loss, smoothed, grad_norm: report.grad_norm });
        }
        let is_clipped = clip_norm > 0.0 && report.grad_norm > clip_norm;
        self.recent_clips = (self.recent_clips << 1 | u128::from(is_clipped)) & ((1 << CLIP_WINDOW) - 1);
        self.recent_steps = (self.recent_steps + 1).min(CLIP_WINDOW);
    }

    /// What is said of its lab.
    #[must_use]
    pub fn words(&self) -> &'static LabDescription {
        self.lab.description()
    }

    /// Takes in what was measured on the held-out data after `step` steps.
    pub fn push_held_out(&mut self, step: u32, measured: f32) {
        let reading = HeldOut { step, value: self.words().held_out.shown(measured) };
        self.held_out.retain(|earlier| earlier.step < reading.step);
        if self.held_out.len() == STEPS_KEPT {
            let mut index = 0;
            self.held_out.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.held_out.push(reading);
    }

    /// Takes in what was measured of a model without a network.
    pub fn set_baseline(&mut self, name: String, measured: f32) {
        let baseline = Baseline { name, value: self.words().held_out.shown(measured) };
        match self.baselines.iter_mut().find(|known| known.name == baseline.name) {
            Some(known) => *known = baseline,
            None => self.baselines.push(baseline),
        }
    }

    /// Takes in how the network did at several delays.
    pub fn set_delays(&mut self, step: u32, points: Vec<DelayRecall>) {
        self.delays = Some(DelayCurve { step, points });
    }

    /// How the network last did at several delays.
    #[must_use]
    pub fn delays(&self) -> Option<&DelayCurve> {
        self.delays.as_ref()
    }

    /// The run stands at `step` (again): later reports are of weights that are no more.
    pub fn bring_to_step(&mut self, step: u32) {
        if step < self.step() {
            self.points.retain(|point| point.step <= step);
            self.held_out.retain(|reading| reading.step <= step);
            self.samples.truncate_after(step);
            self.delays.take_if(|curve| curve.step > step);
            self.last = self.points.last().copied();
        }
        self.opened_at = step;
    }

    /// Takes over what a run reported before: from here on, that is what is known of it.
    pub fn recall(&mut self, past: Past) {
        let opened_at = self.opened_at;
        let samples = std::mem::take(&mut self.samples);
        *self = Self { opened_at, samples, ..Self::new(self.run, self.lab) };
        let Past { steps, last, readings, references, clock, .. } = past;
        self.cost = Cost { training_millis: clock.training_millis, step_millis: clock.step_millis() };
        let end = steps.last().map_or(0, |kept| kept.step);
        let last = last.filter(|last| last.step > end);
        steps.into_iter().chain(last).for_each(|report| self.push_step(report, 0.0));
        (self.recent_clips, self.recent_steps) = (0, 0);
        for reading in readings {
            self.push_held_out(reading.step, reading.value);
        }
        for known in references {
            self.set_baseline(known.name, known.value);
        }
    }

    /// Steps taken.
    #[must_use]
    pub fn step(&self) -> u32 {
        self.last.map_or(self.opened_at, |last| last.step.max(self.opened_at))
    }

    /// Whether nothing is to be expected of it under this budget: it is used up and what it has bought is measured,
    /// or training has stopped by itself.
    #[must_use]
    pub fn is_final(&self, budget: Budget) -> bool {
        let is_used = match budget.unit {
            BudgetUnit::Steps => self.step() >= budget.amount,
            BudgetUnit::Seconds => self.cost.training_millis >= 1000.0 * f64::from(budget.amount),
        };
        let is_measured = self.held_out.last().is_some_and(|reading| reading.step == self.step());
        budget.amount > 0 && (self.trouble.is_some() || is_used && is_measured)
    }

    /// The last step.
    #[must_use]
    pub fn last(&self) -> Option<StepPoint> {
        self.last
    }

    /// The steps that are kept, oldest first.
    #[must_use]
    pub fn points(&self) -> &[StepPoint] {
        &self.points
    }

    /// Readings of the held-out data, oldest first.
    #[must_use]
    pub fn held_out(&self) -> &[HeldOut] {
        &self.held_out
    }

    /// Models without a network on the same held-out data.
    #[must_use]
    pub fn baselines(&self) -> &[Baseline] {
        &self.baselines
    }

    /// How many of the latest steps had their gradient clipped, and how many those steps are.
    #[must_use]
    pub fn clipped(&self) -> (u32, u32) {
        (self.recent_clips.count_ones(), self.recent_steps)
    }

    fn keep(&mut self, point: StepPoint) {
        self.last = Some(point);
        if !point.step.is_multiple_of(self.stride) {
            return;
        }
        if self.points.len() == STEPS_KEPT {
            self.stride *= 2;
            let stride = self.stride;
            self.points.retain(|kept| kept.step.is_multiple_of(stride));
            if !point.step.is_multiple_of(stride) {
                return;
            }
        }
        self.points.push(point);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::LN_2;

    fn report(step: u32) -> StepReport {
        StepReport { step, loss: LN_2 * 2.0, grad_norm: 0.5 }
    }

    #[test]
    fn a_long_run_stays_within_its_memory_and_keeps_its_ends() {
        let mut history = History::new(1, LabKind::Text);
        for step in 1..=200_001 {
            history.push_step(report(step), 1.0);
        }
        assert!(history.points().len() <= STEPS_KEPT);
        assert!(history.points().len() > STEPS_KEPT / 4);
        assert_eq!(history.step(), 200_001);
        assert!(history.points()[0].step < 50);
        assert!(history.points().windows(2).all(|pair| pair[0].step < pair[1].step));
    }

    #[test]
    fn the_smoothed_loss_follows_closely_at_first_and_calmly_later() {
        let mut history = History::new(1, LabKind::Text);
        history.push_step(StepReport { step: 1, loss: LN_2 * 6.0, grad_norm: 1.0 }, 1.0);
        for step in 2..=1_000 {
            history.push_step(report(step), 1.0);
            if step == 10 {
                assert!((history.last().unwrap().smoothed - 2.0).abs() < 1e-5);
            }
        }
        history.push_step(StepReport { step: 1_001, loss: LN_2 * 4.0, grad_norm: 1.0 }, 1.0);
        assert!(
            (history.last().unwrap().smoothed - 2.04).abs() < 1e-3,
            "an outlier of 2 bits weighs a fiftieth"
        );
    }

    #[test]
    fn a_recalled_past_takes_the_place_of_what_was_known() {
        let mut history = History::new(1, LabKind::Text);
        (1..=9).for_each(|step| history.push_step(report(step), 1.0));
        let mut past = Past::default();
        (1..=5).for_each(|step| past.push_step(report(step)));
        history.bring_to_step(5);
        history.recall(past);
        assert_eq!((history.step(), history.points().len(), history.clipped()), (5, 5, (0, 0)));
    }

    #[test]
    fn clipping_is_counted_over_the_latest_hundred_steps() {
        let mut history = History::new(1, LabKind::Text);
        for step in 1..=150 {
            let grad_norm = if step > 60 { 2.0 } else { 0.5 };
            history.push_step(StepReport { step, loss: 1.0, grad_norm }, 1.0);
        }
        assert_eq!(history.clipped(), (90, 100));
        history.push_step(StepReport { step: 151, loss: 1.0, grad_norm: 9.0 }, 0.0);
        assert_eq!(history.clipped(), (90, 100), "a threshold of 0 clips nothing");
    }

    #[test]
    fn a_loss_that_is_no_number_leaves_the_curve_alone() {
        let mut history = History::new(1, LabKind::Text);
        history.push_step(report(1), 1.0);
        history.push_step(StepReport { step: 2, loss: f32::NAN, grad_norm: f32::NAN }, 1.0);
        assert_eq!(history.step(), 1);
        assert!((history.last().unwrap().smoothed - 2.0).abs() < 1e-5);
    }
}
