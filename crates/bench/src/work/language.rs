//! W1, W2, W3: language models.

use super::Work;
use super::training::Training;
use crate::BenchError;
use crate::pattern::{BATCHES, symbols};
use rnn_compute::models::{CellKind, LanguageModel, LanguageModelConfig, Window};
use rnn_compute::{ComputeError, Cpu, ParameterList, ProbePoints, Recorder, Tape};

/// The network of W1 and I1.
pub(super) const CHARACTERS: LanguageModelConfig = LanguageModelConfig::new(CellKind::Lstm, 64, 64, 128, 1);

/// W1.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn characters() -> Result<Box<dyn Work>, BenchError> {
    language_model(CHARACTERS, Window { steps: 64, batch: 32 })
}

/// W2.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn small_characters() -> Result<Box<dyn Work>, BenchError> {
    let config = LanguageModelConfig { vocabulary: 40, embedding: 32, hidden: 64, ..CHARACTERS };
    language_model(config, Window { steps: 32, batch: 16 })
}

/// W3.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn music() -> Result<Box<dyn Work>, BenchError> {
    let config = LanguageModelConfig { vocabulary: 88, embedding: 64, hidden: 256, layers: 2, ..CHARACTERS };
    language_model(config, Window { steps: 100, batch: 32 })
}

fn language_model(config: LanguageModelConfig, window: Window) -> Result<Box<dyn Work>, BenchError> {
    let mut list = ParameterList::default();
    let model = LanguageModel::declare(&mut list, config)?;
    let mut recorder = Recorder::<Cpu>::new();
    let graph = model.record(&mut recorder, window)?;
    let hidden = graph.layers.iter().map(|layer| layer.hidden).collect();
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden };
    let weights = vec![1.0 / (window.steps * window.batch) as f32; window.steps * window.batch];
    let batches: Vec<_> = (0..BATCHES)
        .map(|batch| {
            let shifted = |shift| shift..window.steps + shift;
            [0, 1].map(|shift| symbols(batch, shifted(shift), window.batch, config.vocabulary))
        })
        .collect();
    let write_inputs = move |tape: &mut Tape<Cpu>, batch: usize| -> Result<(), ComputeError> {
        let [tokens, targets] = &batches[batch];
        tape.write_indices(graph.tokens, tokens)?;
        tape.write_indices(graph.targets, targets)?;
        tape.write(graph.weights, &weights)
    };
    Ok(Box::new(Training::new(&list, recorder, points, Box::new(write_inputs))))
}
