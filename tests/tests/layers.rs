//! What holds for the layers around the recurrence whatever the numbers: padding changes nothing, dropout
//! keeps its share and follows from seed, stream and step alone, running statistics move once a step, and
//! what does not fit is refused with a reason.

use rnn_compute::ops::{
    Activation, BatchNorm, BatchNormWeights, LayerNorm, LayerNormWeights, TimePooling, activation, add,
    batch_norm, concat, dropout, embedding, layer_norm, log_softmax, multiply, pack, padded_embedding,
    pool_time, reverse, reverse_padded, slice, softmax, unpack,
};
use rnn_compute::{
    Backend, ComputeError, Cpu, GradientScope, Gradients, Initialisation, Mode, ParameterList, ParameterRole,
    Parameters, Pass, Recorder, Reference, Shape, Tape, Var,
};
use rnn_tests::formula::numbers;

type Outcome = Result<(), ComputeError>;

const WIDTH: usize = 3;

fn training(seed: u32, step: u32) -> Mode {
    Mode::Training { seed, step }
}

/// Runs every layer over padded sequences of the given lengths, in training, with `padding` in the rows that
/// belong to none. Returns the vector of each sequence, and the gradients of its steps.
fn run_layers(
    steps: usize,
    lengths: &[usize],
    padding: f32,
) -> Result<(Vec<f32>, Vec<Vec<f32>>), ComputeError> {
    let batch = lengths.len();
    let mut list = ParameterList::default();
    let norm = LayerNormWeights::declare(&mut list, "norm", WIDTH);
    let mut recorder = Recorder::new();
    let packing = recorder.packing(steps, batch);
    let input = recorder.input([steps, batch, WIDTH]);
    let turned = reverse_padded(&mut recorder, input, packing)?;
    let packed = pack(&mut recorder, turned, packing)?;
    let normed = layer_norm(&mut recorder, packed, norm, LayerNorm::default())?;
    let squashed = activation(&mut recorder, normed, Activation::Tanh);
    let dropped = dropout(&mut recorder, squashed, 0.3, 1)?;
    let back = reverse(&mut recorder, dropped)?;
    let soft = softmax(&mut recorder, back)?;
    let product = multiply(&mut recorder, soft, back)?;
    let joined = concat(&mut recorder, &[product, packed])?;
    let part = slice(&mut recorder, joined, 1..5)?;
    let mean = pool_time(&mut recorder, part, TimePooling::Mean)?;
    let largest = pool_time(&mut recorder, part, TimePooling::Max)?;
    let output = concat(&mut recorder, &[mean, largest])?;

    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let mut parameters = Parameters::new(Cpu, &list);
    Initialisation::PyTorch.draw(&mut parameters, 1);
    tape.set_mode(training(5, 2));
    tape.write_lengths(packing, lengths)?;
    let drawn: Vec<f32> = numbers(1, 64 * WIDTH, 1.0);
    let mut padded = vec![padding; steps * batch * WIDTH];
    for (sequence, &length) in lengths.iter().enumerate() {
        for step in 0..length {
            let row = (step * batch + sequence) * WIDTH;
            padded[row..row + WIDTH].copy_from_slice(&drawn[(8 * sequence + step) * WIDTH..][..WIDTH]);
        }
    }
    tape.write(input, &padded)?;
    tape.forward(&mut parameters);
    let seeds = numbers(2, tape.read(output).len(), 1.0);
    tape.write_gradient(output, &seeds)?;
    tape.backward(&mut parameters);
    let gradient: Vec<f32> = tape.read_gradient(input).into_iter().collect();
    let of_sequence = |(sequence, &length): (usize, &usize)| -> Vec<f32> {
        let row = |step: usize| (step * batch + sequence) * WIDTH;
        // In the padding there is no gradient.
        assert!((length..steps).all(|step| gradient[row(step)..][..WIDTH] == [0.0; WIDTH]));
        (0..length).flat_map(|step| gradient[row(step)..][..WIDTH].to_vec()).collect()
    };
    let gradients = lengths.iter().enumerate().map(of_sequence).collect();
    Ok((tape.read(output).into_iter().collect(), gradients))
}

#[test]
fn padding_changes_no_bit() -> Outcome {
    for lengths in [&[2, 5, 1, 5][..], &[3], &[1, 1]] {
        let longest = lengths.iter().copied().max().unwrap_or(1);
        let tight = run_layers(longest, lengths, 0.0)?;
        assert!(tight.0.iter().chain(tight.1.iter().flatten()).all(|number| number.is_finite()));
        assert!(tight.1.iter().flatten().any(|&number| number != 0.0));
        for padding in [0.0, 1e30, f32::NAN] {
            assert_eq!(
                run_layers(longest + 2, lengths, padding)?,
                tight,
                "{lengths:?} padded with {padding}"
            );
        }
    }
    Ok(())
}

#[test]
fn unpacking_pads_with_zeros_whatever_was_there() -> Outcome {
    let mut recorder = Recorder::new();
    let packing = recorder.packing(4, 3);
    let input = recorder.packed_input(packing, 2);
    let output = unpack(&mut recorder, input)?;
    let mut tape = recorder.finish(Cpu, Gradients::None);
    let mut parameters = Parameters::new(Cpu, &ParameterList::default());
    // First all steps are filled, then fewer.
    for lengths in [[4, 4, 4], [1, 4, 2]] {
        tape.write_lengths(packing, &lengths)?;
        let count = 2 * lengths.iter().sum::<usize>();
        tape.write(input, &vec![1.0; count])?;
        tape.forward(&mut parameters);
        let padded = tape.read(output);
        for (index, &number) in padded.iter().enumerate() {
            let (step, sequence) = (index / 6, index / 2 % 3);
            assert_eq!(number, if step < lengths[sequence] { 1.0 } else { 0.0 }, "{lengths:?}");
        }
    }
    Ok(())
}

#[test]
fn full_sequences_are_pooled_over_all_their_steps() -> Outcome {
    let (steps, batch, width) = (7, 3, 2);
    let x: Vec<f32> = numbers(4, steps * batch * width, 1.0);
    for pooling in [TimePooling::Mean, TimePooling::Max] {
        let mut recorder = Recorder::new();
        let input = recorder.input([steps, batch, width]);
        let output = pool_time(&mut recorder, input, pooling)?;
        let mut tape = recorder.finish(Cpu, Gradients::Kept);
        let mut parameters = Parameters::new(Cpu, &ParameterList::default());
        tape.write(input, &x)?;
        tape.forward(&mut parameters);
        tape.write_gradient(output, &[1.0; 6])?;
        tape.backward(&mut parameters);
        let (pooled, gradient) = (tape.read(output), tape.read_gradient(input));
        let gradient: Vec<f32> = gradient.into_iter().collect();
        for (place, &found) in pooled.iter().enumerate() {
            let of_steps = |numbers: &[f32]| -> Vec<f32> {
                numbers.iter().skip(place).step_by(batch * width).copied().collect()
            };
            let (over, gradient) = (of_steps(&x), of_steps(&gradient));
            let largest = over.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for (number, gradient) in over.iter().zip(gradient) {
                let expected = match pooling {
                    TimePooling::Mean => 1.0 / steps as f32,
                    TimePooling::Max => f32::from(*number == largest),
                };
                assert!((gradient - expected).abs() < 1e-6, "{pooling:?}: {gradient} for {expected}");
            }
            let expected = match pooling {
                TimePooling::Mean => over.iter().sum::<f32>() / steps as f32,
                TimePooling::Max => largest,
            };
            assert!((found - expected).abs() < 1e-6, "{pooling:?}: {found} for {expected}");
        }
    }
    Ok(())
}

/// The gradient of a dropout of ones, walked back from ones, and its output.
fn masks<B: Backend>(
    backend: &B,
    (probability, stream): (f64, u32),
    mode: Mode,
    len: usize,
) -> Result<[Vec<f64>; 2], ComputeError> {
    use rnn_compute::Real;
    let mut recorder = Recorder::new();
    let input = recorder.input([len]);
    let output = dropout(&mut recorder, input, probability, stream)?;
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    let mut parameters = Parameters::new(backend.clone(), &ParameterList::default());
    let ones = vec![B::Elem::ONE; len];
    tape.write(input, &ones)?;
    tape.set_mode(mode);
    tape.forward(&mut parameters);
    // The mask is that of the forward pass, whatever is said in between.
    tape.set_mode(Mode::Evaluation);
    tape.write_gradient(output, &ones)?;
    tape.backward(&mut parameters);
    let numbers = [tape.read(output), tape.read_gradient(input)];
    Ok(numbers.map(|numbers| numbers.into_iter().map(Real::to_f64).collect()))
}

#[test]
fn dropout_keeps_its_share_and_its_expectation() -> Outcome {
    for probability in [0.1, 0.5, 0.9] {
        let len = 200_001;
        let [output, gradient] = masks(&Cpu, (probability, 0), training(1, 1), len)?;
        assert_eq!(output, gradient);
        let scale = f64::from((1.0 / (1.0 - probability)) as f32);
        assert!(output.iter().all(|&factor| factor == 0.0 || factor == scale));
        let dropped = output.iter().filter(|&&factor| factor == 0.0).count() as f64 / len as f64;
        // Four standard errors.
        let allowed = 4.0 * (probability * (1.0 - probability) / len as f64).sqrt();
        assert!((dropped - probability).abs() < allowed, "{dropped} of {probability}");
        // Neighbours are dropped independently of each other.
        let both = output.windows(2).filter(|pair| pair == &[0.0; 2]).count() as f64 / (len - 1) as f64;
        let allowed = 6.0 * probability / (len as f64).sqrt();
        assert!((both - probability * probability).abs() < allowed, "{both} of {probability}²");
    }
    Ok(())
}

#[test]
fn a_mask_follows_from_seed_stream_and_step_alone() -> Outcome {
    let mask = |seed, stream, step, len| masks(&Cpu, (0.5, stream), training(seed, step), len);
    let first = mask(7, 0, 3, 1000)?;
    assert_eq!(mask(7, 0, 3, 1000)?, first);
    assert_eq!(masks(&Reference::<f64>::new(), (0.5, 0), training(7, 3), 1000)?, first);
    for other in [mask(8, 0, 3, 1000)?, mask(7, 1, 3, 1000)?, mask(7, 0, 4, 1000)?] {
        // About half of the places agree by chance.
        let agreeing = other[0].iter().zip(&first[0]).filter(|(a, b)| a == b).count();
        assert!((400..600).contains(&agreeing), "{agreeing} of 1000");
    }
    // Number n has the same mask in a longer tensor.
    assert_eq!(mask(7, 0, 3, 1203)?[0][..1000], first[0]);
    Ok(())
}

#[test]
fn dropout_copies_when_it_evaluates_or_drops_nothing() -> Outcome {
    for (probability, mode) in [(0.5, Mode::Evaluation), (0.0, training(1, 1)), (0.0, Mode::Evaluation)] {
        let [output, gradient] = masks(&Cpu, (probability, 0), mode, 33)?;
        assert_eq!((output, gradient), (vec![1.0; 33], vec![1.0; 33]));
    }
    // Nearly all: what is kept, if anything, is enlarged without bounds.
    let [output, _] = masks(&Cpu, (1.0 - f64::EPSILON, 0), training(1, 1), 1000)?;
    assert_eq!(output, vec![0.0; 1000]);
    Ok(())
}

/// A batch norm over `[N, C]` with weights as drawn.
fn norm_tape(shape: [usize; 2]) -> Result<(Tape<Cpu>, Parameters<Cpu>, BatchNormWeights, Var), ComputeError> {
    let mut list = ParameterList::default();
    let weights = BatchNormWeights::declare(&mut list, "norm", shape[1]);
    let mut recorder = Recorder::new();
    let input = recorder.input(shape);
    let output = batch_norm(&mut recorder, input, weights, BatchNorm::default())?;
    let mut parameters = Parameters::new(Cpu, &list);
    Initialisation::PyTorch.draw(&mut parameters, 1);
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    tape.write(input, &numbers(3, shape[0] * shape[1], 1.0))?;
    Ok((tape, parameters, weights, output))
}

#[test]
fn running_statistics_move_once_a_step_and_only_in_training() -> Outcome {
    let (mut tape, mut parameters, weights, output) = norm_tape([4, 3])?;
    let mut run = |mode| {
        tape.set_mode(mode);
        tape.forward(&mut parameters);
        let ids = [weights.running_mean, weights.running_variance];
        (tape.read(output), ids.map(|id| parameters.read(id)))
    };
    let (_, initial) = run(Mode::Evaluation);
    assert_eq!(initial.each_ref().map(|numbers| numbers[0]), [0.0, 1.0]);
    let (output, first) = run(training(1, 0));
    assert_ne!(first, initial);
    // The same step again, as for a probe: the same result, and nothing moves.
    assert_eq!(run(training(1, 0)), (output.clone(), first.clone()));
    assert_eq!(run(Mode::Evaluation).1, first);
    // The next step, with the same batch: the same result, and they move on.
    let (again, second) = run(training(1, 1));
    assert_eq!(again, output);
    assert_ne!(second, first);
    Ok(())
}

#[test]
fn a_channel_of_one_number_teaches_no_variance() -> Outcome {
    let (mut tape, mut parameters, weights, output) = norm_tape([1, 3])?;
    tape.set_mode(training(1, 0));
    tape.forward(&mut parameters);
    // It is its own mean.
    assert!(tape.read(output).iter().all(|&number| number == 0.0));
    assert!(parameters.read(weights.running_mean).iter().all(|&number| number == 0.0));
    assert!(parameters.read(weights.running_variance).iter().all(|&number| number == 1.0));
    Ok(())
}

#[test]
fn a_channel_of_two_numbers_teaches_twice_its_variance() -> Outcome {
    let (mut tape, mut parameters, weights, _) = norm_tape([2, 3])?;
    tape.set_mode(training(1, 0));
    tape.forward(&mut parameters);
    let x: Vec<f32> = numbers(3, 6, 1.0);
    let [mean, variance] = [weights.running_mean, weights.running_variance].map(|id| parameters.read(id));
    for channel in 0..3 {
        let (first, second) = (x[channel], x[3 + channel]);
        // With the default momentum of 0.1, from a mean of 0 and a variance of 1. The variance of two numbers
        // is a quarter of their squared difference; n/(n−1) doubles it. Largest error measured: none.
        let expected = [0.05 * (first + second), 0.9 + 0.05 * (first - second) * (first - second)];
        for (found, expected) in [mean[channel], variance[channel]].into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
    }
    Ok(())
}

#[test]
fn a_look_at_the_gradient_leaves_the_parameters_gradients_alone() -> Outcome {
    let mut list = ParameterList::default();
    let layer = LayerNormWeights::declare(&mut list, "layer", 2);
    let batch = BatchNormWeights::declare(&mut list, "batch", 2);
    let table = list.declare("table", [5, 2], ParameterRole::PaddedEmbedding { padding: 1 });
    let mut recorder = Recorder::new();
    let ids = recorder.index_input(4, 5);
    let embedded = padded_embedding(&mut recorder, ids, (table, list.shape(table)), [4, 2], 1)?;
    let normed = layer_norm(&mut recorder, embedded, layer, LayerNorm::default())?;
    let output = batch_norm(&mut recorder, normed, batch, BatchNorm::default())?;
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let mut parameters = Parameters::new(Cpu, &list);
    Initialisation::PyTorch.draw(&mut parameters, 1);
    tape.write_indices(ids, &[0, 2, 3, 4])?;
    tape.set_mode(training(1, 0));
    for (scope, is_written) in [(GradientScope::Activations, false), (GradientScope::Everything, true)] {
        tape.forward(&mut parameters);
        tape.zero_gradients();
        tape.write_gradient(output, &numbers(4, 8, 1.0))?;
        let mut pass = Pass::backward(scope);
        while !tape.advance(&mut pass, &mut parameters) {}
        assert!(tape.gradient_norm(normed) > 0.0);
        for id in [layer.scale, layer.shift, batch.scale, batch.shift, table] {
            let is_zero = parameters.read_gradient(id).iter().all(|&number| number == 0.0);
            assert_eq!(is_zero, !is_written, "{}", parameters.name(id));
        }
    }
    Ok(())
}

#[test]
fn the_padding_row_keeps_what_others_add_to_its_gradient() -> Outcome {
    // One table, read with a padding index and without.
    let mut list = ParameterList::default();
    let table = list.declare("table", [3, 2], ParameterRole::PaddedEmbedding { padding: 1 });
    let shape = list.shape(table);
    for padded_is_first in [true, false] {
        let mut recorder = Recorder::new();
        let ids = recorder.index_input(4, 3);
        let mut outputs = Vec::new();
        for is_padded in [padded_is_first, !padded_is_first] {
            outputs.push(if is_padded {
                padded_embedding(&mut recorder, ids, (table, shape), [4, 2], 1)?
            } else {
                embedding(&mut recorder, ids, (table, shape), [4, 2])?
            });
        }
        let mut tape = recorder.finish(Cpu, Gradients::Kept);
        let mut parameters = Parameters::new(Cpu, &list);
        tape.write_indices(ids, &[1, 0, 1, 2])?;
        for output in outputs {
            tape.write_gradient(output, &[1.0; 8])?;
        }
        tape.backward(&mut parameters);
        let gradient: Vec<f32> = parameters.read_gradient(table).into_iter().collect();
        assert_eq!(gradient, [2.0, 2.0, 2.0, 2.0, 2.0, 2.0]);
    }
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let mut list = ParameterList::default();
    let layer = LayerNormWeights::declare(&mut list, "layer", 3);
    let batch = BatchNormWeights::declare(&mut list, "batch", 3);
    let table = list.declare("table", [5, 3], ParameterRole::Embedding);
    let table = (table, list.shape(table));
    let mut recorder = Recorder::<Cpu>::new();
    let r = &mut recorder;
    let [packing, other] = [r.packing(4, 2), r.packing(4, 2)];
    let [full, packed, packed_otherwise] =
        [r.input([4, 2, 3]), r.packed_input(packing, 3), r.packed_input(other, 3)];
    let [narrow, flat, line, hollow, none] =
        [r.input([4, 2, 2]), r.input([8, 3]), r.input([3]), r.input([4, 2, 0]), r.input([0, 2, 3])];
    let (ids, packed_ids) = (r.index_input(8, 5), r.packed_index_input(packing, 5));
    let epsilon = |epsilon| LayerNorm { epsilon };
    let momentum = |momentum| BatchNorm { momentum, ..BatchNorm::default() };

    let cases = [
        (dropout(r, full, 1.0, 0), "dropout probability must be at least 0 and below 1, found 1"),
        (dropout(r, full, -0.1, 0), "found -0.1"),
        (dropout(r, full, f64::NAN, 0), "found NaN"),
        (layer_norm(r, narrow, layer, LayerNorm::default()), "scale must have the shape [2], found [3]"),
        (layer_norm(r, hollow, layer, LayerNorm::default()), "width of a layer norm must be at least 1"),
        (layer_norm(r, full, layer, epsilon(-1e-5)), "epsilon of a norm must be finite and at least 0"),
        (layer_norm(r, full, layer, epsilon(f64::INFINITY)), "found inf"),
        (batch_norm(r, narrow, batch, BatchNorm::default()), "scale must have the shape [2], found [3]"),
        (batch_norm(r, line, batch, BatchNorm::default()), "batch norm: input must have the shape [3, 3]"),
        (batch_norm(r, packed, batch, BatchNorm::default()), "input must be padded, not packed"),
        (batch_norm(r, flat, batch, momentum(1.5)), "momentum of a batch norm must be 0 to 1, found 1.5"),
        (batch_norm(r, flat, batch, momentum(f64::NAN)), "found NaN"),
        (padded_embedding(r, ids, table, [8, 3], 5), "padding index: index 5 is outside the table of 5 rows"),
        (padded_embedding(r, ids, table, [7, 3], 0), "indices must have the shape [7], found [8]"),
        (embedding(r, packed_ids, table, [8, 3]), "output must have the shape [4, 2, 3], found [8, 3]"),
        (embedding(r, packed_ids, table, [4, 2, 2]), "table must have the shape [5, 2], found [5, 3]"),
        (concat(r, &[]), "number of tensors to be joined must be at least 1"),
        (concat(r, &[full, flat]), "concat: input must have the shape [4, 2, 3], found [8, 3]"),
        (concat(r, &[packed, full]), "concat: input must be packed as the first is"),
        (slice(r, full, 1..4), "slice: input must have the shape [4, 2, 4], found [4, 2, 3]"),
        (slice(r, full, 2..2), "number of columns must be at least 1"),
        (slice(r, full, 7..9), "slice: input must have the shape [4, 2, 9]"),
        (reverse(r, flat), "reverse: input must have the shape [8, 3, 3], found [8, 3]"),
        (reverse_padded(r, packed, packing), "reverse: input must be padded, not packed"),
        (reverse_padded(r, flat, packing), "reverse: input must have the shape [4, 2, 3], found [8, 3]"),
        (pack(r, packed, packing), "pack: input must be padded, not packed"),
        (pack(r, none, packing), "pack: input must have the shape [4, 2, 3], found [0, 2, 3]"),
        (unpack(r, full), "unpack: input must be packed"),
        (pool_time(r, line, TimePooling::Max), "pool over time: input must have the shape [3, 1, 3]"),
        (pool_time(r, none, TimePooling::Max), "sequence length must be at least 1"),
        (add(r, full, narrow), "add: second term must have the shape [4, 2, 3], found [4, 2, 2]"),
        (add(r, packed, packed_otherwise), "add: second term must be packed as the first is"),
        (multiply(r, full, flat), "multiply: second factor must have the shape [4, 2, 3]"),
        (multiply(r, full, packed), "multiply: second factor must be packed as the first is"),
        (softmax(r, hollow), "number of classes must be at least 1"),
        (log_softmax(r, hollow), "number of classes must be at least 1"),
    ];
    for (found, expected) in cases {
        let message = found.expect_err(expected).to_string();
        assert!(message.contains(expected), "“{message}” does not say “{expected}”");
    }
}

#[test]
fn an_op_that_keeps_nothing_costs_its_tensors_alone() -> Outcome {
    let mut recorder = Recorder::<Cpu>::new();
    let (first, second) = (recorder.input([3, 5]), recorder.input([3, 5]));
    add(&mut recorder, first, second)?;
    assert_eq!(recorder.planned_numbers(Gradients::None), 3 * 15);
    assert_eq!(recorder.planned_numbers(Gradients::Kept), 2 * 3 * 15);
    Ok(())
}

#[test]
fn absurd_sizes_can_be_planned_and_empty_batches_run() -> Outcome {
    let mut list = ParameterList::default();
    let layer = LayerNormWeights::declare(&mut list, "layer", 3);
    let batch = BatchNormWeights::declare(&mut list, "batch", usize::MAX);
    let mut recorder = Recorder::<Cpu>::new();
    let vast = recorder.input([usize::MAX, usize::MAX, 3]);
    layer_norm(&mut recorder, vast, layer, LayerNorm::default())?;
    batch_norm(&mut recorder, vast, batch, BatchNorm::default())?;
    reverse(&mut recorder, vast)?;
    pool_time(&mut recorder, vast, TimePooling::Max)?;
    let wide = recorder.input(Shape::from([1, 1, usize::MAX]));
    concat(&mut recorder, &[wide, wide])?;
    assert_eq!(recorder.planned_numbers(Gradients::Kept), u64::MAX);

    let mut recorder = Recorder::new();
    let nobody = recorder.input([4, 0, 3]);
    let reversed = reverse(&mut recorder, nobody)?;
    let normed = layer_norm(&mut recorder, reversed, layer, LayerNorm::default())?;
    let soft = log_softmax(&mut recorder, normed)?;
    let output = pool_time(&mut recorder, soft, TimePooling::Max)?;
    let mut list = ParameterList::default();
    LayerNormWeights::declare(&mut list, "layer", 3);
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let mut parameters = Parameters::new(Cpu, &list);
    tape.forward(&mut parameters);
    tape.backward(&mut parameters);
    assert!(tape.read(output).is_empty());
    Ok(())
}
