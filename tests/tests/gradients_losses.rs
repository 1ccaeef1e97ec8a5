//! The gradient of every loss equals central differences, in `f64`: softmax cross-entropy with ignored
//! rows and smoothed labels, the comparisons of numbers, and CTC; with uneven weights, packed and not, of
//! ragged sizes down to one row of one number.
//!
//! Tolerance: relative error below 1e-5, the project's promise; gradients below 1e-5 are measured against
//! 1e-5. Largest error measured: 1.0e-7 for cross-entropy, 6.4e-10 for comparisons, 5.8e-9 for CTC.

use rnn_compute::ops::{
    CrossEntropyConfig, CtcConfig, CtcTargets, HuberConfig, LossOutput, absolute_error, binary_cross_entropy,
    ctc, huber, softmax_cross_entropy, squared_error,
};
use rnn_compute::{ComputeError, ParameterList, Recorder, Reference, Var};
use rnn_tests::fixture::uneven_weights;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::gradient_check::Subject;

type Outcome = Result<(), ComputeError>;
type Graph = Recorder<Reference<f64>>;

/// N and V.
const ROWS: [[usize; 2]; 5] = [[1, 1], [7, 5], [5, 2], [3, 3], [9, 33]];
/// Lengths of inputs, and T.
const LENGTHS: [(&[usize], usize); 3] = [(&[3, 5, 1], 5), (&[2, 2], 4), (&[1], 1)];

/// What targets are compared with, and whether some are ignored.
fn cross_entropies(classes: usize) -> [CrossEntropyConfig; 5] {
    let plain = CrossEntropyConfig::default();
    let ignored = |class: usize| Some(class as u32);
    [
        plain,
        CrossEntropyConfig { label_smoothing: 0.1, ..plain },
        CrossEntropyConfig { ignore_index: ignored(0), ..plain },
        CrossEntropyConfig { label_smoothing: 0.3, ignore_index: ignored(classes - 1) },
        CrossEntropyConfig { label_smoothing: 1.0, ignore_index: ignored(classes) },
    ]
}

/// Classes that a target can name: one more if what is ignored lies past the others.
fn named(classes: usize, config: CrossEntropyConfig) -> usize {
    classes + usize::from(config.ignore_index == Some(classes as u32))
}

#[test]
fn softmax_cross_entropy_gradients_equal_differences() -> Outcome {
    for [rows, classes] in ROWS {
        for config in cross_entropies(classes) {
            let mut recorder = Recorder::new();
            let logits = recorder.input([rows, classes]);
            let weights = recorder.constant([rows]);
            let targets = recorder.index_input(rows, named(classes, config));
            let output = softmax_cross_entropy(&mut recorder, logits, targets, weights, config)?;
            let mut subject = Subject::new(recorder, &ParameterList::default(), &[logits], &[output.loss])?;
            subject.tape.write(logits, &numbers(501, rows * classes, 3.0))?;
            subject.tape.write(weights, &uneven_weights(rows))?;
            subject.tape.write_indices(targets, &indices(502, rows, named(classes, config)))?;
            subject.assert(&format!("{config:?} over {}", logits.shape()), rows * classes)?;
        }
    }
    Ok(())
}

#[test]
fn packed_softmax_cross_entropy_gradients_equal_differences() -> Outcome {
    let classes = 4;
    for (lengths, steps) in LENGTHS {
        for config in cross_entropies(classes) {
            let rows = lengths.iter().sum();
            let mut recorder = Recorder::new();
            let packing = recorder.packing(steps, lengths.len());
            let logits = recorder.packed_input(packing, classes);
            let weights = recorder.packed_input(packing, 1);
            let targets = recorder.packed_index_input(packing, named(classes, config));
            let output = softmax_cross_entropy(&mut recorder, logits, targets, weights, config)?;
            let mut subject = Subject::new(recorder, &ParameterList::default(), &[logits], &[output.loss])?;
            subject.tape.write_lengths(packing, lengths)?;
            subject.tape.write(logits, &numbers(503, rows * classes, 3.0))?;
            subject.tape.write(weights, &uneven_weights(rows))?;
            subject.tape.write_indices(targets, &indices(504, rows, named(classes, config)))?;
            subject.assert(&format!("{config:?} over {lengths:?}"), rows * classes)?;
        }
    }
    Ok(())
}

type Comparison = fn(&mut Graph, Var, Var, Var) -> Result<LossOutput, ComputeError>;

/// Where Huber's loss turns from quadratic to linear.
const DELTA: f64 = 0.8;

const COMPARISONS: [(&str, Comparison); 4] = [
    ("binary cross-entropy", binary_cross_entropy),
    ("squared error", squared_error),
    ("absolute error", absolute_error),
    ("Huber loss", |recorder, x, y, w| huber(recorder, x, y, w, HuberConfig { delta: DELTA })),
];

/// Targets around the predictions, on both sides of every corner and of Huber's δ, near none of them.
fn targets_around(predictions: &[f64]) -> Vec<f64> {
    let distances = [0.3, -1.7, 0.79, -0.31, 2.4, -0.81];
    predictions.iter().zip(distances.iter().cycle()).map(|(x, distance)| x + distance).collect()
}

#[test]
fn gradients_of_comparisons_equal_differences() -> Outcome {
    for (what, compare) in COMPARISONS {
        for [rows, width] in ROWS {
            let mut recorder = Recorder::new();
            // The loss compares all but the first entry.
            let prediction = recorder.input([rows + 1, width]);
            let view = prediction.slice(1, rows);
            let targets = recorder.constant([rows, width]);
            let weights = recorder.constant([rows]);
            let output = compare(&mut recorder, view, targets, weights)?;
            let mut subject =
                Subject::new(recorder, &ParameterList::default(), &[prediction], &[output.loss])?;
            let predictions = numbers(505, (rows + 1) * width, 2.0);
            subject.tape.write(prediction, &predictions)?;
            subject.tape.write(targets, &targets_around(&predictions[width..]))?;
            subject.tape.write(weights, &uneven_weights(rows))?;
            subject.assert(&format!("{what} over {}", view.shape()), (rows + 1) * width)?;
        }
        for (lengths, steps) in LENGTHS {
            let (rows, width) = (lengths.iter().sum::<usize>(), 3);
            let mut recorder = Recorder::new();
            let packing = recorder.packing(steps, lengths.len());
            let prediction = recorder.packed_input(packing, width);
            let targets = recorder.packed_input(packing, width);
            let weights = recorder.packed_input(packing, 1);
            let output = compare(&mut recorder, prediction, targets, weights)?;
            let mut subject =
                Subject::new(recorder, &ParameterList::default(), &[prediction], &[output.loss])?;
            subject.tape.write_lengths(packing, lengths)?;
            let predictions = numbers(506, rows * width, 2.0);
            subject.tape.write(prediction, &predictions)?;
            subject.tape.write(targets, &targets_around(&predictions))?;
            subject.tape.write(weights, &uneven_weights(rows))?;
            subject.assert(&format!("{what} over {lengths:?}"), rows * width)?;
        }
    }
    Ok(())
}

/// Lengths of the inputs, targets, V, blank.
type CtcSetting<'a> = (&'a [usize], &'a [&'a [u32]], usize, u32);

/// Repeats, single steps, targets as long as their input, blanks anywhere among the classes.
const CTC_SETTINGS: [CtcSetting<'_>; 14] = [
    (&[1], &[&[1]], 2, 0),
    (&[1, 1], &[&[2], &[0]], 3, 1),
    (&[2], &[&[1]], 2, 0),
    (&[2, 2], &[&[1, 2], &[2]], 3, 0),
    (&[4, 4, 4], &[&[1, 2, 1], &[3], &[2, 2]], 4, 0),
    (&[5, 3, 4], &[&[1, 1], &[2, 1], &[3, 1, 2]], 4, 0),
    (&[3, 7], &[&[0, 1], &[0, 0, 0]], 3, 2),
    (&[7, 5, 1], &[&[4, 0, 4, 1], &[0, 0], &[1]], 5, 2),
    (&[6], &[&[0, 0, 1, 1]], 3, 2),
    (&[6], &[&[1]], 7, 0),
    (&[3, 3], &[&[1, 2, 1], &[2, 2]], 3, 0),
    (&[7, 2, 5], &[&[5, 6, 1], &[2, 3], &[4, 4, 4]], 7, 0),
    (&[9, 8], &[&[1, 2, 3, 1], &[3, 3, 3, 3]], 4, 0),
    (&[33, 2], &[&[1, 2, 2, 1, 1], &[2]], 3, 0),
];

fn ctc_subject(
    (lengths, targets, classes, blank): CtcSetting<'_>,
    is_packed: bool,
) -> Result<Subject, ComputeError> {
    let steps = lengths.iter().copied().max().unwrap_or(0);
    let mut recorder = Recorder::new();
    let packing = recorder.packing(steps, lengths.len());
    let logits = if is_packed {
        recorder.packed_input(packing, classes)
    } else {
        recorder.input([steps, lengths.len(), classes])
    };
    let longest = targets.iter().map(|target| target.len()).max().unwrap_or(0);
    // With room to spare.
    let labels = CtcTargets::record(&mut recorder, (lengths.len(), longest + 1), classes)?;
    let weights = recorder.constant([lengths.len()]);
    let config = CtcConfig { blank };
    let output = ctc(&mut recorder, logits, labels, weights, config)?;
    let mut subject = Subject::new(recorder, &ParameterList::default(), &[logits], &[output.loss])?;
    let all = vec![steps; lengths.len()];
    subject.tape.write_lengths(packing, lengths)?;
    labels.write(&mut subject.tape, config, if is_packed { lengths } else { &all }, targets)?;
    let written = subject.tape.read(logits).len();
    subject.tape.write(logits, &numbers(507, written, 2.0))?;
    subject.tape.write(weights, &uneven_weights(lengths.len()))?;
    Ok(subject)
}

#[test]
fn ctc_gradients_equal_differences() -> Outcome {
    for setting in CTC_SETTINGS {
        let (lengths, _, classes, _) = setting;
        let steps = lengths.iter().copied().max().unwrap_or(0);
        let rows: usize = lengths.iter().sum();
        ctc_subject(setting, true)?.assert(&format!("CTC over {setting:?}, packed"), rows * classes)?;
        let rows = steps * lengths.len();
        ctc_subject(setting, false)?.assert(&format!("CTC over {setting:?}"), rows * classes)?;
    }
    Ok(())
}
