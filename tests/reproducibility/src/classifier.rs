//! A classifier of sequences of different lengths that reads both ways, with dropout and layer norm.

use crate::training::{self, Outcome, TrainingError};
use rnn_compute::models::{
    CellKind, ClassTargets, Classes, Classifier, ClassifierConfig, Directions, RecurrentConfig,
    SequencePooling, Window,
};
use rnn_compute::{ComputeError, Cpu, ParameterList, ProbePoints, Recorder, Tape};

const WINDOW: Window = Window { steps: 11, batch: 7 };
const VOCABULARY: usize = 9 * CLASSES;
const EMBEDDING: usize = 9;
const HIDDEN: usize = 19;
const LAYERS: usize = 2;
const CLASSES: usize = 3;
const DROPOUT: f64 = 0.2;

/// Trains it.
pub(crate) fn train(seed: u32) -> Result<Outcome, TrainingError> {
    let recurrent = RecurrentConfig {
        directions: Directions::Both,
        dropout: DROPOUT,
        layer_norm: true,
        ..RecurrentConfig::new(CellKind::Lstm, EMBEDDING, HIDDEN, LAYERS)
    };
    let config = ClassifierConfig {
        vocabulary: VOCABULARY,
        recurrent,
        pooling: SequencePooling::Mean,
        dropout: DROPOUT,
        classes: Classes::Many(CLASSES),
    };
    let mut list = ParameterList::default();
    let model = Classifier::declare(&mut list, config)?;
    let mut recorder = Recorder::<Cpu>::new();
    let graph = model.record(&mut recorder, WINDOW)?;
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden: Vec::new() };
    let means = vec![1.0 / WINDOW.batch as f32; WINDOW.batch];
    let write_inputs = |tape: &mut Tape<Cpu>, step: usize| -> Result<(), ComputeError> {
        let numbers = (0..WINDOW.batch).map(|sequence| step * WINDOW.batch + sequence);
        let lengths: Vec<usize> = numbers.clone().map(length).collect();
        tape.write_lengths(graph.packing, &lengths)?;
        let places = tape.packing(graph.packing).places();
        let tokens: Vec<u32> =
            places.map(|(place, sequence)| symbol(step * WINDOW.batch + sequence, place)).collect();
        tape.write_indices(graph.tokens, &tokens)?;
        if let ClassTargets::Many(targets) = graph.targets {
            let classes: Vec<u32> = numbers.map(|number| class(number) as u32).collect();
            tape.write_indices(targets, &classes)?;
        }
        tape.write(graph.weights, &means)
    };
    training::train(&list, (recorder, points), seed, write_inputs)
}

/// From 1 to T.
fn length(number: usize) -> usize {
    1 + 5 * number % WINDOW.steps
}

fn class(number: usize) -> usize {
    number / 2 % CLASSES
}

/// Most symbols of a sequence tell its class: they leave it when divided by the number of classes.
fn symbol(number: usize, place: usize) -> u32 {
    let shift = if (number + place).is_multiple_of(4) { place } else { 0 };
    ((CLASSES * (number + place * place) + class(number) + shift) % VOCABULARY) as u32
}
