//! What the losses promise besides their numbers: rows that are left out cost nothing even if they are
//! lost, a target that no path has never makes a gradient that is not finite, and large losses are cut
//! into parts.

use rnn_compute::decode::{CtcBeamConfig, Labelling, ctc_beam_search};
use rnn_compute::ops::{
    CrossEntropyConfig, CtcConfig, CtcTargets, ctc, softmax_cross_entropy, squared_error,
};
use rnn_compute::{
    Backend, ComputeError, Cpu, GradientScope, Gradients, ParameterList, Pass, Recorder, Reference, Tape, Var,
};
use rnn_tests::fixture::parameters;
use rnn_tests::formula::{indices, numbers};

type Outcome = Result<(), ComputeError>;

fn values<'a, T: Copy + 'a>(numbers: impl IntoIterator<Item = &'a T>) -> Vec<T> {
    numbers.into_iter().copied().collect()
}

/// Forward and backward; returns how many parts each pass had.
fn run<B: Backend>(tape: &mut Tape<B>, loss: Var, one: B::Elem) -> Result<[usize; 2], ComputeError> {
    let mut parameters = parameters(tape.backend(), &ParameterList::default())?;
    let mut parts = [1, 1];
    let mut pass = Pass::forward();
    while !tape.advance(&mut pass, &mut parameters) {
        parts[0] += 1;
    }
    tape.zero_gradients();
    tape.write_gradient(loss, &[one])?;
    let mut pass = Pass::backward(GradientScope::Everything);
    while !tape.advance(&mut pass, &mut parameters) {
        parts[1] += 1;
    }
    Ok(parts)
}

#[test]
fn a_large_cross_entropy_is_cut_and_misses_no_row() -> Outcome {
    let (rows, classes) = (37, 40_000);
    let mut recorder = Recorder::new();
    let logits = recorder.input([rows, classes]);
    let weights = recorder.constant([rows]);
    let targets = recorder.index_input(rows, classes);
    let config = CrossEntropyConfig::default();
    let output = softmax_cross_entropy(&mut recorder, logits, targets, weights, config)?;
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    // Every logit 0, so that the loss of each row is ln V.
    let weight = |row: usize| (row + 1) as f32;
    tape.write(weights, &(0..rows).map(weight).collect::<Vec<_>>())?;
    tape.write_indices(targets, &indices(510, rows, classes))?;
    assert_eq!(run(&mut tape, output.loss, 1.0)?, [5, 5]);
    let sum = (rows * (rows + 1) / 2) as f64;
    let want = sum * f64::from(classes as u32).ln();
    assert!((f64::from(tape.read_scalar(output.loss)) / want - 1.0).abs() < 1e-6);
    let gradient = values(&tape.read_gradient(logits));
    for (row, (d_row, target)) in gradient.chunks_exact(classes).zip(indices(510, rows, classes)).enumerate()
    {
        let want = weight(row) * (1.0 / classes as f32 - 1.0);
        assert!((d_row[target as usize] - want).abs() < 1e-5 * weight(row), "row {row}");
    }
    Ok(())
}

#[test]
fn packed_rows_past_the_last_are_not_read() -> Outcome {
    let mut recorder = Recorder::new();
    let packing = recorder.packing(4, 2);
    let logits = recorder.packed_input(packing, 3);
    let weights = recorder.packed_input(packing, 1);
    let targets = recorder.packed_index_input(packing, 3);
    let prediction = recorder.packed_input(packing, 2);
    let numbers_wanted = recorder.packed_input(packing, 2);
    let classes = softmax_cross_entropy(&mut recorder, logits, targets, weights, Default::default())?;
    let distance = squared_error(&mut recorder, prediction, numbers_wanted, weights)?;
    let mut tape = recorder.finish(Reference::<f64>::new(), Gradients::Kept);
    // A full batch whose last rows are lost, then a shorter one.
    let mut lost = numbers(511, 24, 1.0);
    lost[15..].fill(f64::NAN);
    tape.write(logits, &lost)?;
    tape.write(prediction, &[f64::NAN; 16])?;
    tape.write(weights, &[1.0; 8])?;
    run(&mut tape, classes.loss, 1.0)?;
    assert!(tape.read_scalar(classes.loss).is_nan() && tape.read_scalar(distance.loss).is_nan());
    tape.write_lengths(packing, &[2, 3])?;
    tape.write(prediction, &[0.5; 10])?;
    run(&mut tape, classes.loss, 1.0)?;
    assert!(tape.read_scalar(classes.loss).is_finite());
    assert_eq!(tape.read_scalar(distance.loss), 2.5);
    assert_eq!(tape.read_gradient(logits).shape(), [5, 3]);
    assert!(tape.read_gradient(logits).iter().all(|gradient| gradient.is_finite()));
    Ok(())
}

#[test]
fn a_weight_of_0_and_the_ignored_class_leave_a_lost_row_out() -> Outcome {
    let config = CrossEntropyConfig { label_smoothing: 0.1, ignore_index: Some(3) };
    let mut recorder = Recorder::new();
    let logits = recorder.input([3, 3]);
    let weights = recorder.constant([3]);
    let targets = recorder.index_input(3, 4);
    let output = softmax_cross_entropy(&mut recorder, logits, targets, weights, config)?;
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let lost = f32::NAN;
    tape.write(logits, &[lost, 0.0, 1.0, 1.0, 2.0, 3.0, f32::INFINITY, 0.0, lost])?;
    tape.write(weights, &[0.0, 1.0, 1.0])?;
    tape.write_indices(targets, &[0, 1, 3])?;
    run(&mut tape, output.loss, 1.0)?;
    let row_losses = values(&tape.read(output.row_losses));
    assert!(row_losses[0].is_nan() && row_losses[2] == 0.0, "{row_losses:?}");
    assert_eq!(tape.read_scalar(output.loss), row_losses[1]);
    let gradient = values(&tape.read_gradient(logits));
    let is_zero = gradient.iter().map(|&gradient| gradient == 0.0);
    assert_eq!(is_zero.collect::<Vec<_>>(), [true, true, true, false, false, false, true, true, true]);
    Ok(())
}

/// CTC over two sequences of at most 3 steps with 3 classes, whose first target is 1, 2.
struct Recognition {
    tape: Tape<Cpu>,
    logits: Var,
    targets: CtcTargets,
    sequence_losses: Var,
    loss: Var,
}

impl Recognition {
    fn new() -> Result<Self, ComputeError> {
        let mut recorder = Recorder::new();
        let logits = recorder.input([3, 2, 3]);
        let targets = CtcTargets::record(&mut recorder, (2, 3), 3)?;
        let weights = recorder.constant([2]);
        let output = ctc(&mut recorder, logits, targets, weights, CtcConfig::default())?;
        let mut tape = recorder.finish(Cpu, Gradients::Kept);
        tape.write(logits, &numbers(512, 18, 2.0))?;
        tape.write(weights, &[1.0, 1.0])?;
        Ok(Self { tape, logits, targets, sequence_losses: output.sequence_losses, loss: output.loss })
    }

    /// The losses of both sequences, and the gradients of their logits.
    fn run(&mut self) -> Result<([f32; 2], [Vec<f32>; 2]), ComputeError> {
        run(&mut self.tape, self.loss, 1.0)?;
        let losses = values(&self.tape.read(self.sequence_losses));
        let gradient = values(&self.tape.read_gradient(self.logits));
        let of = |sequence| {
            let rows = gradient.chunks_exact(3).skip(sequence).step_by(2);
            rows.flatten().copied().collect()
        };
        Ok(([losses[0], losses[1]], [of(0), of(1)]))
    }
}

#[test]
fn a_target_that_no_path_has_counts_nothing() -> Outcome {
    // Too long, and made impossible by a logit of −∞ in every step.
    for is_long in [true, false] {
        let mut recognition = Recognition::new()?;
        let tape = &mut recognition.tape;
        tape.write_lengths(recognition.targets.lengths, &[2, if is_long { 3 } else { 1 }])?;
        tape.write_indices(recognition.targets.labels, &[1, 2, 0, 2, 2, 2])?;
        if !is_long {
            let mut logits = values(&tape.read(recognition.logits));
            logits.chunks_exact_mut(3).skip(1).step_by(2).for_each(|row| row[2] = f32::NEG_INFINITY);
            tape.write(recognition.logits, &logits)?;
        }
        let (losses, gradients) = recognition.run()?;
        assert!(losses[0] > 0.0 && losses[0].is_finite() && losses[1] == 0.0, "{losses:?}");
        assert_eq!(recognition.tape.read_scalar(recognition.loss), losses[0]);
        assert!(gradients[0].iter().all(|&gradient| gradient != 0.0 && gradient.is_finite()));
        assert_eq!(gradients[1], [0.0; 9]);
    }
    Ok(())
}

#[test]
fn a_lost_logit_shows_in_the_ctc_loss() -> Outcome {
    for place in 0..9 {
        for lost in [f32::NAN, f32::INFINITY] {
            let mut recognition = Recognition::new()?;
            let tape = &mut recognition.tape;
            recognition.targets.write(tape, CtcConfig::default(), &[3, 3], &[vec![1, 2], vec![2]])?;
            let mut logits = values(&tape.read(recognition.logits));
            logits[place / 3 * 6 + place % 3] = lost;
            tape.write(recognition.logits, &logits)?;
            let (losses, _) = recognition.run()?;
            assert!(losses[0].is_nan() && losses[1].is_finite(), "{lost} at {place}: {losses:?}");
        }
    }
    Ok(())
}

/// One step says the label or it does not: a loss that can be worked out by hand.
#[test]
fn a_ctc_loss_by_hand() -> Outcome {
    let mut recorder = Recorder::new();
    let logits = recorder.input([2, 1, 2]);
    let targets = CtcTargets::record(&mut recorder, (1, 1), 2)?;
    let weights = recorder.constant([1]);
    let output = ctc(&mut recorder, logits, targets, weights, CtcConfig::default())?;
    let mut tape = recorder.finish(Reference::<f64>::new(), Gradients::Kept);
    // y = (0.75, 0.25) at both steps: p = 1 − 0.75² over the paths 11, ␣1 and 1␣.
    let log_3 = 1.098_612_288_668_109_8;
    tape.write(logits, &[log_3, 0.0, log_3, 0.0])?;
    tape.write(weights, &[2.0])?;
    targets.write(&mut tape, CtcConfig::default(), &[2], &[[1]])?;
    run(&mut tape, output.loss, 1.0)?;
    let p: f64 = 7.0 / 16.0;
    assert!((tape.read_scalar(output.loss) + 2.0 * p.ln()).abs() < 1e-14);
    // Of the three paths' 7/16, those with the label at step 0 make 4/16.
    let want = 2.0 * (0.25 - 4.0 / 7.0);
    for (step, gradient) in values(&tape.read_gradient(logits)).chunks_exact(2).enumerate() {
        assert!((gradient[1] - want).abs() < 1e-14 && (gradient[0] + want).abs() < 1e-14, "step {step}");
    }
    Ok(())
}

/// The loss of a labelling, and its probability by a beam that leaves nothing out.
#[test]
fn the_loss_and_the_beam_agree_on_every_labelling() -> Outcome {
    let (steps, classes, blank) = (5, 3, 1);
    let config = CtcConfig { blank };
    let mut recorder = Recorder::new();
    let logits = recorder.input([steps, 1, classes]);
    let targets = CtcTargets::record(&mut recorder, (1, steps), classes)?;
    let weights = recorder.constant([1]);
    let output = ctc(&mut recorder, logits, targets, weights, config)?;
    let mut tape = recorder.finish(Reference::<f64>::new(), Gradients::Kept);
    tape.write(logits, &numbers(513, steps * classes, 2.0))?;
    tape.write(weights, &[1.0])?;
    run(&mut tape, output.loss, 1.0)?;
    let log_probabilities = values(&tape.read(output.log_probabilities));
    let beam = ctc_beam_search(&log_probabilities, classes, CtcBeamConfig { blank, width: 1000 })?;
    assert_eq!(beam.iter().filter(|found| found.labels.is_empty()).count(), 1);
    for Labelling { labels, log_probability } in beam.iter().filter(|found| !found.labels.is_empty()) {
        targets.write(&mut tape, config, &[steps], &[labels])?;
        run(&mut tape, output.loss, 1.0)?;
        let loss = tape.read_scalar(output.loss);
        // Measured 1.8e-15.
        assert!((loss + log_probability).abs() < 1e-14, "{labels:?}: {loss}, {log_probability}");
    }
    Ok(())
}

#[test]
fn ctc_targets_that_do_not_fit_are_refused_and_nothing_is_written() -> Outcome {
    let mut recognition = Recognition::new()?;
    let (config, lengths) = (CtcConfig::default(), [3, 3]);
    let good = [vec![1, 2], vec![2]];
    let Recognition { tape, targets, .. } = &mut recognition;
    targets.write(tape, config, &lengths, &good)?;
    let (before, _) = recognition.run()?;
    let Recognition { tape, targets, .. } = &mut recognition;
    let too_long = ComputeError::TargetTooLong { sequence: 1, expected: 4, found: 3 };
    for (bad, want) in [
        ([vec![2], vec![1, 1, 2]], too_long),
        ([vec![2], vec![1, 3]], ComputeError::Index { what: "label", size: 3, found: 3 }),
        ([vec![2, 0], vec![1]], ComputeError::BlankLabel { sequence: 0, found: 0 }),
        ([vec![], vec![1]], ComputeError::SequenceLength { sequence: 0, longest: 3, found: 0 }),
    ] {
        assert_eq!(targets.write(tape, config, &lengths, &bad).unwrap_err(), want);
    }
    // Longer than was planned for.
    let error = targets.write(tape, config, &[9, 9], &[vec![2], vec![1, 2, 1, 2]]).unwrap_err();
    assert_eq!(error, ComputeError::SequenceLength { sequence: 1, longest: 3, found: 4 });
    let error = targets.write(tape, config, &lengths, &[vec![1]]).unwrap_err();
    assert!(matches!(error, ComputeError::Length { expected: 2, found: 1, .. }), "{error}");
    assert_eq!(recognition.run()?.0, before);
    Ok(())
}
