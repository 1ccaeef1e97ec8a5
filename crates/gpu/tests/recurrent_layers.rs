//! Recurrent layers on the GPU: what they cost in dispatches, and the same trainings as on the CPU where sequences
//! differ in length and layers read both ways.

#![expect(clippy::unwrap_used, reason = "a layer that cannot be built fails the test")]

mod common;

use common::gpu;
use rnn_compute::models::{
    ClassTargets, Classes, Classifier, ClassifierConfig, Directions, RecurrentConfig, SequencePooling, Window,
};
use rnn_compute::ops::{CellKind, CellState, Direction, LayerInput, LayerWeights, recurrent};
use rnn_compute::{
    Backend, Cpu, Gradients, Initialisation, ParameterList, Parameters, ProbePoints, Recorder, Trainer,
    TrainerConfig,
};
use rnn_gpu::{Gpu, Walks};

const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm];

/// Dispatches of one layer of this cell over so many steps: its way forward and its way back, from the inputs'
/// product to the gradients of weights and inputs.
fn dispatches(gpu: &Gpu, cell: CellKind, steps: usize) -> [u64; 2] {
    let (batch, inputs, hidden) = (32, 24, 64);
    let mut list = ParameterList::default();
    let weights = LayerWeights::declare(&mut list, cell, [inputs, hidden], str::to_owned).unwrap();
    let mut recorder = Recorder::new();
    let input = recorder.input([steps, batch, inputs]);
    let mut state = || recorder.input([batch, hidden]);
    let initial = CellState { hidden: state(), cells: (cell == CellKind::Lstm).then(state) };
    let rows = LayerInput::Rows(input);
    recurrent(&mut recorder, cell, rows, initial, weights, Direction::Forward).unwrap();
    let mut tape = recorder.finish(gpu.clone(), Gradients::Kept);
    let mut parameters = Parameters::new(gpu.clone(), &list);
    // Weights that have changed are laid out anew, as in every step of a training.
    Initialisation::PyTorch.draw(&mut parameters, 1);
    let mut counted = |pass: &mut dyn FnMut(&mut Parameters<Gpu>)| {
        let before = gpu.dispatches();
        pass(&mut parameters);
        gpu.dispatches() - before
    };
    let forward = counted(&mut |parameters| tape.forward(parameters));
    tape.zero_gradients();
    let backward = counted(&mut |parameters| tape.backward(parameters));
    assert_eq!(gpu.error(), None);
    [forward, backward]
}

#[test]
fn a_step_is_a_dispatch_each_way_and_a_small_walk_is_one() {
    let Some(gpu) = gpu() else { return };
    for cell in CELLS {
        for steps in [5, 64] {
            gpu.choose_walks(Walks::StepByStep);
            let [forward, backward] = dispatches(&gpu, cell, steps);
            println!("{cell:?}, {steps} steps: {forward} forward, {backward} back");
            // Measured 3 and at most 9 beside the steps: of many rows both weights' gradients are summed in parts.
            assert!(forward + backward <= 2 * steps as u64 + 12, "{cell:?}, {steps} steps");
            gpu.choose_walks(Walks::AtOnce);
            let [forward, backward] = dispatches(&gpu, cell, steps);
            println!("{cell:?}, {steps} steps at once: {forward} forward, {backward} back");
            // The weight is laid out each way.
            assert!(forward + backward <= 2 + 14, "{cell:?}, {steps} steps at once");
        }
    }
}

/// The losses of a classifier of sequences of 1 to 11 symbols that reads both ways in two layers.
fn losses<B: Backend<Elem = f32>>(backend: &B, cell: CellKind) -> Vec<f64> {
    let (window, vocabulary, classes) = (Window { steps: 11, batch: 7 }, 13, 3);
    let recurrent = RecurrentConfig {
        directions: Directions::Both,
        dropout: 0.2,
        layer_norm: true,
        ..RecurrentConfig::new(cell, 9, 19, 2)
    };
    let (pooling, classes_of) = (SequencePooling::Last, Classes::Many(classes));
    let config = ClassifierConfig { vocabulary, recurrent, pooling, dropout: 0.2, classes: classes_of };
    let mut list = ParameterList::default();
    let model = Classifier::declare(&mut list, config).unwrap();
    let mut recorder = Recorder::<B>::new();
    let graph = model.record(&mut recorder, window).unwrap();
    let ClassTargets::Many(targets) = graph.targets else { unreachable!() };
    let mut parameters = Parameters::new(backend.clone(), &list);
    Initialisation::PyTorch.draw(&mut parameters, 1);
    let spare = Parameters::new(backend.clone(), &list);
    let points = ProbePoints { loss: graph.loss, weights: graph.weights, hidden: Vec::new() };
    let config = TrainerConfig { clip_norm: Some(1.0), learning_rate: 0.01, ..TrainerConfig::default() };
    let tape = recorder.finish(backend.clone(), Gradients::Kept);
    let mut trainer = Trainer::new(backend, config, (tape, points), parameters, spare);
    trainer.tape_mut().write(graph.weights, &vec![1.0 / window.batch as f32; window.batch]).unwrap();
    let mut losses = Vec::new();
    for step in 0..20 {
        let tape = trainer.tape_mut();
        let sequences = step * window.batch..(step + 1) * window.batch;
        let lengths: Vec<_> = sequences.clone().map(|number| 1 + 5 * number % window.steps).collect();
        tape.write_lengths(graph.packing, &lengths).unwrap();
        let symbol = |number: usize, place: usize| ((number * number + 3 * place) % vocabulary) as u32;
        let places = tape.packing(graph.packing).places();
        let tokens: Vec<_> =
            places.map(|(place, sequence)| symbol(sequences.start + sequence, place)).collect();
        tape.write_indices(graph.tokens, &tokens).unwrap();
        let expected: Vec<_> = sequences.map(|number| (number / 2 % classes) as u32).collect();
        tape.write_indices(targets, &expected).unwrap();
        let mut outcome = trainer.advance(&mut || false);
        while outcome.is_none() && trainer.is_in_flight() {
            outcome = trainer.land();
        }
        losses.push(outcome.unwrap().unwrap().loss);
    }
    losses
}

#[test]
fn a_packed_classifier_that_reads_both_ways_has_the_losses_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for cell in CELLS {
        let (found, want) = (losses(&gpu, cell), losses(&Cpu, cell));
        let errors = found.iter().zip(&want).map(|(found, want)| (found - want).abs() / want);
        let worst = errors.fold(0.0, f64::max);
        println!("{cell:?}: {worst:.1e}");
        assert!(worst < 1e-4, "{cell:?}: {worst:e}");
    }
    assert_eq!(gpu.error(), None);
}
