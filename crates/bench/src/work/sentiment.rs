//! W4: a bidirectional classifier with dropout, over sequences of full length.

use super::Work;
use super::training::Training;
use crate::BenchError;
use crate::pattern::{BATCHES, label, symbols};
use rnn_compute::models::{
    CellKind, ClassTargets, Classes, Classifier, ClassifierConfig, Directions, RecurrentConfig,
    SequencePooling, Window,
};
use rnn_compute::{ComputeError, Cpu, ParameterList, ProbePoints, Recorder, Tape};

const WINDOW: Window = Window { steps: 50, batch: 32 };
const VOCABULARY: usize = 10_000;
const DROPOUT: f64 = 0.5;

/// W4.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn sentiment() -> Result<Box<dyn Work>, BenchError> {
    let recurrent = RecurrentConfig {
        directions: Directions::Both,
        dropout: DROPOUT,
        ..RecurrentConfig::new(CellKind::Lstm, 100, 256, 2)
    };
    let config = ClassifierConfig {
        vocabulary: VOCABULARY,
        recurrent,
        pooling: SequencePooling::Last,
        dropout: DROPOUT,
        classes: Classes::Binary,
    };
    let mut list = ParameterList::default();
    let model = Classifier::declare(&mut list, config)?;
    let mut recorder = Recorder::<Cpu>::new();
    let graph = model.record(&mut recorder, WINDOW)?;
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden: Vec::new() };
    let Window { steps, batch: width } = WINDOW;
    let batches: Vec<_> = (0..BATCHES).map(|batch| symbols(batch, 0..steps, width, VOCABULARY)).collect();
    let labels: Vec<f32> = (0..width).map(|sequence| label(sequence) as f32).collect();
    let means = vec![1.0 / width as f32; width];
    let write_inputs = move |tape: &mut Tape<Cpu>, batch: usize| -> Result<(), ComputeError> {
        tape.write_indices(graph.tokens, &batches[batch])?;
        match graph.targets {
            ClassTargets::Binary(targets) => tape.write(targets, &labels)?,
            ClassTargets::Many(_) => {}
        }
        tape.write(graph.weights, &means)
    };
    Ok(Box::new(Training::new(&list, recorder, points, Box::new(write_inputs))))
}
