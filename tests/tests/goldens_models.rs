//! Whole models equal PyTorch's: scores and every gradient of the first batch, and every loss of 200 steps of
//! Adam and 200 of SGD with clipping, with what these leave behind. The goldens are made by
//! `goldens/models.py`, which says what the models learn; data and weights come from formulas on both sides.
//!
//! | largest error measured | `Reference<f64>` | `Cpu` | allowed in `f64` | in `f32` |
//! |---|---|---|---|---|
//! | scores and loss | 3.9e-12 | 2.2e-7 | 1e-11 | 1e-5 |
//! | gradients | 2.3e-12 | 1.5e-7 | 1e-11 | 1e-4 |
//! | losses of 200 steps, each relative to PyTorch's | 4.9e-12 | 6.7e-5 | 1e-10 | 1e-3 |
//! | weights and running statistics after them | 3.8e-12 | 9.0e-6 | 1e-10 | 1e-3 |
//!
//! The goldens are kept to twelve digits, which is what the errors in `f64` are made of. A captioner's passes
//! are those of training, where batch norm goes by the batch.

use rnn_compute::optimise::{Adam, OptimizerRule, Sgd};
use rnn_compute::{Backend, Cpu, Gradients, Mode, ProbePoints, Real, Reference, Trainer, TrainerConfig};
use rnn_tests::case::Case;
use rnn_tests::in_training::step;
use rnn_tests::model_zoo::{BATCHES, Model, Plan, parameters};
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

const TRAINING_STEPS: usize = 200;

/// What is allowed.
struct Tolerance {
    forward: f64,
    backward: f64,
    training: f64,
}

const F64: Tolerance = Tolerance { forward: 1e-11, backward: 1e-11, training: 1e-10 };
const F32: Tolerance = Tolerance { forward: 1e-5, backward: 1e-4, training: 1e-3 };

/// Scores and gradients of the first batch.
fn check_pass<B: Backend>(backend: &B, case: &Case, tolerance: &Tolerance) -> Outcome {
    let Model { list, recorder, logits, loss, write, .. } = Plan::of(case).record::<B>()?;
    let mut parameters = parameters(backend, &list)?;
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    tape.set_mode(Mode::Training { seed: 0, step: 0 });
    write(&mut tape, 0)?;
    tape.forward(&mut parameters);
    let scores: Vec<B::Elem> = logits.iter().flat_map(|&var| tape.read(var)).collect();
    case.assert_close("logits", &scores, tolerance.forward);
    case.assert_close("loss", &[tape.read_scalar(loss)], tolerance.forward);

    tape.zero_gradients();
    parameters.zero_gradients();
    tape.write_gradient(loss, &[B::Elem::ONE])?;
    tape.backward(&mut parameters);
    for id in parameters.ids().filter(|&id| parameters.role(id).is_trained()) {
        let name = format!("d_{}", parameters.name(id));
        case.assert_close(&name, &parameters.read_gradient(id), tolerance.backward);
    }
    Ok(())
}

/// Every loss of a run, and the weights of which the golden has a copy.
fn check_training<B: Backend>(backend: &B, case: &Case, tolerance: f64, kind: &str) -> Outcome {
    let Model { list, recorder, loss, weights, write, force, .. } = Plan::of(case).record::<B>()?;
    let tape = recorder.finish(backend.clone(), Gradients::Kept);
    let (rule, clip_norm) = match kind {
        "adam" => (OptimizerRule::Adam(Adam::default()), None),
        _ => (OptimizerRule::Sgd(Sgd::default()), Some(case.constant("clip_norm"))),
    };
    let learning_rate = case.constant(&format!("{kind}_rate"));
    let config = TrainerConfig { rule, learning_rate, clip_norm, ..TrainerConfig::default() };
    let points = ProbePoints { loss, weights, hidden: Vec::new() };
    let (used, spare) = (parameters(backend, &list)?, parameters(backend, &list)?);
    let mut trainer = Trainer::new(backend, config, (tape, points), used, spare);
    let wanted = case.tensor(&format!("{kind}_losses"));
    assert_eq!(wanted.len(), TRAINING_STEPS);
    for (index, &wanted) in wanted.iter().enumerate() {
        let batch = index as u32 % BATCHES;
        write(trainer.tape_mut(), batch)?;
        force(trainer.tape_mut(), batch)?;
        let outcome = step(&mut trainer).map_err(|divergence| format!("{}: {divergence:?}", case.name))?;
        let error = (outcome.loss - wanted).abs() / wanted;
        // Written so that NaN fails.
        let is_close = error <= tolerance;
        assert!(is_close, "{}, {kind}: step {index} has loss {}, PyTorch {wanted}", case.name, outcome.loss);
    }
    let after = trainer.parameters();
    let mut compared = 0;
    for id in after.ids() {
        let name = format!("{kind}_{}", after.name(id));
        if case.has(&name) {
            case.assert_close(&name, &after.read(id), tolerance);
            compared += 1;
        }
    }
    // The two blocks of a captioner have running statistics.
    let expected = match (case.name.starts_with("captioner"), kind) {
        (true, "adam") => 3,
        (true, _) => 5,
        (false, _) => 1,
    };
    assert_eq!(compared, expected, "{}, {kind}: tensors compared", case.name);
    Ok(())
}

fn check<B: Backend>(backend: &B, tolerance: &Tolerance) -> Outcome {
    let cases = Case::load("models")?;
    assert_eq!(cases.len(), 22);
    for case in &cases {
        check_pass(backend, case, tolerance)?;
        for kind in ["adam", "sgd"] {
            check_training(backend, case, tolerance.training, kind)?;
        }
    }
    Ok(())
}

#[test]
fn models_equal_pytorch_in_double_precision() -> Outcome {
    check(&Reference::<f64>::new(), &F64)
}

#[test]
fn models_equal_pytorch_in_single_precision() -> Outcome {
    check(&Cpu, &F32)
}
