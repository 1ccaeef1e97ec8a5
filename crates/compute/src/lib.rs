//! The mathematics of recurrent networks: parameters, tape, ops, models, optimisers and probes.
//!
//! A model is written forward only, as ops recorded on a [`Tape`]. Running the tape forward
//! computes the loss; walking it in reverse is backpropagation through time. Every activation,
//! gate and gradient stays on the tape until the next step, and that is what the probes show.
//!
//! # Symbols
//! `B` batch, `T` time steps, `I` input features, `H` hidden units, `L` layers, `V` vocabulary,
//! `E` embedding, `G` gates (1 Elman, 3 GRU, 4 LSTM). Tensors are row-major and time-major,
//! `[T, B, H]`. Parameters bear PyTorch's names, shapes and gate order.
//!
//! # What is deliberately absent
//! This crate does no input or output, reads no clock, knows no browser, and draws every random
//! number from a given seed. The same calls give the same bits on every machine.

pub mod backend;
mod counter_random;
pub mod decode;
mod error;
mod initialise;
pub mod models;
mod named_tensor;
pub mod ops;
pub mod optimise;
mod orthogonal;
mod parameter_role;
mod parameters;
pub mod probe;
mod random;
mod real;
pub mod tape;
mod train;

pub use backend::{Backend, Cpu, Reference};
pub use counter_random::CounterRandom;
pub use decode::sample;
pub use error::ComputeError;
pub use initialise::{Initialisation, InitialisationConfig};
pub use named_tensor::NamedTensor;
pub use parameter_role::ParameterRole;
pub use parameters::{ParameterId, ParameterList, Parameters};
pub use probe::{GradientLook, GradientProbe, ProbePoints};
pub use random::{Random, Stream};
pub use real::Real;
pub use tape::{
    Buffers, Context, GradientScope, Gradients, IndexVar, Mode, Packing, PackingVar, Pass, Recorder, Shape,
    Tape, Var,
};
pub use train::{
    Companions, Divergence, Snapshot, StepNorms, StepOutcome, Trainer, TrainerConfig, TrainerState,
    Truncation, UpdateNorms,
};
