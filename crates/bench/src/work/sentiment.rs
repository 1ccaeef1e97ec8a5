//! W4: a bidirectional classifier with dropout, over sequences of full length.

use super::training::Training;
use crate::pattern::{BATCHES, label, symbols};
use crate::{BenchError, Part};
use rnn_compute::models::{
    CellKind, ClassTargets, Classes, Classifier, ClassifierConfig, Directions, RecurrentConfig,
    SequencePooling, Window,
};
use rnn_compute::{Backend, ComputeError, ParameterList, ProbePoints, Recorder, Tape};

const VOCABULARY: usize = 10_000;

/// W4, with more or less dropout, over windows of so many steps.
///
/// # Errors
/// Never: the sizes are allowed.
pub(super) fn sentiment<B: Backend<Elem = f32>>(
    backend: &B,
    dropout: f64,
    steps: usize,
    part: Part,
) -> Result<Training<B>, BenchError> {
    let recurrent = RecurrentConfig {
        directions: Directions::Both,
        dropout,
        ..RecurrentConfig::new(CellKind::Lstm, 100, 256, 2)
    };
    let config = ClassifierConfig {
        vocabulary: VOCABULARY,
        recurrent,
        pooling: SequencePooling::Last,
        dropout,
        classes: Classes::Binary,
    };
    let mut list = ParameterList::default();
    let model = Classifier::declare(&mut list, config)?;
    let mut recorder = Recorder::<B>::new();
    let graph = model.record(&mut recorder, Window { steps, batch: part.count })?;
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden: Vec::new() };
    let tokens = |batch| symbols(batch, 0..steps, part.sequences(), VOCABULARY);
    let batches: Vec<_> = (0..BATCHES).map(tokens).collect();
    let labels: Vec<f32> = part.sequences().map(|sequence| label(sequence) as f32).collect();
    let means = vec![1.0 / part.batch as f32; part.count];
    let write_inputs = move |tape: &mut Tape<B>, batch: usize| -> Result<(), ComputeError> {
        tape.write_indices(graph.tokens, &batches[batch])?;
        match graph.targets {
            ClassTargets::Binary(targets) => tape.write(targets, &labels)?,
            ClassTargets::Many(_) => {}
        }
        tape.write(graph.weights, &means)
    };
    Ok(Training::new(backend, (&list, recorder, points), Box::new(write_inputs), part))
}
