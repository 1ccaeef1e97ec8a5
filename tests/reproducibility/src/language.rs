//! A language model of each cell, over sequences that go on from step to step. No size is a multiple of
//! the four numbers of a vector.

use crate::training::{self, Outcome, TrainingError};
use rnn_compute::models::{CellKind, LanguageModel, LanguageModelConfig, Window};
use rnn_compute::{ComputeError, Cpu, ParameterList, ProbePoints, Recorder, Tape};

const WINDOW: Window = Window { steps: 13, batch: 5 };
const VOCABULARY: usize = 31;
const EMBEDDING: usize = 11;
const HIDDEN: usize = 37;
const LAYERS: usize = 2;

/// Trains a model of this cell.
pub(crate) fn train(cell: CellKind, seed: u32) -> Result<Outcome, TrainingError> {
    let mut list = ParameterList::default();
    let config = LanguageModelConfig::new(cell, VOCABULARY, EMBEDDING, HIDDEN, LAYERS);
    let model = LanguageModel::declare(&mut list, config)?;
    let mut recorder = Recorder::<Cpu>::new();
    let graph = model.record(&mut recorder, WINDOW)?;
    let hidden = graph.layers.iter().map(|layer| layer.hidden).collect();
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden };
    let predictions = WINDOW.steps * WINDOW.batch;
    let means = vec![1.0 / predictions as f32; predictions];
    let write_inputs = |tape: &mut Tape<Cpu>, step: usize| -> Result<(), ComputeError> {
        if step > 0 {
            graph.carry_state(tape);
        }
        let first = step * WINDOW.steps;
        tape.write_indices(graph.tokens, &symbols(first))?;
        tape.write_indices(graph.targets, &symbols(first + 1))?;
        tape.write(graph.weights, &means)
    };
    training::train(&list, (recorder, points), seed, write_inputs)
}

/// A window of all sequences from the place `first`, `[T, B]`: each goes through the vocabulary at a pace
/// of its own.
fn symbols(first: usize) -> Vec<u32> {
    let places = first..first + WINDOW.steps;
    let at = |place: usize| (0..WINDOW.batch).map(move |sequence| place * (sequence + 2) + sequence);
    places.flat_map(at).map(|number| (number % VOCABULARY) as u32).collect()
}
