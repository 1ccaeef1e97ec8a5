//! What a run has reported, thinned to what a curve can show.

use crate::StepReport;
use serde::{Deserialize, Serialize};

/// Steps kept of a run. When there are more, every second one is dropped, and from then on only every second
/// (fourth, eighth …) step is kept.
const STEPS_KEPT: usize = 2048;

/// Readings of the held-out data kept of a run.
const READINGS_KEPT: usize = 512;

/// Changes of settings kept of a run.
const CHANGES_KEPT: usize = 16;

/// Models that a network is compared with.
const REFERENCES_KEPT: usize = 16;

/// What a run has reported, in memory that does not grow with its length.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Past {
    /// Some of its steps, in order.
    pub steps: Vec<StepReport>,
    /// Only multiples of this are among them; 0 is the same as 1.
    pub stride: u32,
    /// The last one.
    pub last: Option<StepReport>,
    /// Readings of the held-out data, in order.
    pub readings: Vec<Reading>,
    /// What it is compared with.
    pub references: Vec<Reference>,
    /// Settings that were changed on the way, the last sixteen of them, in order.
    pub changes: Vec<SettingChange>,
    /// What all of it has cost.
    pub clock: TrainingClock,
}

/// More steps than any run takes, and few enough to go on counting from.
pub const MOST_STEPS: u32 = 1 << 31;

/// The time that training took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainingClock {
    /// Milliseconds of all steps.
    pub training_millis: f64,
    /// Steps of a race that were not looked at.
    pub plain_steps: u32,
    /// Milliseconds of these.
    pub plain_millis: f64,
}

impl TrainingClock {
    /// Mean time of the steps that were not looked at; 0 while there are none.
    #[must_use]
    pub fn step_millis(&self) -> f64 {
        self.plain_millis / f64::from(self.plain_steps.max(1))
    }

    fn is_sound(&self) -> bool {
        let is_time = |millis: f64| millis.is_finite() && millis >= 0.0;
        is_time(self.training_millis) && is_time(self.plain_millis) && self.plain_steps <= MOST_STEPS
    }
}

/// A setting of a running network was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingChange {
    /// Steps taken before.
    pub step: u32,
    /// The setting's key.
    pub key: String,
}

/// The network, measured on the held-out data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Steps taken before.
    pub step: u32,
    /// Mean cross-entropy.
    pub value: f32,
}

/// A model without a network, measured on the same data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Its name.
    pub name: String,
    /// Its mean cross-entropy.
    pub value: f32,
}

impl Past {
    /// Takes in a step. One that follows a later one takes the place of all from there on.
    pub fn push_step(&mut self, report: StepReport) {
        if !(report.loss.is_finite() && report.grad_norm.is_finite()) {
            return;
        }
        if self.last.is_some_and(|last| last.step >= report.step) {
            self.cut_after(report.step.saturating_sub(1));
        }
        self.last = Some(report);
        let is_kept = |report: &StepReport, stride: u32| report.step.is_multiple_of(stride.max(1));
        if is_kept(&report, self.stride) && self.steps.len() >= STEPS_KEPT {
            self.stride = self.stride.max(1).saturating_mul(2);
            self.steps.retain(|kept| is_kept(kept, self.stride));
        }
        if is_kept(&report, self.stride) {
            self.steps.push(report);
        }
    }

    /// Takes in a reading of the held-out data.
    pub fn push_reading(&mut self, reading: Reading) {
        self.readings.retain(|earlier| earlier.step < reading.step);
        if self.readings.len() >= READINGS_KEPT {
            let mut index = 0;
            self.readings.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.readings.push(reading);
    }

    /// Takes in what the network is compared with.
    pub fn set_reference(&mut self, reference: Reference) {
        if let Some(known) = self.references.iter_mut().find(|known| known.name == reference.name) {
            *known = reference;
        } else if self.references.len() < REFERENCES_KEPT {
            self.references.push(reference);
        }
    }

    /// Takes in that a setting was changed when the run stood at `step`. Before the first step nothing is changed on
    /// the way.
    pub fn push_change(&mut self, step: u32, key: &str) {
        let change = SettingChange { step, key: key.to_owned() };
        if step == 0 || self.changes.contains(&change) {
            return;
        }
        if self.changes.len() >= CHANGES_KEPT {
            self.changes.remove(0);
        }
        self.changes.push(change);
    }

    /// What had been reported when the run stood at `step`.
    #[must_use]
    pub fn up_to(&self, step: u32) -> Self {
        let mut past = self.clone();
        past.cut_after(step);
        past
    }

    /// Whether its order and its size are as they come about here: it may come from a file.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let is_finite = |report: &StepReport| report.loss.is_finite() && report.grad_norm.is_finite();
        let last = self.last.map_or(0, |last| last.step);
        self.steps.len() <= STEPS_KEPT
            && self.readings.len() <= READINGS_KEPT
            && self.references.len() <= REFERENCES_KEPT
            && self.changes.len() <= CHANGES_KEPT
            && self.changes.is_sorted_by(|a, b| a.step <= b.step)
            && self.changes.iter().all(|change| change.key.len() <= 64)
            && self.steps.is_sorted_by(|a, b| a.step < b.step)
            && self.readings.is_sorted_by(|a, b| a.step < b.step)
            && self.steps.iter().chain(&self.last).all(is_finite)
            && self.steps.last().is_none_or(|kept| kept.step <= last)
            && self.readings.iter().all(|reading| reading.value.is_finite())
            && self.references.iter().all(|known| known.name.len() <= 64 && known.value.is_finite())
            && self.clock.is_sound()
    }

    fn cut_after(&mut self, step: u32) {
        self.steps.retain(|kept| kept.step <= step);
        self.readings.retain(|reading| reading.step <= step);
        if self.last.is_some_and(|last| last.step > step) {
            self.last = self.steps.last().copied();
        }
        // The settings stay as they are: what was changed later is changed from here on.
        for change in std::mem::take(&mut self.changes) {
            self.push_change(change.step.min(step), &change.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(step: u32) -> StepReport {
        StepReport { step, loss: 1.0 / step as f32, grad_norm: 0.5 }
    }

    #[test]
    fn a_long_run_stays_within_its_bounds_and_keeps_its_ends() {
        let mut past = Past::default();
        for step in 1..=300_001 {
            past.push_step(report(step));
            if step % 100 == 0 {
                past.push_reading(Reading { step, value: 2.0 });
            }
        }
        assert!((STEPS_KEPT / 4..=STEPS_KEPT).contains(&past.steps.len()), "{}", past.steps.len());
        assert!(past.readings.len() <= READINGS_KEPT);
        assert!(past.steps[0].step <= 512);
        assert_eq!(past.last.map(|last| last.step), Some(300_001));
        assert!(past.is_sound());
    }

    #[test]
    fn going_back_forgets_nothing_before_it_goes_on() {
        let mut past = Past::default();
        (1..=40).for_each(|step| past.push_step(report(step)));
        past.push_reading(Reading { step: 40, value: 2.0 });
        let then = past.up_to(25);
        assert_eq!((then.steps.len(), then.last, then.readings.len()), (25, Some(report(25)), 0));
        assert_eq!(past.steps.len(), 40);
        past.push_step(report(26));
        assert_eq!((past.steps.len(), past.last, past.readings.len()), (26, Some(report(26)), 0));
    }

    #[test]
    fn a_change_stays_when_the_run_goes_back_before_it() {
        let mut past = Past::default();
        (1..=40).for_each(|step| past.push_step(report(step)));
        past.push_change(0, "clip_norm");
        past.push_change(10, "learning_rate");
        past.push_change(30, "sequence_length");
        past.push_change(30, "sequence_length");
        let steps = |past: &Past| past.changes.iter().map(|change| change.step).collect::<Vec<_>>();
        assert_eq!(steps(&past), [10, 30]);
        assert_eq!(steps(&past.up_to(20)), [10, 20]);
        assert!(past.up_to(20).is_sound());
        assert!(past.up_to(0).changes.is_empty(), "from step 0 on nothing is changed on the way");
        past.changes = vec![SettingChange { step: 1, key: String::new() }; CHANGES_KEPT + 1];
        assert!(!past.is_sound());
    }

    #[test]
    fn what_is_no_number_is_left_out_and_what_is_out_of_order_is_not_sound() {
        let mut past = Past::default();
        past.push_step(StepReport { step: 1, loss: f32::NAN, grad_norm: 1.0 });
        assert_eq!(past, Past::default());
        past.steps = vec![report(2), report(1)];
        past.last = Some(report(2));
        assert!(!past.is_sound());
        let clock = TrainingClock { training_millis: f64::NAN, ..TrainingClock::default() };
        assert!(!Past { clock, ..Past::default() }.is_sound());
    }
}
