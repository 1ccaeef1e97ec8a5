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
    /// Warm-up ends after this time even if fewer steps were taken, but never before [`MIN_STEPS`].
    pub warm_up_millis: f64,
    /// The least time of a sample.
    pub sample_millis: f64,
    /// Samples at most.
    pub samples: usize,
    /// No sample begins after this time, once there are [`MIN_SAMPLES`].
    pub measure_millis: f64,
}

/// Steps that are taken as warm-up, however long they take.
pub const MIN_STEPS: u32 = 3;
/// Samples that are taken, however long they take.
pub const MIN_SAMPLES: usize = 3;

impl Default for Plan {
    /// Twenty steps or two seconds, then up to 100 samples in eight seconds.
    fn default() -> Self {
        Self {
            warm_up_steps: 20,
            warm_up_millis: 2000.0,
            sample_millis: 20.0,
            samples: 100,
            measure_millis: 8000.0,
        }
    }
}

impl Plan {
    /// The default, measuring for `seconds`.
    #[must_use]
    pub fn lasting(seconds: f64) -> Self {
        Self { measure_millis: seconds * 1000.0, ..Self::default() }
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
    /// If there is none: the caller takes [`MIN_SAMPLES`].
    #[must_use]
    pub fn of(mut samples: Vec<f64>) -> Self {
        assert!(!samples.is_empty(), "a summary of no samples");
        samples.sort_by(f64::total_cmp);
        let at = |share: f64| samples[(share * (samples.len() - 1) as f64).round() as usize];
        Self { median: at(0.5), p10: at(0.1), p90: at(0.9) }
    }
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
    let steps = (plan.sample_millis / warm_up(plan, clock, step)?).ceil().max(1.0) as u32;
    let started = clock();
    let mut samples = Vec::with_capacity(plan.samples);
    while samples.len() < MIN_SAMPLES
        || (samples.len() < plan.samples && clock() - started < plan.measure_millis)
    {
        let sample_started = clock();
        for _ in 0..steps {
            step()?;
        }
        samples.push((clock() - sample_started) / f64::from(steps));
    }
    Ok(Summary::of(samples))
}

/// Takes the first steps. Returns about how long one takes, at least a microsecond.
fn warm_up<E>(
    plan: &Plan,
    clock: &dyn Fn() -> f64,
    step: &mut dyn FnMut() -> Result<(), E>,
) -> Result<f64, E> {
    let started = clock();
    let mut taken = 0;
    // The steps of one sample at least: where they are short, 20 of them say too little.
    while taken < MIN_STEPS || {
        let elapsed = clock() - started;
        elapsed < plan.warm_up_millis && (taken < plan.warm_up_steps || elapsed < plan.sample_millis)
    } {
        step()?;
        taken += 1;
    }
    Ok(((clock() - started) / f64::from(taken)).max(1e-3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::convert::Infallible;

    fn outcome(millis_of_step: impl Fn(u32) -> f64) -> (Summary, u32) {
        let (now, taken) = (Cell::new(0.0), Cell::new(0));
        let summary = measure::<Infallible>(&Plan::default(), &|| now.get(), &mut || {
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
    fn a_summary_is_taken_by_rank() {
        let samples = (0..=100).rev().map(f64::from).collect();
        assert_eq!(Summary::of(samples), Summary { median: 50.0, p10: 10.0, p90: 90.0 });
        assert_eq!(Summary::of(vec![7.0]), Summary { median: 7.0, p10: 7.0, p90: 7.0 });
    }
}
