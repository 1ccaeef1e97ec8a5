//! Why a workload was not measured.

use rnn_compute::ComputeError;
use thiserror::Error;

/// Why a workload was not measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// There is no such workload.
    #[error("there is no workload “{name}”; there are {known}")]
    UnknownWorkload {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// No sequence is left for a worker.
    #[error("a batch of {batch} sequences, split among {workers} workers, has none for number {member}")]
    NoPart {
        /// The worker's number, from 0.
        member: u32,
        /// Workers that were to share the batch.
        workers: u32,
        /// Its sequences.
        batch: usize,
    },
    /// A workload without a batch was to be split.
    #[error("{name} does not train, so that there is no batch to be split")]
    NoBatch {
        /// The workload.
        name: &'static str,
    },
    /// The engine refused a size or an input.
    #[error(transparent)]
    Compute(#[from] ComputeError),
    /// A step's loss was not finite, so that its time means nothing.
    #[error("the loss of step {step} is not finite: {loss}")]
    Diverged {
        /// The step.
        step: u32,
        /// Its loss.
        loss: f64,
    },
}
