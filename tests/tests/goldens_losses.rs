//! Losses and their gradients equal PyTorch's: softmax cross-entropy with ignored rows and smoothed
//! labels, the comparisons of numbers, and CTC with inputs and targets of different lengths.
//!
//! Errors are measured against a tensor's largest number, at least 1.
//!
//! | largest error measured | `Reference<f64>` | `Cpu` | allowed in `f64` | in `f32` |
//! |---|---|---|---|---|
//! | losses | 4.3e-12 | 1.0e-7 | 2e-11 | 5e-7 |
//! | gradients | 8.3e-12 | 1.7e-6 | 3e-11 | 5e-6 |

use rnn_compute::ops::{
    CrossEntropyConfig, CtcConfig, CtcTargets, HuberConfig, absolute_error, binary_cross_entropy, ctc, huber,
    mean_weights, softmax_cross_entropy, squared_error,
};
use rnn_compute::{
    Backend, ComputeError, Cpu, Gradients, ParameterList, Real, Recorder, Reference, Tape, Var,
};
use rnn_tests::case::Case;
use rnn_tests::fixture::parameters;
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

/// The largest errors allowed of losses and of gradients.
type Tolerance = [f64; 2];
const F64: Tolerance = [2e-11, 3e-11];
const F32: Tolerance = [5e-7, 5e-6];

/// Runs the cases of one kind, of which there must be `count`, on both backends.
fn assert_cases(
    is_meant: impl Fn(&Case) -> bool,
    count: usize,
    assert_f64: impl Fn(&Case) -> Outcome,
    assert_f32: impl Fn(&Case) -> Outcome,
) -> Outcome {
    let cases = Case::load("losses")?;
    let cases: Vec<_> = cases.iter().filter(|case| is_meant(case)).collect();
    assert_eq!(cases.len(), count);
    for case in cases {
        assert_f64(case)?;
        assert_f32(case)?;
    }
    Ok(())
}

/// Runs a loss forward and backward.
fn run<B: Backend>(tape: &mut Tape<B>, loss: Var) -> Result<(), ComputeError> {
    let mut nothing = parameters(tape.backend(), &ParameterList::default())?;
    tape.forward(&mut nothing);
    tape.zero_gradients();
    tape.write_gradient(loss, &[B::Elem::ONE])?;
    tape.backward(&mut nothing);
    Ok(())
}

#[test]
fn cross_entropy_equals_pytorch() -> Outcome {
    fn assert_case<B: Backend>(case: &Case, backend: &B, [forward, gradients]: Tolerance) -> Outcome {
        let (rows, classes) = (case.size("rows"), case.size("classes"));
        let ignore_index = case.indices("ignored").first().copied();
        let config = CrossEntropyConfig { label_smoothing: case.constant("label_smoothing"), ignore_index };
        let mut recorder = Recorder::new();
        let logits = recorder.input([rows, classes]);
        let weights = recorder.input([rows]);
        let targets = recorder.index_input(rows, classes + usize::from(ignore_index == Some(classes as u32)));
        let output = softmax_cross_entropy(&mut recorder, logits, targets, weights, config)?;
        let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
        tape.write(logits, &case.numbers("logits"))?;
        tape.write_indices(targets, case.indices("targets"))?;
        let is_mean = !case.has("weights");
        let mean = || mean_weights(case.indices("targets"), ignore_index);
        tape.write(weights, &if is_mean { mean() } else { case.numbers("weights") })?;
        run(&mut tape, output.loss)?;
        case.assert_close("loss", &tape.read(output.loss), forward);
        case.assert_close("d_logits", &tape.read_gradient(logits), gradients);
        Ok(())
    }
    let f64_case = |case: &Case| assert_case(case, &Reference::<f64>::new(), F64);
    assert_cases(
        |case| case.has("logits") && !case.has("sequence_losses"),
        11,
        f64_case,
        |case| assert_case(case, &Cpu, F32),
    )
}

#[test]
fn comparisons_of_numbers_equal_pytorch() -> Outcome {
    fn assert_case<B: Backend>(case: &Case, backend: &B, [forward, gradients]: Tolerance) -> Outcome {
        let (rows, width) = (case.size("rows"), case.size("width"));
        let mut recorder = Recorder::new();
        let prediction = recorder.input([rows, width]);
        let targets = recorder.constant([rows, width]);
        let weights = recorder.constant([rows]);
        let (x, y, w) = (prediction, targets, weights);
        let kind = case.name.split(',').next();
        let output = match kind {
            Some("binary") => binary_cross_entropy(&mut recorder, x, y, w)?,
            Some("squared") => squared_error(&mut recorder, x, y, w)?,
            Some("absolute") => absolute_error(&mut recorder, x, y, w)?,
            Some("huber") => huber(&mut recorder, x, y, w, HuberConfig { delta: case.constant("delta") })?,
            _ => return Err(format!("“{}” is the name of no loss", case.name).into()),
        };
        let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
        tape.write(prediction, &case.numbers("prediction"))?;
        tape.write(targets, &case.numbers("targets"))?;
        tape.write(weights, &case.numbers("weights"))?;
        run(&mut tape, output.loss)?;
        case.assert_close("loss", &tape.read(output.loss), forward);
        case.assert_close("d_prediction", &tape.read_gradient(prediction), gradients);
        tape.fill(weights, B::Elem::from_f64(1.0 / (rows * width) as f64));
        run(&mut tape, output.loss)?;
        case.assert_close("mean", &tape.read(output.loss), forward);
        Ok(())
    }
    let f64_case = |case: &Case| assert_case(case, &Reference::<f64>::new(), F64);
    assert_cases(|case| case.has("prediction"), 6, f64_case, |case| assert_case(case, &Cpu, F32))
}

#[test]
fn ctc_equals_pytorch() -> Outcome {
    let f64_case = |case: &Case| assert_ctc(case, &Reference::<f64>::new(), F64);
    assert_cases(|case| case.has("sequence_losses"), 10, f64_case, |case| assert_ctc(case, &Cpu, F32))
}

/// With packed logits, and also with whole ones if all inputs are of one length.
fn assert_ctc<B: Backend>(case: &Case, backend: &B, tolerance: Tolerance) -> Outcome {
    let is_even = case.indices("inputs").iter().all(|&length| length as usize == case.size("steps"));
    if is_even {
        assert_ctc_layout(case, backend, tolerance, false)?;
    }
    assert_ctc_layout(case, backend, tolerance, true)
}

fn assert_ctc_layout<B: Backend>(
    case: &Case,
    backend: &B,
    [forward, gradients]: Tolerance,
    is_packed: bool,
) -> Outcome {
    let [steps, batch, classes] = ["steps", "batch", "classes"].map(|name| case.size(name));
    let mut recorder = Recorder::new();
    let packing = recorder.packing(steps, batch);
    let logits = if is_packed {
        recorder.packed_input(packing, classes)
    } else {
        recorder.input([steps, batch, classes])
    };
    let targets = CtcTargets::record(&mut recorder, (batch, case.size("longest")), classes)?;
    let weights = recorder.constant([batch]);
    let config = CtcConfig { blank: case.size("blank") as u32 };
    let output = ctc(&mut recorder, logits, targets, weights, config)?;
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);

    let lengths = |name| case.indices(name).iter().map(|&length| length as usize).collect::<Vec<_>>();
    tape.write_lengths(packing, &lengths("inputs"))?;
    let places: Vec<_> = tape.packing(packing).places().collect();
    let row = |(step, sequence): (usize, usize)| (step * batch + sequence) * classes;
    let padded: Vec<B::Elem> = case.numbers("logits");
    let rows = places.iter().flat_map(|&place| padded[row(place)..][..classes].to_vec());
    tape.write(logits, &rows.collect::<Vec<_>>())?;
    tape.write_lengths(targets.lengths, &lengths("lengths"))?;
    tape.write_indices(targets.labels, case.indices("targets"))?;
    tape.write(weights, &case.numbers("weights"))?;
    run(&mut tape, output.loss)?;

    case.assert_close("sequence_losses", &tape.read(output.sequence_losses), forward);
    case.assert_close("loss", &tape.read(output.loss), forward);
    // What is past an input's end is in no row, and in PyTorch has the gradient 0.
    let mut d_logits = vec![B::Elem::ZERO; steps * batch * classes];
    let found = tape.read_gradient(logits).into_iter().collect::<Vec<_>>();
    for (&place, d_row) in places.iter().zip(found.chunks_exact(classes)) {
        d_logits[row(place)..][..classes].copy_from_slice(d_row);
    }
    case.assert_close("d_logits", &d_logits, gradients);
    Ok(())
}
