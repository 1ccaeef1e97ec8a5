//! The mathematics of recurrent networks: parameters, tape, ops, models, optimisers and probes.
//!
//! A model is written forward only, as ops recorded on a [`Tape`]. Running the tape forward
//! computes the loss; walking it in reverse is backpropagation through time. Every activation,
//! gate and gradient stays on the tape until the next step, and that is what the probes show.
//!
//! # Example
//! A GRU that learns to foretell a sine, one value from the twelve before it:
//!
//! ```
//! use rnn_compute::models::{CellKind, ForecastLoss, Forecaster, ForecasterConfig, RecurrentConfig, Window};
//! use rnn_compute::{Cpu, Gradients, Initialisation, ParameterList, Parameters, ProbePoints, Recorder};
//! use rnn_compute::{Trainer, TrainerConfig};
//!
//! let config = ForecasterConfig {
//!     recurrent: RecurrentConfig::new(CellKind::Gru, 1, 16, 1),
//!     outputs: 1,
//!     dropout: 0.0,
//!     loss: ForecastLoss::Squared,
//! };
//! let mut list = ParameterList::default();
//! let model = Forecaster::declare(&mut list, config)?;
//! let mut recorder = Recorder::new();
//! let graph = model.record(&mut recorder, Window { steps: 12, batch: 8 })?;
//! let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden: Vec::new() };
//!
//! let mut parameters = Parameters::new(Cpu, &list);
//! Initialisation::PyTorch.draw(&mut parameters, 1);
//! let tape = recorder.finish(Cpu, Gradients::Kept);
//! let config = TrainerConfig { learning_rate: 0.01, ..TrainerConfig::default() };
//! let mut trainer = Trainer::new(&Cpu, config, (tape, points), parameters, Parameters::new(Cpu, &list));
//!
//! // Eight sequences side by side, time-major: [T, B, I].
//! let sine = |step: usize| (0..8).map(move |sequence| (0.3 * (step + 5 * sequence) as f32).sin());
//! let tape = trainer.tape_mut();
//! tape.write(graph.inputs, &(0..12).flat_map(sine).collect::<Vec<_>>())?;
//! tape.write(graph.targets, &sine(12).collect::<Vec<_>>())?;
//! tape.write(graph.weights, &[1.0 / 8.0; 8])?;
//!
//! let mut loss = f64::INFINITY;
//! for _ in 0..200 {
//!     if let Some(Ok(outcome)) = trainer.advance(&mut || false) {
//!         loss = outcome.loss;
//!     }
//! }
//! assert!(loss < 1e-3);
//! # Ok::<(), rnn_compute::ComputeError>(())
//! ```
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

pub use backend::{Backend, Cpu, DeviceError, Reference};
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
    Companions, Divergence, Share, Snapshot, StateRequest, StepNorms, StepOutcome, Trainer, TrainerConfig,
    TrainerState, Truncation, UpdateNorms,
};
