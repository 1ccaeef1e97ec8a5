//! Losses that do not fit are refused when they are recorded, with what was expected and found.

use rnn_compute::ops::{
    CrossEntropyConfig, CtcConfig, CtcTargets, HuberConfig, absolute_error, binary_cross_entropy, ctc, huber,
    softmax_cross_entropy, squared_error,
};
use rnn_compute::{ComputeError, Gradients, Recorder, Reference, Shape, Var};

type Outcome = Result<(), ComputeError>;
type Graph = Recorder<Reference<f64>>;

fn shape_error<T: std::fmt::Debug>(
    found: Result<T, ComputeError>,
    (op, what): (&'static str, &'static str),
    expected: impl Into<Shape>,
    wrong: impl Into<Shape>,
) {
    let want = ComputeError::Shape { op, what, expected: expected.into(), found: wrong.into() };
    assert_eq!(found.map(|_| ()), Err(want));
}

fn packing_error(op: &'static str, what: &'static str) -> ComputeError {
    ComputeError::Packing { op, what, expected: "packed as the first is" }
}

#[test]
fn cross_entropies_that_do_not_fit_are_refused() {
    let (op, plain) = ("softmax cross-entropy", CrossEntropyConfig::default());
    let mut recorder = Graph::new();
    let recorder = &mut recorder;
    let (logits, weights) = (recorder.input([2, 3, 4]), recorder.input([6]));
    let targets = recorder.index_input(6, 4);
    for (targets, found) in [(recorder.index_input(5, 4), [5, 4]), (recorder.index_input(6, 5), [6, 5])] {
        let outcome = softmax_cross_entropy(recorder, logits, targets, weights, plain);
        shape_error(outcome, (op, "targets (count, classes)"), [6, 4], found);
    }
    let short = recorder.input([5]);
    let outcome = softmax_cross_entropy(recorder, logits, targets, short, plain);
    shape_error(outcome, (op, "weights"), [6], [5]);
    for label_smoothing in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let config = CrossEntropyConfig { label_smoothing, ..plain };
        let error = softmax_cross_entropy(recorder, logits, targets, weights, config).unwrap_err();
        let want = format!("label smoothing must be 0 to 1, found {label_smoothing}");
        assert_eq!(error.to_string(), want);
    }
    for found in [5, u32::MAX] {
        let config = CrossEntropyConfig { ignore_index: Some(found), ..plain };
        let error = softmax_cross_entropy(recorder, logits, targets, weights, config).unwrap_err();
        assert_eq!(error, ComputeError::Index { what: "ignored class", size: 5, found });
    }
    let packing = recorder.packing(2, 3);
    let packed = recorder.packed_input(packing, 4);
    let outcome = softmax_cross_entropy(recorder, packed, targets, weights, plain);
    assert_eq!(outcome.unwrap_err(), packing_error(op, "targets"));
    let packed_targets = recorder.packed_index_input(packing, 4);
    let outcome = softmax_cross_entropy(recorder, packed, packed_targets, weights, plain);
    assert_eq!(outcome.unwrap_err(), packing_error(op, "weights"));
    let (empty, no_targets) = (recorder.input([0, 4]), recorder.index_input(0, 4));
    let no_weights = recorder.input([0]);
    let outcome = softmax_cross_entropy(recorder, empty, no_targets, no_weights, plain);
    assert_eq!(outcome.unwrap_err(), ComputeError::ZeroSize { what: "rows of a loss" });
    let (empty, no_targets) = (recorder.input([2, 0]), recorder.index_input(2, 0));
    let outcome = softmax_cross_entropy(recorder, empty, no_targets, weights, plain);
    assert_eq!(outcome.unwrap_err(), ComputeError::ZeroSize { what: "classes" });
}

#[test]
fn a_target_outside_the_classes_is_refused() -> Outcome {
    let mut recorder = Recorder::new();
    let targets = recorder.index_input(2, 4);
    let mut tape = recorder.finish(Reference::<f64>::new(), Gradients::None);
    let error = tape.write_indices(targets, &[3, 4]).unwrap_err();
    assert_eq!(error, ComputeError::Index { what: "symbol", size: 4, found: 4 });
    Ok(())
}

#[test]
fn comparisons_that_do_not_fit_are_refused() {
    let comparisons = [
        ("binary cross-entropy", binary_cross_entropy as fn(&mut Graph, Var, Var, Var) -> _),
        ("squared error", squared_error),
        ("absolute error", absolute_error),
        ("Huber loss", |recorder, x, y, w| huber(recorder, x, y, w, HuberConfig::default())),
    ];
    for (op, compare) in comparisons {
        let mut recorder = Graph::new();
        let (prediction, targets) = (recorder.input([4, 3]), recorder.input([4, 3]));
        let (weights, wide) = (recorder.input([4]), recorder.input([4, 3]));
        let other = recorder.input([3, 4]);
        shape_error(compare(&mut recorder, prediction, other, weights), (op, "targets"), [4, 3], [3, 4]);
        shape_error(compare(&mut recorder, prediction, targets, wide), (op, "weights"), [4], [4, 3]);
        let packing = recorder.packing(2, 2);
        let (packed, whole) = (recorder.packed_input(packing, 3), recorder.input([2, 2, 3]));
        let outcome = compare(&mut recorder, packed, whole, weights);
        assert_eq!(outcome.unwrap_err(), packing_error(op, "targets"));
        let outcome = compare(&mut recorder, packed, packed, weights);
        assert_eq!(outcome.unwrap_err(), packing_error(op, "weights"));
        let empty = recorder.input([4, 0]);
        let outcome = compare(&mut recorder, empty, empty, weights);
        assert_eq!(outcome.unwrap_err(), ComputeError::ZeroSize { what: "width of a prediction" });
    }
    let mut recorder = Graph::new();
    let (x, w) = (recorder.input([4, 3]), recorder.input([4]));
    for delta in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let error = huber(&mut recorder, x, x, w, HuberConfig { delta }).unwrap_err();
        assert_eq!(error.to_string(), format!("Huber's δ must be finite and above 0, found {delta}"));
    }
}

#[test]
fn ctc_that_does_not_fit_is_refused() -> Outcome {
    let plain = CtcConfig::default();
    let mut recorder = Graph::new();
    let recorder = &mut recorder;
    let (logits, weights) = (recorder.input([5, 2, 4]), recorder.input([2]));
    let targets = CtcTargets::record(recorder, (2, 3), 4)?;
    let flat = recorder.input([10, 4]);
    shape_error(ctc(recorder, flat, targets, weights, plain), ("CTC", "logits"), [10, 1, 4], [10, 4]);
    for (batch, classes) in [(3, 4), (2, 5)] {
        let other = CtcTargets::record(recorder, (batch, 3), classes)?;
        let outcome = ctc(recorder, logits, other, weights, plain);
        shape_error(outcome, ("CTC", "labels (sequences, classes)"), [2, 4], [batch, classes]);
    }
    let labels = recorder.index_input(5, 4);
    let outcome = ctc(recorder, logits, CtcTargets { labels, ..targets }, weights, plain);
    shape_error(outcome, ("CTC", "labels (count)"), [6], [5]);
    let labels = recorder.packed_index_input(targets.lengths, 4);
    let outcome = ctc(recorder, logits, CtcTargets { labels, ..targets }, weights, plain);
    assert_eq!(
        outcome.unwrap_err(),
        ComputeError::Packing { op: "CTC", what: "labels", expected: "padded, not packed" }
    );
    let one_weight = recorder.input([1]);
    shape_error(ctc(recorder, logits, targets, one_weight, plain), ("CTC", "weights"), [2], [1]);
    let error = ctc(recorder, logits, targets, weights, CtcConfig { blank: 4 }).unwrap_err();
    assert_eq!(error, ComputeError::Index { what: "blank", size: 4, found: 4 });
    for (sizes, classes, what) in
        [((0, 3), 4, "batch"), ((2, 0), 4, "longest target"), ((2, 3), 0, "classes")]
    {
        let error = CtcTargets::record(recorder, sizes, classes).unwrap_err();
        assert_eq!(error, ComputeError::ZeroSize { what });
    }
    Ok(())
}
