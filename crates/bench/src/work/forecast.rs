//! W5: a GRU that reads one measurement a step and forecasts the next.

use super::training::Training;
use crate::pattern::{BATCHES, reading};
use crate::{BenchError, Part};
use rnn_compute::models::{CellKind, ForecastLoss, Forecaster, ForecasterConfig, RecurrentConfig, Window};
use rnn_compute::{Backend, ComputeError, ParameterList, ProbePoints, Recorder, Tape};

const STEPS: usize = 48;

/// W5.
///
/// # Errors
/// Never: the sizes are allowed.
pub(super) fn forecaster<B: Backend<Elem = f32>>(backend: &B, part: Part) -> Result<Training<B>, BenchError> {
    let config = ForecasterConfig {
        recurrent: RecurrentConfig::new(CellKind::Gru, 1, 50, 1),
        outputs: 1,
        dropout: 0.0,
        loss: ForecastLoss::Squared,
    };
    let mut list = ParameterList::default();
    let model = Forecaster::declare(&mut list, config)?;
    let mut recorder = Recorder::<B>::new();
    let graph = model.record(&mut recorder, Window { steps: STEPS, batch: part.count })?;
    let hidden = graph.recurrent.traces.iter().map(|trace| trace.hidden).collect();
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden };
    let readings = |batch: usize, step: usize| -> Vec<f32> {
        part.sequences().map(|sequence| reading(batch, sequence, step)).collect()
    };
    let batches: Vec<_> = (0..BATCHES)
        .map(|batch| {
            let inputs: Vec<f32> = (0..STEPS).flat_map(|step| readings(batch, step)).collect();
            (inputs, readings(batch, STEPS))
        })
        .collect();
    let means = vec![1.0 / part.batch as f32; part.count];
    let write_inputs = move |tape: &mut Tape<B>, batch: usize| -> Result<(), ComputeError> {
        let (inputs, targets) = &batches[batch];
        tape.write(graph.inputs, inputs)?;
        tape.write(graph.targets, targets)?;
        tape.write(graph.weights, &means)
    };
    Ok(Training::new(backend, (&list, recorder, points), Box::new(write_inputs), part))
}
