//! One workload, from nothing to its line.

use crate::measure::{Plan, measure};
use crate::memory::MemoryGauge;
use crate::peak::peak_gflops;
use crate::work::Work;
use crate::{BenchError, Place, Record, Workload};
use rnn_compute::Cpu;

/// Our backend, as this build compiled it.
pub const BACKEND: &str = if Cpu::IS_REPRODUCIBLE { "cpu" } else { "cpu, relaxed SIMD" };

/// What a run found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<'a> {
    /// The line.
    pub record: Record<'a>,
    /// Loss of the first and of the last step, where there is one.
    pub losses: Option<(f64, f64)>,
}

/// Builds a workload and measures it by `clock`, which counts milliseconds.
///
/// # Errors
/// If a loss is not finite.
pub fn run<'a>(
    workload: &'a Workload,
    location: &'a str,
    plan: &Plan,
    clock: &dyn Fn() -> f64,
) -> Result<Outcome<'a>, BenchError> {
    let gauge = MemoryGauge::new();
    let mut work = workload.build()?;
    let peak_before = peak_gflops(clock);
    take_step(&mut *work)?;
    let first_loss = work.loss();
    let summary = measure(plan, clock, &mut || take_step(&mut *work))?;
    let peak_mib = gauge.peak_mib();
    let peak = peak_before.max(peak_gflops(clock));
    let place = Place { location, backend: BACKEND, peer: None, workers: 1 };
    let record = Record::new(workload.name, place, summary, workload.flops, Some(peak), peak_mib);
    Ok(Outcome { record, losses: first_loss.zip(work.loss()) })
}

/// On the CPU a step is taken at once.
fn take_step(work: &mut dyn Work) -> Result<(), BenchError> {
    let taken = work.step()?;
    debug_assert!(taken.is_ready(), "nothing has to be waited for on the CPU");
    Ok(())
}
