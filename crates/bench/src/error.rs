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
