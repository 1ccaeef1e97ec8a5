//! Timing steps: warm-up, then samples, of which the middle counts.
//!
//! A sample is as many steps in a row as take [`Plan::sample_millis`], because a page's clock ticks only
//! every tenth of a millisecond. The middle of the samples is what the machine does most of the time; the
//! first and the last tenth say how much it was disturbed.
//!
//! `tests/peers/tfjs/measure.js` and `tests/peers/pytorch/bench.py` follow the same rule.

/// How long to warm up and to measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Steps before the first sample. Caches fill, and a browser replaces its quick compilation by a
    /// good one.
    pub warm_up_steps: u32,
    /// Warm-up ends after this time even if fewer steps were taken.
    pub warm_up_millis: f64,
    /// Steps that are taken as warm-up, however long they take.
    pub least_steps: u32,
    /// The least time of a sample.
    pub sample_millis: f64,
    /// Samples at most.
    pub samples: usize,
    /// No sample begins after this time.
    pub measure_millis: f64,
    /// Samples that are taken, however long they take.
    pub least_samples: usize,
}

impl Default for Plan {
    /// Twenty steps or two seconds, then up to 100 samples in eight seconds; three of each at least.
    fn default() -> Self {
        Self {
            warm_up_steps: 20,
            warm_up_millis: 2000.0,
            least_steps: 3,
            sample_millis: 20.0,
            samples: 100,
            measure_millis: 8000.0,
            least_samples: 3,
        }
    }
}

impl Plan {
    /// The default, measuring for `seconds`.
    #[must_use]
    pub fn lasting(seconds: f64) -> Self {
        Self { measure_millis: seconds * 1000.0, ..Self::default() }
    }

    /// For what takes seconds a step and whose speed says little: a step of warm-up, then samples for `seconds`, one
    /// at least.
    #[must_use]
    pub fn brief(seconds: f64) -> Self {
        Self { warm_up_millis: 0.0, least_steps: 1, least_samples: 1, ..Self::lasting(seconds) }
    }
}

/// Milliseconds a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// The middle of the samples.
    pub median: f64,
    /// A tenth of the samples are below.
    pub p10: f64,
    /// A tenth of the samples are above.
    pub p90: f64,
}

impl Summary {
    /// Of at least one sample.
    ///
    /// # Panics
    /// If there is none: a [`Plan`] takes at least one.
    #[must_use]
    pub fn of(mut samples: Vec<f64>) -> Self {
        assert!(!samples.is_empty(), "a summary of no samples");
        samples.sort_by(f64::total_cmp);
        let at = |share: f64| samples[(share * (samples.len() - 1) as f64).round() as usize];
        Self { median: at(0.5), p10: at(0.1), p90: at(0.9) }
    }
}

/// Times steps that the caller takes, one right after the other.
#[derive(Debug)]
pub struct Timing {
    plan: Plan,
    /// When the warm-up began, or the first sample.
    phase_started: f64,
    sample_started: f64,
    /// Steps of the warm-up, or of the sample in hand.
    taken: u32,
    /// Steps of a sample, once the warm-up is over.
    sample_steps: Option<u32>,
    samples: Vec<f64>,
}

/// Takes steps and times them by `clock`, which counts milliseconds.
///
/// # Errors
/// Those of `step`.
pub fn measure<E>(
    plan: &Plan,
    clock: &dyn Fn() -> f64,
    step: &mut dyn FnMut() -> Result<(), E>,
) -> Result<Summary, E> {
    let mut timing = Timing::begin(*plan, clock);
    loop {
        step()?;
        if let Some(summary) = timing.count_step(clock) {
            return Ok(summary);
        }
    }
}

impl Timing {
    /// To be called right before the first step.
    pub fn begin(plan: Plan, clock: &dyn Fn() -> f64) -> Self {
        let (now, samples) = (clock(), Vec::with_capacity(plan.samples));
        Self { plan, phase_started: now, sample_started: now, taken: 0, sample_steps: None, samples }
    }

    /// To be called right after each step. Returns what was found, once it is enough.
    pub fn count_step(&mut self, clock: &dyn Fn() -> f64) -> Option<Summary> {
        self.taken += 1;
        match self.sample_steps {
            None if self.taken >= self.plan.least_steps => self.end_warm_up(clock()),
            Some(steps) if self.taken >= steps => return self.end_sample(clock()),
            _ => {}
        }
        None
    }

    /// Goes on to the samples, if enough steps were taken.
    fn end_warm_up(&mut self, now: f64) {
        let Plan { warm_up_steps, warm_up_millis, sample_millis, .. } = self.plan;
        let elapsed = now - self.phase_started;
        // The steps of one sample at least: where they are short, 20 of them say too little.
        if elapsed < warm_up_millis && (self.taken < warm_up_steps || elapsed < sample_millis) {
            return;
        }
        // A step counts as a microsecond at least.
        let step_millis = (elapsed / f64::from(self.taken)).max(1e-3);
        self.sample_steps = Some((sample_millis / step_millis).ceil().max(1.0) as u32);
        (self.phase_started, self.sample_started, self.taken) = (now, now, 0);
    }

    /// Notes a sample. Returns the summary if it was the last.
    fn end_sample(&mut self, now: f64) -> Option<Summary> {
        self.samples.push((now - self.sample_started) / f64::from(self.taken));
        (self.sample_started, self.taken) = (now, 0);
        let is_late = now - self.phase_started >= self.plan.measure_millis;
        let is_last = self.samples.len() >= self.plan.least_samples
            && (self.samples.len() >= self.plan.samples || is_late);
        is_last.then(|| Summary::of(std::mem::take(&mut self.samples)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::convert::Infallible;

    fn outcome(millis_of_step: impl Fn(u32) -> f64) -> (Summary, u32) {
        outcome_of(Plan::default(), millis_of_step)
    }

    fn outcome_of(plan: Plan, millis_of_step: impl Fn(u32) -> f64) -> (Summary, u32) {
        let (now, taken) = (Cell::new(0.0), Cell::new(0));
        let summary = measure::<Infallible>(&plan, &|| now.get(), &mut || {
            now.set(now.get() + millis_of_step(taken.get()));
            taken.set(taken.get() + 1);
            Ok(())
        });
        (summary.unwrap(), taken.get())
    }

    #[test]
    fn slow_first_steps_do_not_count() {
        let (summary, taken) = outcome(|step| if step < 20 { 50.0 } else { 30.0 });
        assert_eq!(summary, Summary { median: 30.0, p10: 30.0, p90: 30.0 });
        assert_eq!(taken, 20 + 100);
    }

    #[test]
    fn short_steps_are_timed_many_at_once_and_long_ones_three_times() {
        let (summary, taken) = outcome(|_| 0.5);
        assert!((summary.median - 0.5).abs() < 1e-9, "{summary:?}");
        assert_eq!(taken, 40 + 100 * 40);
        let (summary, taken) = outcome(|_| 9000.0);
        assert_eq!((summary.median, taken), (9000.0, 3 + 3));
    }

    #[test]
    fn what_is_slow_may_be_timed_once() {
        let (summary, taken) = outcome_of(Plan::brief(2.0), |_| 9000.0);
        assert_eq!((summary.median, taken), (9000.0, 1 + 1));
    }

    #[test]
    fn a_summary_is_taken_by_rank() {
        let samples = (0..=100).rev().map(f64::from).collect();
        assert_eq!(Summary::of(samples), Summary { median: 50.0, p10: 10.0, p90: 90.0 });
        assert_eq!(Summary::of(vec![7.0]), Summary { median: 7.0, p10: 7.0, p90: 7.0 });
    }
}
