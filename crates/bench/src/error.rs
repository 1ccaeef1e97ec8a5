//! Why a workload was not measured.

use rnn_compute::{ComputeError, DeviceError};
use thiserror::Error;

/// What a GPU takes.
#[cfg(all(feature = "gpu", not(target_arch = "wasm32")))]
const ADVICE: &str = "; a Vulkan driver is needed: libvulkan.so.1, and the driver's description in \
                      /usr/share/vulkan/icd.d or /etc/vulkan/icd.d, or named in VK_DRIVER_FILES";
#[cfg(all(feature = "gpu", target_arch = "wasm32"))]
const ADVICE: &str = "; the browser must offer WebGPU";

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
    /// A workload that runs on the CPU only was to run on a GPU.
    #[error("{name} does not train and stays on the CPU")]
    CpuOnly {
        /// The workload.
        name: &'static str,
    },
    /// There is no GPU to be used.
    #[cfg(feature = "gpu")]
    #[error("{0}{ADVICE}")]
    NoGpu(rnn_gpu::GpuError),
    /// The device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
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
