//! W1, W2, W3 and those for a GPU: language models.

use super::training::Training;
use crate::pattern::{BATCHES, symbols};
use crate::{BenchError, Part};
use rnn_compute::models::{CellKind, LanguageModel, LanguageModelConfig, Window};
use rnn_compute::{Backend, ComputeError, ParameterList, ProbePoints, Recorder, Tape};

/// The network of W1 and I1.
pub(crate) const CHARACTERS: LanguageModelConfig = LanguageModelConfig::new(CellKind::Lstm, 64, 64, 128, 1);

/// A language model that reads windows of so many steps.
///
/// # Errors
/// Never: the sizes are allowed.
pub(super) fn language_model<B: Backend<Elem = f32>>(
    backend: &B,
    config: LanguageModelConfig,
    steps: usize,
    part: Part,
) -> Result<Training<B>, BenchError> {
    let mut list = ParameterList::default();
    let model = LanguageModel::declare(&mut list, config)?;
    let mut recorder = Recorder::<B>::new();
    let graph = model.record(&mut recorder, Window { steps, batch: part.count })?;
    let hidden = graph.layers.iter().map(|layer| layer.hidden).collect();
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden };
    let weights = vec![1.0 / (steps * part.batch) as f32; steps * part.count];
    let batches: Vec<_> = (0..BATCHES)
        .map(|batch| {
            let shifted = |shift| shift..steps + shift;
            [0, 1].map(|shift| symbols(batch, shifted(shift), part.sequences(), config.vocabulary))
        })
        .collect();
    let write_inputs = move |tape: &mut Tape<B>, batch: usize| -> Result<(), ComputeError> {
        let [tokens, targets] = &batches[batch];
        tape.write_indices(graph.tokens, tokens)?;
        tape.write_indices(graph.targets, targets)?;
        tape.write(graph.weights, &weights)
    };
    Ok(Training::new(backend, (&list, recorder, points), Box::new(write_inputs), part))
}
