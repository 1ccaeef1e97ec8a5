//! Truncated backpropagation through time: overlapping windows equal a loop written in PyTorch, and
//! windows without overlap equal those that every lab uses, by bits.
//!
//! | largest error measured | `Reference<f64>` | `Cpu` | allowed in `f64` | in `f32` |
//! |---|---|---|---|---|
//! | losses | 2.2e-12 | 7.9e-8 | 1e-11 | 1e-6 |
//! | weights after training | 5.0e-13 | 1.6e-7 | 1e-11 | 1e-6 |

use rnn_compute::models::{CellKind, LanguageModelConfig, Window};
use rnn_compute::optimise::{OptimizerRule, Sgd};
use rnn_compute::{Backend, ComputeError, Cpu, Real, Reference, TrainerConfig, Truncation};
use rnn_tests::case::Case;
use rnn_tests::formula::indices;
use rnn_tests::in_training::{step, trainer, weights};
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

fn model(case: &Case) -> (LanguageModelConfig, Window) {
    let cell = [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru][case.size("cell")];
    let [vocabulary, embedding, hidden, layers] =
        ["vocabulary", "embedding", "hidden", "layers"].map(|name| case.size(name));
    let config = LanguageModelConfig::new(cell, vocabulary, embedding, hidden, layers);
    (config, Window { steps: case.size("steps"), batch: case.size("batch") })
}

fn sgd() -> TrainerConfig {
    let rule = OptimizerRule::Sgd(Sgd { momentum: 0.5, ..Sgd::default() });
    TrainerConfig { rule, learning_rate: 0.3, ..TrainerConfig::default() }
}

fn assert_case<B: Backend>(backend: &B, case: &Case, tolerance: f64) -> Outcome {
    let (config, window) = model(case);
    let truncation = Truncation::new(case.size("advance"), window.steps)?;
    let (mut trainer, graph) = trainer(backend, (config, window), sgd())?;
    graph.clear_state(trainer.tape_mut());
    let mut losses = Vec::new();
    for index in 0..case.size("windows") {
        let steps = truncation.steps(index);
        let symbols = case.indices("symbols");
        let rows = |first: usize| &symbols[first * window.batch..(first + window.steps) * window.batch];
        let tape = trainer.tape_mut();
        tape.write_indices(graph.tokens, rows(steps.start))?;
        tape.write_indices(graph.targets, rows(steps.start + 1))?;
        tape.write(graph.weights, &truncation.loss_weights(index, window.batch))?;
        losses.push(step(&mut trainer).map_err(|divergence| format!("{divergence:?}"))?.loss);
        truncation.carry_state(&graph.layers, trainer.tape_mut());
    }
    case.assert_close("losses", &losses, tolerance);
    let parameters = trainer.parameters();
    for id in parameters.ids() {
        case.assert_close(parameters.name(id), &parameters.read(id), tolerance);
    }
    Ok(())
}

#[test]
fn overlapping_windows_equal_pytorch() -> Outcome {
    let cases = Case::load("truncation")?;
    assert_eq!(cases.len(), 4);
    for case in cases {
        assert_case(&Reference::<f64>::new(), &case, 1e-11)?;
        assert_case(&Cpu, &case, 1e-6)?;
    }
    Ok(())
}

/// Losses and weights of windows that follow each other, by [`Truncation`] or by the models' own means.
fn without_overlap<B: Backend>(backend: &B, is_own: bool) -> Result<(Vec<f64>, Vec<B::Elem>), ComputeError> {
    let window = Window { steps: 5, batch: 3 };
    let config = LanguageModelConfig::new(CellKind::Lstm, 9, 5, 7, 2);
    let truncation = Truncation::new(window.steps, window.steps)?;
    let (mut trainer, graph) = trainer(backend, (config, window), sgd())?;
    let rows = window.steps * window.batch;
    let mut losses = Vec::new();
    for index in 0..6 {
        let tape = trainer.tape_mut();
        if !is_own {
            tape.write(graph.weights, &truncation.loss_weights(index, window.batch))?;
        } else {
            tape.fill(graph.weights, B::Elem::from_f64(1.0 / rows as f64));
        }
        tape.write_indices(graph.tokens, &indices(330 + index as u32, rows, config.vocabulary))?;
        tape.write_indices(graph.targets, &indices(340 + index as u32, rows, config.vocabulary))?;
        losses.extend(step(&mut trainer).ok().map(|outcome| outcome.loss));
        if is_own {
            graph.carry_state(trainer.tape_mut());
        } else {
            truncation.carry_state(&graph.layers, trainer.tape_mut());
        }
    }
    assert_eq!(losses.len(), 6);
    Ok((losses, weights(&trainer)))
}

#[test]
fn windows_without_overlap_are_the_usual_ones() -> Outcome {
    assert_eq!(without_overlap(&Cpu, false)?, without_overlap(&Cpu, true)?);
    let reference = Reference::<f64>::new();
    assert_eq!(without_overlap(&reference, false)?, without_overlap(&reference, true)?);
    Ok(())
}
