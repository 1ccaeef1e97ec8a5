//! W6: an Elman network over one-hot symbols, which the engine reads as symbols: a column of the weight each.

use super::training::Training;
use crate::pattern::{BATCHES, symbols};
use crate::{BenchError, Part};
use rnn_compute::models::{CellKind, Dense, RecurrentConfig, RecurrentLayers};
use rnn_compute::ops::{CrossEntropyConfig, LayerInput, SymbolInput, SymbolTable, softmax_cross_entropy};
use rnn_compute::{Backend, ComputeError, ParameterList, ProbePoints, Recorder, Tape};

const STEPS: usize = 64;
const CLASSES: usize = 50;
const HIDDEN: usize = 100;

/// W6.
///
/// # Errors
/// Never: the sizes are allowed.
pub(super) fn one_hot<B: Backend<Elem = f32>>(backend: &B, part: Part) -> Result<Training<B>, BenchError> {
    let mut list = ParameterList::default();
    let config = RecurrentConfig::new(CellKind::ELMAN, CLASSES, HIDDEN, 1);
    let layers = RecurrentLayers::declare(&mut list, "", config)?;
    let output = Dense::declare(&mut list, "output", [HIDDEN, CLASSES])?;

    let mut recorder = Recorder::<B>::new();
    let tokens = STEPS * part.count;
    let ids = recorder.index_input(tokens, CLASSES);
    let targets = recorder.index_input(tokens, CLASSES);
    let weights = recorder.constant([tokens]);
    let initial = layers.initial_states(&mut recorder, part.count);
    let input = LayerInput::Symbols(SymbolInput { ids, batch: part.count, table: SymbolTable::OneHot });
    let recurrent = layers.record(&mut recorder, input, &initial)?;
    let hidden = recurrent.traces.iter().map(|trace| trace.hidden).collect();
    let logits = output.record(&mut recorder, recurrent.output)?;
    let plain = CrossEntropyConfig::default();
    let loss = softmax_cross_entropy(&mut recorder, logits, targets, weights, plain)?.loss;

    let batches: Vec<_> = (0..BATCHES)
        .map(|batch| [0, 1].map(|shift| symbols(batch, shift..STEPS + shift, part.sequences(), CLASSES)))
        .collect();
    let means = vec![1.0 / (STEPS * part.batch) as f32; tokens];
    let write_inputs = move |tape: &mut Tape<B>, batch: usize| -> Result<(), ComputeError> {
        let [symbols, classes] = &batches[batch];
        tape.write_indices(ids, symbols)?;
        tape.write_indices(targets, classes)?;
        tape.write(weights, &means)
    };
    let points = ProbePoints { loss, weights, hidden };
    Ok(Training::new(backend, (&list, recorder, points), Box::new(write_inputs), part))
}
