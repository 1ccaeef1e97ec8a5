//! How fast the engine trains: fixed workloads, the same natively and in WebAssembly, on the CPU and on a GPU.
//!
//! A run builds a model with its trainer, takes steps until the machine is warm, and then times samples
//! of several steps ([`measure`]). Beside the time stands what the machine could do at best: a loop of
//! multiplications and additions that never leaves the registers, with the same vector instructions,
//! run right before and after ([`peak`]); on a GPU a kernel of the same kind ([`gpu`]). The outcome is one line of
//! JSON ([`Record`]). Several workers can share the batch of a training step ([`team`]).
//!
//! `cargo xtask bench` runs all of it. A process, or a worker of a page, measures one workload on the CPU, so that
//! its peak of memory is its own.
//!
//! # Symbols
//! Those of `rnn_compute`: `B` batch, `T` time steps, `I` input features, `H` hidden units, `L` layers,
//! `V` vocabulary, `E` embedding, `G` gates.

#[cfg(all(target_arch = "wasm32", feature = "exports"))]
pub mod browser;
#[cfg(all(target_arch = "wasm32", feature = "exports", feature = "gpu"))]
pub mod browser_gpu;
pub mod clock;
mod error;
pub mod flops;
#[cfg(feature = "gpu")]
pub mod gpu;
pub mod measure;
pub mod memory;
mod part;
pub mod pattern;
pub mod peak;
pub mod products;
mod record;
mod run;
pub mod team;
pub mod work;
pub mod workload;

pub use error::BenchError;
pub use part::Part;
pub use record::{OnDevice, Place, Record};
pub use run::{BACKEND, Outcome, run};
pub use workload::{Kind, LARGE_WORKLOADS, WORKLOADS, Workload};
