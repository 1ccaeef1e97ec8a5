//! The backend that keeps whole training steps on a GPU: [`Gpu`] implements [`rnn_compute::Backend`] over
//! wgpu, which speaks Vulkan natively and WebGPU in browsers, there also in a worker.
//!
//! Weights, activations, gradients and the optimiser's memory stay on the device. Kernels are recorded one
//! after the other and submitted in batches (`recorder.rs`); what is compiled and bound is kept
//! (`pipelines.rs`), so that a training step makes nothing anew. Numbers come back through a [`ReadTicket`].
//!
//! # Adding a kernel
//! 1. Write `src/kernels/NAME.wgsl`: one stage, one entry point `main`, standing for itself. Its head says
//!    what it computes, in numbered equations, and the shapes. Its parameters are
//!    `@group(0) @binding(0) var<uniform> params: Params`, a struct of `u32` and `f32` only; its buffers are
//!    `@group(1)`, bindings 0, 1, … of which each is `array<f32>`, `array<u32>` or `array<vec4<f32>>`.
//! 2. Declare it in the file of its trait, `src/backend/TRAIT.rs`, with the same parameters in the same
//!    order and what it does with each buffer:
//!    ```ignore
//!    kernels! {
//!        ADD(Add { source_start: u32, result_start: u32, len: u32 }) = "add" [Read, Write];
//!    }
//!    ```
//! 3. Call it: `self.run(&ADD, Add { … }, [&source.0, &target.0], Groups::over(len))`. `Groups` says how
//!    many workgroups are launched: over numbers, over rows, or over tiles.
//!
//! A test without a GPU (`wgsl`) parses and validates every file and compares parameters, bindings and
//! workgroup size with the declaration; `tests/conformance.rs` compares the results with the scalar reference, and
//! names the file that no suite of `rnn_compute::backend::conformance` runs;
//! `tests/browser/shaders.test.mjs` has Chromium compile every file, which refuses more than naga does.
//!
//! # Rules for kernels
//! - Sums run in a fixed order: the same calls give the same bits on the same device. Other devices may round
//!   differently, and so does the CPU.
//! - Barriers stand only where all invocations of a workgroup come by: loops around them run to bounds from
//!   `params` and `workgroup_id`.
//! - WGSL lets a compiler assume that nothing is infinite or NaN. Where that matters, bits are looked at.
//! - Workgroup memory is not zeroed.
//!
//! # Steps through time
//! Of a recurrent layer a step is one dispatch either way (`backend/recurrence.rs`); the walk of a small layer is one
//! dispatch for all steps (`backend/whole_walks.rs`). [`Walks`] chooses, and its constants say by what.
//!
//! # Errors
//! No kernel returns one. The first that happens is kept ([`Gpu::error`]), whoever reported it: the driver, a
//! full memory, a lost device, a read-back that failed. From then on kernels do nothing.

mod backend;
#[cfg(not(target_arch = "wasm32"))]
mod blocking;
mod buffer;
mod device;
mod error;
mod faults;
mod gpu;
mod kernel;
#[cfg(any(test, feature = "peak"))]
mod peak;
mod pipelines;
mod read_ticket;
mod recorder;
mod tables;
mod walks;
#[cfg(test)]
mod wgsl;

pub use backend::{Ledger, Pending, Walk};
#[cfg(not(target_arch = "wasm32"))]
pub use blocking::wait_for;
pub use buffer::{Buffer, Indices, Packed};
pub use device::{Adapter, Choice};
pub use error::GpuError;
pub use faults::Fault;
pub use gpu::Gpu;
#[cfg(any(test, feature = "peak"))]
pub use peak::PeakLoad;
pub use read_ticket::ReadTicket;
pub use walks::Walks;

/// The GPUs of this machine.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn adapters() -> Vec<Adapter> {
    wait_for(device::adapters())
}
