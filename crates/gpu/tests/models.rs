//! Fifty training steps of every model on the GPU and on the CPU, from the same weights and on the same batches.
//!
//! | largest error of a loss, relative to it | measured on lavapipe (Mesa 22.3) | allowed |
//! |---|---|---|
//! | small models, to the CPU's and to PyTorch's | 3.2e-6 | 1e-3 |
//! | wide ones with all that they can have, to the CPU's | 1.7e-4 | 1e-3 |

#![expect(clippy::unwrap_used, reason = "a model that cannot be built fails the test")]

mod common;

use common::gpu;
use rnn_compute::models::{Classes, Directions};
use rnn_compute::optimise::{Adam, OptimizerRule, Sgd};
use rnn_compute::{
    Backend, Cpu, Gradients, Initialisation, ParameterList, Parameters, ProbePoints, Trainer, TrainerConfig,
};
use rnn_tests::case::Case;
use rnn_tests::model_zoo::{
    ATTENTIONS, BATCHES, CELLS, FORECAST_LOSSES, Kind, Model, POOLINGS, Plan, parameters,
};

const STEPS: usize = 50;
/// How far a loss may be from what it should be, relative to that.
const TOLERANCE: f64 = 1e-3;

/// Which weights a run begins with, and which symbols its decoder reads.
#[derive(Clone, Copy)]
enum Start {
    /// A golden's: weights by formula, and true symbols alone.
    Golden,
    /// Weights as PyTorch draws them. Of the symbols some are the decoder's own.
    Drawn,
}

impl Start {
    fn parameters<B: Backend>(self, backend: &B, list: &ParameterList) -> Parameters<B> {
        let mut parameters = parameters(backend, list).unwrap();
        if matches!(self, Self::Drawn) {
            Initialisation::PyTorch.draw(&mut parameters, 1);
        }
        parameters
    }
}

/// The losses of a training run with as many steps in flight as the trainer lets. NaN where one was not finite.
fn losses<B: Backend>(backend: &B, plan: &Plan, config: TrainerConfig, start: Start) -> Vec<f64> {
    let Model { list, recorder, loss, weights, write, force, .. } = plan.record::<B>().unwrap();
    let tape = recorder.finish(backend.clone(), Gradients::Kept);
    let [used, spare] = [(); 2].map(|()| start.parameters(backend, &list));
    let points = ProbePoints { loss, weights, hidden: Vec::new() };
    let mut trainer = Trainer::new(backend, config, (tape, points), used, spare);
    let mut outcomes = Vec::new();
    for batch in (0..BATCHES).cycle().take(STEPS) {
        while trainer.is_full() {
            outcomes.extend(trainer.land());
        }
        write(trainer.tape_mut(), batch).unwrap();
        if matches!(start, Start::Golden) {
            force(trainer.tape_mut(), batch).unwrap();
        }
        outcomes.extend(trainer.advance(&mut || false));
    }
    while trainer.is_in_flight() {
        outcomes.extend(trainer.land());
    }
    outcomes.into_iter().map(|outcome| outcome.map_or(f64::NAN, |outcome| outcome.loss)).collect()
}

/// Asserts the tolerance; returns the largest error.
fn assert_close(what: &str, found: &[f64], want: &[f64]) -> f64 {
    assert_eq!([found.len(), want.len()], [STEPS; 2], "{what}");
    let mut worst = 0.0_f64;
    for (step, (found, want)) in found.iter().zip(want).enumerate() {
        let error = (found - want).abs() / want.abs();
        // Written so that NaN fails.
        let is_close = error <= TOLERANCE;
        assert!(is_close, "{what}: step {step} has loss {found}, expected {want}");
        worst = worst.max(error);
    }
    worst
}

fn adam(learning_rate: f64) -> TrainerConfig {
    let rule = OptimizerRule::Adam(Adam::default());
    TrainerConfig { rule, learning_rate, clip_norm: None, ..TrainerConfig::default() }
}

fn clipped_sgd(learning_rate: f64) -> TrainerConfig {
    let rule = OptimizerRule::Sgd(Sgd::default());
    TrainerConfig { rule, learning_rate, clip_norm: Some(1.0), ..TrainerConfig::default() }
}

#[test]
fn small_models_have_the_losses_of_the_cpu_and_of_pytorch() {
    let Some(gpu) = gpu() else { return };
    for (index, case) in Case::load("models").unwrap().iter().enumerate() {
        let (rule, config) = match index % 2 {
            0 => ("adam", adam(case.constant("adam_rate"))),
            _ => ("sgd", clipped_sgd(case.constant("sgd_rate"))),
        };
        let (what, plan) = (format!("{}, {rule}", case.name), Plan::of(case));
        let found = losses(&gpu, &plan, config, Start::Golden);
        let to_cpu = assert_close(&what, &found, &losses(&Cpu, &plan, config, Start::Golden));
        let pytorch = &case.tensor(&format!("{rule}_losses"))[..STEPS];
        let to_pytorch = assert_close(&what, &found, pytorch);
        println!("{what}: {to_cpu:.1e} to the CPU, {to_pytorch:.1e} to PyTorch");
    }
    assert_eq!(gpu.error(), None);
}

/// Every model, with what only it can have.
fn kinds() -> impl Iterator<Item = Kind> {
    [Kind::LanguageModel, Kind::Tagger, Kind::Captioner, Kind::Transducer]
        .into_iter()
        .chain(POOLINGS.map(|pooling| Kind::Classifier(pooling, Classes::Many(3))))
        .chain([Kind::Classifier(POOLINGS[0], Classes::Binary)])
        .chain(FORECAST_LOSSES.map(Kind::Forecaster))
        .chain(ATTENTIONS.map(Kind::EncoderDecoder))
}

#[test]
fn wide_models_of_every_cell_have_the_losses_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    for (row, kind) in kinds().enumerate() {
        for (column, cell) in CELLS.into_iter().enumerate() {
            let directions = Directions::Both;
            let plan = Plan { kind, cell, hidden: 33, layers: 2, directions, layer_norm: true, dropout: 0.2 };
            let (rule, config) =
                if (row + column) % 2 == 0 { ("Adam", adam(0.01)) } else { ("SGD", clipped_sgd(0.3)) };
            let what = format!("{kind:?} of {cell:?}, {rule}");
            let found = losses(&gpu, &plan, config, Start::Drawn);
            let want = losses(&Cpu, &plan, config, Start::Drawn);
            println!("{what}: {:.1e}", assert_close(&what, &found, &want));
        }
    }
    assert_eq!(gpu.error(), None);
}
