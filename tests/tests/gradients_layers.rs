//! Every gradient of the layers around the recurrence equals central differences, in `f64`: full and packed
//! batches, one sequence, one step, one unit, inputs that are views, tensors that an op reads twice.
//!
//! Tolerance: relative error below 1e-5, the project's promise. Largest error measured: 3.4e-10.

use rnn_compute::ops::{
    Activation, BatchNorm, BatchNormWeights, LayerNorm, LayerNormWeights, TimePooling, activation, add,
    batch_norm, concat, dropout, embedding, layer_norm, log_softmax, multiply, pack, padded_embedding,
    pool_time, reverse, reverse_padded, slice, softmax, unpack,
};
use rnn_compute::{ComputeError, Mode, PackingVar, ParameterList, ParameterRole, Recorder, Reference, Var};
use rnn_tests::formula::indices;
use rnn_tests::gradient_check::Subject;

type Outcome = Result<(), ComputeError>;
type Graph = Recorder<Reference<f64>>;

/// T and the length of each sequence.
type Lengths = (usize, &'static [usize]);

/// Batches of sequences of different lengths: one of them shorter than T, one step, equal lengths.
const LENGTHS: [Lengths; 5] = [(4, &[2, 4, 1]), (5, &[3]), (1, &[1, 1]), (3, &[3, 3]), (5, &[1, 5, 2, 5])];
/// T and B of full batches.
const FULL: [[usize; 2]; 4] = [[1, 1], [4, 3], [5, 1], [1, 2]];
const WIDTHS: [usize; 2] = [1, 5];
const TRAINING: Mode = Mode::Training { seed: 3, step: 8 };

/// Checks an op of one input `[T, B, width]` over every full and every packed batch. `parameters` is how many
/// numbers of `list` are trained.
fn check_rows(
    what: &str,
    width: usize,
    (list, parameters): (&ParameterList, usize),
    record: impl Fn(&mut Graph, Var) -> Result<Var, ComputeError>,
) -> Outcome {
    for [steps, batch] in FULL {
        // All but the first entry is read, as a layer reads the states of the one below.
        let mut recorder = Recorder::new();
        let input = recorder.input([steps + 1, batch, width]);
        let output = record(&mut recorder, input.slice(1, steps))?;
        let mut subject = Subject::new(recorder, list, &[input], &[output])?;
        subject.tape.set_mode(TRAINING);
        let expected = parameters + input.shape().len();
        subject.tape.write(input, &spread(0, expected - parameters))?;
        subject.assert(&format!("{what} over [{steps}, {batch}, {width}]"), expected)?;
    }
    for lengths in LENGTHS {
        let (mut recorder, packing) = packed_recorder(lengths);
        let input = recorder.packed_input(packing, width);
        let output = record(&mut recorder, input)?;
        let what = format!("{what} over {lengths:?} of {width}");
        check_packed(&what, (recorder, packing, lengths), (list, parameters), &[input], output)?;
    }
    Ok(())
}

fn packed_recorder((steps, lengths): Lengths) -> (Graph, PackingVar) {
    let mut recorder = Recorder::new();
    let packing = recorder.packing(steps, lengths.len());
    (recorder, packing)
}

/// Checks a graph with a batch of sequences of the given lengths.
fn check_packed(
    what: &str,
    (recorder, packing, (_, lengths)): (Graph, PackingVar, Lengths),
    (list, parameters): (&ParameterList, usize),
    inputs: &[Var],
    output: Var,
) -> Outcome {
    let mut subject = Subject::new(recorder, list, inputs, &[output])?;
    subject.tape.set_mode(TRAINING);
    subject.tape.write_lengths(packing, lengths)?;
    let mut expected = parameters;
    for (salt, &input) in (0..).zip(inputs) {
        let len = subject.tape.read(input).len();
        subject.tape.write(input, &spread(salt, len))?;
        expected += len;
    }
    subject.assert(what, expected)
}

/// Numbers in ±1 of which no two are nearer than 0.02, nor any to 0 than 0.01: differences must not reach
/// across the kinks of a maximum or a ReLU.
fn spread(salt: usize, len: usize) -> Vec<f64> {
    assert!(len < 101, "there are no more such numbers");
    (0..len).map(|n| ((37 * n + 11 * salt) % 101) as f64 * 0.02 - 0.99).collect()
}

/// No parameters.
fn none() -> (ParameterList, usize) {
    (ParameterList::default(), 0)
}

#[test]
fn activation_gradients_equal_differences() -> Outcome {
    let (list, count) = none();
    for kind in [Activation::Relu, Activation::Tanh, Activation::Sigmoid] {
        for width in WIDTHS {
            check_rows(&format!("{kind:?}"), width, (&list, count), |recorder, input| {
                Ok(activation(recorder, input, kind))
            })?;
        }
    }
    Ok(())
}

#[test]
fn softmax_gradients_equal_differences() -> Outcome {
    let (list, count) = none();
    for width in WIDTHS {
        check_rows("softmax", width, (&list, count), softmax)?;
        check_rows("log-softmax", width, (&list, count), log_softmax)?;
    }
    Ok(())
}

#[test]
fn dropout_gradients_equal_differences() -> Outcome {
    let (list, count) = none();
    for (width, probability) in [(5, 0.4), (3, 0.0), (1, 0.7)] {
        let record = |recorder: &mut Graph, input| dropout(recorder, input, probability, 2);
        check_rows(&format!("dropout of {probability}"), width, (&list, count), record)?;
    }
    Ok(())
}

#[test]
fn layer_norm_gradients_equal_differences() -> Outcome {
    for width in [1, 2, 5] {
        let mut list = ParameterList::default();
        let weights = LayerNormWeights::declare(&mut list, "norm", width);
        // Two numbers that are close have a variance near 0, where differences are poor.
        let config = LayerNorm { epsilon: 0.1 };
        check_rows("layer norm", width, (&list, 2 * width), |recorder, input| {
            layer_norm(recorder, input, weights, config)
        })?;
    }
    Ok(())
}

#[test]
fn batch_norm_gradients_equal_differences() -> Outcome {
    for mode in [TRAINING, Mode::Evaluation] {
        check_batch_norm(mode, |recorder| recorder.input([5, 3]))?;
        check_batch_norm(mode, |recorder| recorder.input([2, 3]))?;
        check_batch_norm(mode, |recorder| recorder.input([1, 4]))?;
        check_batch_norm(mode, |recorder| recorder.input([2, 3, 4]))?;
        check_batch_norm(mode, |recorder| recorder.input([3, 2, 2, 3]))?;
        check_batch_norm(mode, |recorder| recorder.input([1, 2, 3, 1]))?;
        check_batch_norm(mode, |recorder| recorder.input([4, 2, 1, 3]).slice(1, 3))?;
    }
    Ok(())
}

fn check_batch_norm(mode: Mode, input: impl Fn(&mut Graph) -> Var) -> Outcome {
    let mut recorder = Recorder::new();
    let input = input(&mut recorder);
    let channels = input.shape().dims()[1];
    let mut list = ParameterList::default();
    let weights = BatchNormWeights::declare(&mut list, "norm", channels);
    let config = BatchNorm { epsilon: 0.1, ..BatchNorm::default() };
    let output = batch_norm(&mut recorder, input, weights, config)?;
    let mut subject = Subject::new(recorder, &list, &[input], &[output])?;
    subject.tape.set_mode(mode);
    let variances: Vec<f64> = (0..channels).map(|channel| 0.3 + channel as f64).collect();
    subject.parameters.write(weights.running_variance, &variances)?;
    let expected = 2 * channels + input.shape().len();
    subject.assert(&format!("batch norm over {}, {mode:?}", input.shape()), expected)
}

#[test]
fn embedding_gradients_equal_differences() -> Outcome {
    // More lookups than rows, so that some rows are read several times, and the last row never: in the
    // second round it is the padding index.
    for padding in [None, Some(4)] {
        for lengths in LENGTHS {
            let mut list = ParameterList::default();
            let table = list.declare("table", [5, 3], ParameterRole::Embedding);
            let table = (table, list.shape(table));
            let (mut recorder, packing) = packed_recorder(lengths);
            let ids = recorder.packed_index_input(packing, 5);
            let shape = [packing.steps(), packing.batch(), 3];
            let output = match padding {
                None => embedding(&mut recorder, ids, table, shape)?,
                Some(padding) => padded_embedding(&mut recorder, ids, table, shape, padding)?,
            };
            let mut subject = Subject::new(recorder, &list, &[], &[output])?;
            subject.tape.write_lengths(packing, lengths.1)?;
            let count = subject.tape.packing(packing).rows();
            subject.tape.write_indices(ids, &indices(500, count, 4))?;
            subject.assert(&format!("embedding of {lengths:?}, padding {padding:?}"), 15)?;
        }
    }
    Ok(())
}

#[test]
fn join_and_slice_gradients_equal_differences() -> Outcome {
    let (list, count) = none();
    for width in [2, 5] {
        // The input is read three times, once in part.
        let record = |recorder: &mut Graph, input| {
            let part = slice(recorder, input, 1..width)?;
            concat(recorder, &[input, part, input])
        };
        check_rows("concat of slices", width, (&list, count), record)?;
    }
    for lengths in LENGTHS {
        let (mut recorder, packing) = packed_recorder(lengths);
        let inputs = [3, 1, 2].map(|width| recorder.packed_input(packing, width));
        let output = concat(&mut recorder, &inputs)?;
        let what = format!("concat of {lengths:?}");
        check_packed(&what, (recorder, packing, lengths), (&list, count), &inputs, output)?;
    }
    Ok(())
}

#[test]
fn sum_and_product_gradients_equal_differences() -> Outcome {
    let (list, count) = none();
    for width in WIDTHS {
        // Twice the same tensor: both shares of the gradient must arrive.
        check_rows("x + x", width, (&list, count), |recorder, input| add(recorder, input, input))?;
        check_rows("x ⊙ x", width, (&list, count), |recorder, input| multiply(recorder, input, input))?;
    }
    for lengths in LENGTHS {
        for op in [add, multiply] {
            let (mut recorder, packing) = packed_recorder(lengths);
            let inputs = [3, 3].map(|width| recorder.packed_input(packing, width));
            let output = op(&mut recorder, inputs[0], inputs[1])?;
            let what = format!("sum or product of {lengths:?}");
            check_packed(&what, (recorder, packing, lengths), (&list, count), &inputs, output)?;
        }
    }
    Ok(())
}

#[test]
fn reversal_gradients_equal_differences() -> Outcome {
    let (list, count) = none();
    for width in WIDTHS {
        check_rows("reverse", width, (&list, count), reverse)?;
    }
    check_padded("reverse within lengths", reverse_padded)
}

#[test]
fn packing_gradients_equal_differences() -> Outcome {
    check_padded("pack", pack)?;
    check_padded("pack and unpack", |recorder, input, packing| {
        let packed = pack(recorder, input, packing)?;
        unpack(recorder, packed)
    })
}

/// Checks an op of a padded tensor and its lengths.
fn check_padded(
    what: &str,
    record: impl Fn(&mut Graph, Var, PackingVar) -> Result<Var, ComputeError>,
) -> Outcome {
    let (list, count) = none();
    for lengths in LENGTHS {
        for width in [1, 3] {
            let (mut recorder, packing) = packed_recorder(lengths);
            let whole = recorder.input([packing.steps() + 1, packing.batch(), width]);
            let output = record(&mut recorder, whole.slice(1, packing.steps()), packing)?;
            let what = format!("{what} of {lengths:?}");
            check_packed(&what, (recorder, packing, lengths), (&list, count), &[whole], output)?;
        }
    }
    Ok(())
}

#[test]
fn pooling_gradients_equal_differences() -> Outcome {
    let (list, count) = none();
    for pooling in [TimePooling::Mean, TimePooling::Max] {
        for width in WIDTHS {
            let record = |recorder: &mut Graph, input| pool_time(recorder, input, pooling);
            check_rows(&format!("{pooling:?} over time"), width, (&list, count), record)?;
        }
    }
    Ok(())
}
