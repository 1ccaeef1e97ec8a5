//! A device on trial: which of the two takes less time for a step of this network.

use super::{DeviceStop, DeviceTraining};
use crate::Slice;
use rnn_protocol::{Place, Placement, StepReport, StepTime};

/// Steps that are not counted: in them, memory is laid out and clocks speed up.
const WARM_STEPS: usize = 2;
/// Steps that are timed at most …
const TIMED_STEPS: usize = 5;
/// … and at least, if the trial takes longer than this.
const FEWEST_TIMED: usize = 2;
const TRIAL_MILLIS: f64 = 500.0;
/// A trial that takes longer is over, whatever is known.
const PATIENCE_MILLIS: f64 = 1500.0;

/// A device that takes steps on trial, from where the run stands.
pub(crate) struct Trial {
    training: Box<dyn DeviceTraining>,
    first_step: u32,
    cpu: StepTime,
    started: f64,
    landings: Vec<f64>,
    reports: Vec<StepReport>,
}

/// What came of a trial.
pub(crate) struct Verdict {
    /// Where the run's steps are taken from here on.
    pub(crate) placement: Placement,
    /// The device with what it has reported, if it is faster. If not, nothing has happened.
    pub(crate) device: Option<(Box<dyn DeviceTraining>, Vec<StepReport>)>,
}

impl Trial {
    /// A trial of a training that has the run's state, against what a step takes on the CPU.
    pub(crate) fn new(training: Box<dyn DeviceTraining>, cpu: StepTime, now: f64) -> Self {
        let first_step = training.step();
        Self { training, first_step, cpu, started: now, landings: Vec::new(), reports: Vec::new() }
    }

    /// Takes steps for a slice. Returns whether nothing can be done before the device has answered.
    ///
    /// # Errors
    /// If the device failed, or its weights left all bounds.
    pub(crate) fn advance(&mut self, slice: &Slice<'_>, now: f64) -> Result<bool, DeviceStop> {
        let training = &mut self.training;
        let is_begun = training.step() - self.first_step == (WARM_STEPS + TIMED_STEPS) as u32;
        let outcome = if is_begun { training.land() } else { training.advance(slice) };
        let is_awaited = outcome.is_none() && !training.is_mid_step() && (is_begun || training.is_full());
        if let Some(report) = outcome.transpose()? {
            self.reports.push(report);
            self.landings.push(now);
        }
        Ok(is_awaited)
    }

    /// Whether enough is known.
    pub(crate) fn is_over(&self, now: f64) -> bool {
        let elapsed = now - self.started;
        let timed = self.landings.len().saturating_sub(WARM_STEPS);
        timed >= TIMED_STEPS || (timed >= FEWEST_TIMED && elapsed > TRIAL_MILLIS) || elapsed > PATIENCE_MILLIS
    }

    /// Takes down which is faster.
    pub(crate) fn decide(self, now: f64) -> Verdict {
        let mut times: Vec<f64> =
            self.landings.windows(2).skip(WARM_STEPS - 1).map(|pair| pair[1] - pair[0]).collect();
        times.sort_by(f64::total_cmp);
        let gpu = match times.get(times.len() / 2) {
            Some(&median) => StepTime { millis: median as f32, is_at_least: false },
            None => StepTime { millis: (now - self.started) as f32, is_at_least: true },
        };
        let is_faster = !gpu.is_at_least && gpu.millis < self.cpu.millis;
        let place = if is_faster { Place::Gpu } else { Place::Cpu };
        Verdict {
            placement: Placement::Measured { place, gpu, cpu: self.cpu },
            device: is_faster.then_some((self.training, self.reports)),
        }
    }
}
