//! A language model in training, every number given by formula.

use crate::fixture::Fixture;
use rnn_compute::models::{LanguageModelConfig, LanguageModelGraph, Window};
use rnn_compute::{Backend, ComputeError, Divergence, ProbePoints, StepOutcome, Trainer, TrainerConfig};

/// A trainer and what is on its tape, reading random symbols from non-zero states.
///
/// # Errors
/// If a size is zero.
pub fn trainer<B: Backend>(
    backend: &B,
    (model, window): (LanguageModelConfig, Window),
    config: TrainerConfig,
) -> Result<(Trainer<B>, LanguageModelGraph), ComputeError> {
    let fixture = || Fixture::with_random_symbols(backend, model, window);
    let Fixture { tape, graph, parameters } = fixture()?;
    let points = ProbePoints {
        loss: graph.loss,
        weights: graph.weights,
        hidden: graph.layers.iter().map(|layer| layer.hidden).collect(),
    };
    let spare = fixture()?.parameters;
    Ok((Trainer::new(backend, config, (tape, points), parameters, spare), graph))
}

/// A whole step of one micro-batch.
///
/// # Errors
/// If it diverges.
///
/// # Panics
/// If the step has several micro-batches.
pub fn step<B: Backend>(trainer: &mut Trainer<B>) -> Result<StepOutcome, Divergence> {
    #[expect(clippy::expect_used, reason = "a broken expectation is what a test is for")]
    trainer.advance(&mut || false).expect("nothing interrupts the step, and it has one micro-batch")
}

/// Every weight, one parameter after the other.
#[must_use]
pub fn weights<B: Backend>(trainer: &Trainer<B>) -> Vec<B::Elem> {
    let parameters = trainer.parameters();
    parameters.ids().flat_map(|id| parameters.read(id)).collect()
}
