//! W6: an Elman network over one-hot symbols, which are multiplied like any other features.

use super::Work;
use super::training::Training;
use crate::BenchError;
use crate::pattern::{BATCHES, symbols};
use rnn_compute::models::{CellKind, RecurrentLayers};
use rnn_compute::ops::{linear, softmax_cross_entropy};
use rnn_compute::{ComputeError, Cpu, ParameterList, ParameterRole, ProbePoints, Recorder, Shape, Tape};

const STEPS: usize = 64;
const BATCH: usize = 32;
const CLASSES: usize = 50;
const HIDDEN: usize = 100;

/// W6.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn one_hot() -> Result<Box<dyn Work>, BenchError> {
    let mut list = ParameterList::default();
    let layers = RecurrentLayers::declare(&mut list, CellKind::Elman, CLASSES, HIDDEN, 1)?;
    let weight_shape = Shape::from([CLASSES, HIDDEN]);
    let weight = list.declare("output.weight", weight_shape, ParameterRole::LinearWeight);
    let bias = list.declare("output.bias", [CLASSES], ParameterRole::LinearBias { inputs: HIDDEN });

    let mut recorder = Recorder::<Cpu>::new();
    let input = recorder.constant([STEPS, BATCH, CLASSES]);
    let targets = recorder.index_input(STEPS * BATCH, CLASSES);
    let weights = recorder.constant([STEPS * BATCH]);
    let traces = layers.record(&mut recorder, input)?;
    let hidden: Vec<_> = traces.iter().map(|trace| trace.hidden).collect();
    let top = hidden.last().copied().unwrap_or(input);
    let logits = linear(&mut recorder, top, (weight, weight_shape), bias)?;
    let loss = softmax_cross_entropy(&mut recorder, logits, targets, weights)?.loss;

    let batches: Vec<_> = (0..BATCHES)
        .map(|batch| {
            let [tokens, targets] = [0, 1].map(|shift| symbols(batch, shift..STEPS + shift, BATCH, CLASSES));
            (features(&tokens), targets)
        })
        .collect();
    let means = vec![1.0 / (STEPS * BATCH) as f32; STEPS * BATCH];
    let write_inputs = move |tape: &mut Tape<Cpu>, batch: usize| -> Result<(), ComputeError> {
        let (features, classes) = &batches[batch];
        tape.write(input, features)?;
        tape.write_indices(targets, classes)?;
        tape.write(weights, &means)
    };
    let points = ProbePoints { loss, weights, hidden };
    Ok(Box::new(Training::new(&list, recorder, points, Box::new(write_inputs))))
}

/// A 1 in the column of each symbol, `[T·B, I]`.
fn features(tokens: &[u32]) -> Vec<f32> {
    let one_hot = |&token: &u32| (0..CLASSES as u32).map(move |class| f32::from(u8::from(class == token)));
    tokens.iter().flat_map(one_hot).collect()
}
