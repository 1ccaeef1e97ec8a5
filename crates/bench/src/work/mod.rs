//! What each workload does: one function for each kind of network, which builds it with its trainer on any
//! backend.

mod forecast;
mod generation;
mod language;
mod one_hot;
mod sentiment;
mod training;

pub use generation::generation;
pub(crate) use language::CHARACTERS;
pub use training::Training;

use crate::{BenchError, Part};
use rnn_compute::Backend;
use rnn_compute::models::LanguageModelConfig;
use std::task::Poll;

/// Something whose steps can be timed.
pub trait Work {
    /// Writes the next inputs and takes a step; on a device, begins it. Pending, with nothing begun, if the
    /// device has as many steps in hand as it may: ask again later.
    ///
    /// # Errors
    /// If a loss is not finite, or the device has failed.
    fn step(&mut self) -> Result<Poll<()>, BenchError>;

    /// The loss of the last step whose outcome is known, if there is one: to see that the network learns.
    fn loss(&self) -> Option<f64> {
        None
    }
}

/// A network that is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Network {
    /// Embedding, recurrent layers, scores at every step.
    LanguageModel {
        /// The sizes.
        config: LanguageModelConfig,
        /// T.
        steps: usize,
    },
    /// A bidirectional classifier.
    Sentiment {
        /// Probability of dropout.
        dropout: f64,
        /// T.
        steps: usize,
    },
    /// A GRU over measurements.
    Forecaster,
    /// An Elman network over one-hot symbols.
    OneHot,
}

impl Network {
    /// Model and trainer for some sequences of a batch.
    ///
    /// # Errors
    /// Never: the sizes are allowed.
    pub fn build<B: Backend<Elem = f32>>(self, backend: &B, part: Part) -> Result<Training<B>, BenchError> {
        match self {
            Self::LanguageModel { config, steps } => language::language_model(backend, config, steps, part),
            Self::Sentiment { dropout, steps } => sentiment::sentiment(backend, dropout, steps, part),
            Self::Forecaster => forecast::forecaster(backend, part),
            Self::OneHot => one_hot::one_hot(backend, part),
        }
    }
}
