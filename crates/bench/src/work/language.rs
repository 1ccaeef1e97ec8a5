//! W1, W2, W3: language models.

use super::training::Training;
use crate::pattern::{BATCHES, symbols};
use crate::{BenchError, Part};
use rnn_compute::models::{CellKind, LanguageModel, LanguageModelConfig, Window};
use rnn_compute::{ComputeError, Cpu, ParameterList, ProbePoints, Recorder, Tape};

/// The network of W1 and I1.
pub(super) const CHARACTERS: LanguageModelConfig = LanguageModelConfig::new(CellKind::Lstm, 64, 64, 128, 1);

/// W1.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn characters(part: Part) -> Result<Training, BenchError> {
    language_model(CHARACTERS, 64, part)
}

/// W2.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn small_characters(part: Part) -> Result<Training, BenchError> {
    let config = LanguageModelConfig { vocabulary: 40, embedding: 32, hidden: 64, ..CHARACTERS };
    language_model(config, 32, part)
}

/// W3.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn music(part: Part) -> Result<Training, BenchError> {
    let config = LanguageModelConfig { vocabulary: 88, embedding: 64, hidden: 256, layers: 2, ..CHARACTERS };
    language_model(config, 100, part)
}

fn language_model(config: LanguageModelConfig, steps: usize, part: Part) -> Result<Training, BenchError> {
    let mut list = ParameterList::default();
    let model = LanguageModel::declare(&mut list, config)?;
    let mut recorder = Recorder::<Cpu>::new();
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
    let write_inputs = move |tape: &mut Tape<Cpu>, batch: usize| -> Result<(), ComputeError> {
        let [tokens, targets] = &batches[batch];
        tape.write_indices(graph.tokens, tokens)?;
        tape.write_indices(graph.targets, targets)?;
        tape.write(graph.weights, &weights)
    };
    Ok(Training::new(&list, recorder, points, Box::new(write_inputs), part))
}
