//! A workload that several workers train together, each on a part of the batch.
//!
//! It is what the site does in fast mode (`crates/labs/src/team`). How shares travel is the caller's:
//! `tests/browser/bench/team.js` sends them through message ports. A step is
//! 1. the [lead](Lead) and each helper, a [`Training`] of another part, work out their shares side by side;
//! 2. the lead adds those of the helpers to its own, always in the order of their numbers;
//! 3. all get the sum, with which each makes the same update.

use crate::measure::{Plan, Summary, Timing};
use crate::work::Training;
use crate::{BenchError, Workload};
use rnn_compute::{Cpu, Share};

/// The worker that adds up and keeps the time.
pub struct Lead {
    training: Training<Cpu>,
    /// Its own share, and with those of the helpers the sum.
    sum: Share<f32>,
    plan: Plan,
    /// Begins after the first step.
    timing: Option<Timing>,
}

impl Lead {
    /// Builds its part of a workload.
    ///
    /// # Errors
    /// If there is no batch to be split, or there are fewer sequences than workers.
    pub fn new(workload: &Workload, workers: u32, plan: Plan) -> Result<Self, BenchError> {
        let sum = Share { loss: 0.0, gradients: Vec::new() };
        Ok(Self { training: workload.build_part(0, workers)?, sum, plan, timing: None })
    }

    /// Works out its own share of the next step.
    ///
    /// # Errors
    /// If the step before was not ended.
    pub fn begin_step(&mut self) -> Result<(), BenchError> {
        self.training.share(&mut self.sum)
    }

    /// Adds a helper's share.
    ///
    /// # Errors
    /// If it has another number of gradients.
    pub fn add(&mut self, share: &Share<f32>) -> Result<(), BenchError> {
        Ok(self.sum.add(share)?)
    }

    /// What was added up, for the helpers.
    #[must_use]
    pub const fn sum(&self) -> &Share<f32> {
        &self.sum
    }

    /// Makes the update. Returns what was found, once enough steps were timed.
    ///
    /// # Errors
    /// If no step was begun, or the sum is not finite.
    pub fn end_step(&mut self, clock: &dyn Fn() -> f64) -> Result<Option<Summary>, BenchError> {
        self.training.complete(&self.sum)?;
        let Some(timing) = &mut self.timing else {
            self.timing = Some(Timing::begin(self.plan, clock));
            return Ok(None);
        };
        Ok(timing.count_step(clock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::Network;
    use crate::{Kind, WORKLOADS};
    use std::cell::Cell;

    const STEPS: u32 = 3;
    /// The sequences of a batch repeat after eight: the parts of two or four workers would be the same.
    const WORKERS: u32 = 3;
    /// Of every loss, relative. Measured: at most 2.0e-7.
    const TOLERANCE: f64 = 1e-6;

    fn losses_together(workload: &Workload) -> Vec<f64> {
        let mut lead = Lead::new(workload, WORKERS, Plan::default()).unwrap();
        let helper = |member| workload.build_part(member, WORKERS).unwrap();
        let mut helpers: Vec<_> = (1..WORKERS).map(helper).collect();
        let mut share = Share { loss: 0.0, gradients: Vec::new() };
        let step = |_| {
            lead.begin_step().unwrap();
            for helper in &mut helpers {
                helper.share(&mut share).unwrap();
                lead.add(&share).unwrap();
            }
            helpers.iter_mut().for_each(|helper| helper.complete(lead.sum()).unwrap());
            assert_eq!(lead.end_step(&|| 0.0).unwrap(), None);
            lead.sum().loss
        };
        (0..STEPS).map(step).collect()
    }

    fn losses_alone(workload: &Workload) -> Vec<f64> {
        let mut work = workload.build().unwrap();
        let step = |_| {
            assert!(work.step().unwrap().is_ready());
            work.loss().unwrap()
        };
        (0..STEPS).map(step).collect()
    }

    /// W4 draws its dropout anew for each part and is compared without.
    fn comparable(workload: Workload) -> Option<Workload> {
        match (workload.name, workload.kind) {
            ("W4", Kind::Training { batch, .. }) => {
                let kind = Kind::Training { batch, network: Network::Sentiment { dropout: 0.0, steps: 50 } };
                Some(Workload { kind, ..workload })
            }
            (_, Kind::Training { .. }) => Some(workload),
            (_, Kind::Other(_)) => None,
        }
    }

    #[test]
    fn a_batch_that_is_split_gives_the_losses_of_the_whole() {
        let mut compared = 0;
        for workload in WORKLOADS.into_iter().filter_map(comparable) {
            let alone = losses_alone(&workload);
            assert!(alone.first() != alone.last(), "{}: the weights change", workload.name);
            for (found, wanted) in losses_together(&workload).iter().zip(&alone) {
                let error = (found - wanted).abs() / wanted.abs();
                assert!(error <= TOLERANCE, "{}: {found} {wanted}", workload.name);
            }
            compared += 1;
        }
        assert_eq!(compared, 6);
    }

    #[test]
    fn the_lead_times_whole_steps_after_the_first() {
        let workload = Workload::find("W2").unwrap();
        let mut lead = Lead::new(&workload, 2, Plan::lasting(0.0)).unwrap();
        let mut helper = workload.build_part(1, 2).unwrap();
        let mut share = Share { loss: 0.0, gradients: Vec::new() };
        let now = Cell::new(0.0);
        let mut taken = 0;
        let summary = loop {
            lead.begin_step().unwrap();
            helper.share(&mut share).unwrap();
            lead.add(&share).unwrap();
            helper.complete(lead.sum()).unwrap();
            now.set(now.get() + if taken == 0 { 9e9 } else { 1000.0 });
            taken += 1;
            if let Some(summary) = lead.end_step(&|| now.get()).unwrap() {
                break summary;
            }
        };
        assert_eq!(summary, Summary { median: 1000.0, p10: 1000.0, p90: 1000.0 });
        assert_eq!(taken, 1 + 3 + 3);
    }

    #[test]
    fn what_cannot_be_split_is_refused() {
        let refusal = |name, workers| {
            let workload = Workload::find(name).unwrap();
            Lead::new(&workload, workers, Plan::default()).err().unwrap().to_string()
        };
        assert!(refusal("W2", 17).contains("16 sequences"));
        assert!(refusal("I1", 2).contains("does not train"));
    }

    #[test]
    fn steps_that_are_out_of_order_are_refused() {
        let mut lead = Lead::new(&Workload::find("W2").unwrap(), 2, Plan::default()).unwrap();
        assert!(lead.end_step(&|| 0.0).is_err());
        lead.begin_step().unwrap();
        assert!(lead.begin_step().is_err());
        assert!(lead.end_step(&|| 0.0).is_ok());
    }
}
