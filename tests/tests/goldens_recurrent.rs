//! Recurrent layers equal PyTorch's: all cells, one and both directions, given initial states, sequences
//! of different lengths in any order against `pack_padded_sequence`, forward and backward.
//!
//! Tolerance, relative to a tensor's largest number: forward 1e-5, gradients 1e-4. Largest errors
//! measured, in `f32`: 1.8e-7 and 2.8e-7.

use rnn_compute::backend::Nonlinearity;
use rnn_compute::ops::{
    CellKind, CellState, Direction, LayerInput, LayerWeights, RecurrentOutput, recurrent,
};
use rnn_compute::{
    Backend, ComputeError, Cpu, Gradients, Packing, ParameterList, Parameters, Real, Recorder, Reference,
    Tape, Var,
};
use rnn_tests::case::Case;
use rnn_tests::formula::numbers;
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

/// All numbers by formula lie within this.
const SCALE: f64 = 0.7;
const FORWARD: f64 = 1e-5;
const GRADIENTS: f64 = 1e-4;

fn cell_of(case: &Case) -> CellKind {
    match case.name.split(',').next() {
        Some("elman") => CellKind::ELMAN,
        Some("relu") => CellKind::Elman(Nonlinearity::Relu),
        Some("lstm") => CellKind::Lstm,
        _ => CellKind::Gru,
    }
}

/// The sizes of a case.
struct Sizes {
    steps: usize,
    batch: usize,
    hidden: usize,
    directions: usize,
}

/// `width` of the `of` columns of a padded tensor `[T, B, of]`, in the order of a packed one.
fn packed<R: Real>(packing: &Packing, batch: usize, padded: &[R], of: usize, columns: [usize; 2]) -> Vec<R> {
    let [first, width] = columns;
    let row = |(step, sequence)| padded[(step * batch + sequence) * of + first..][..width].to_vec();
    packing.places().flat_map(row).collect()
}

/// A packed tensor `[N, width]` put into columns of a padded one.
fn unpack<R: Real>(
    packing: &Packing,
    batch: usize,
    rows: &[R],
    padded: &mut [R],
    of: usize,
    columns: [usize; 2],
) {
    let [first, width] = columns;
    for (row, (step, sequence)) in rows.chunks_exact(width).zip(packing.places()) {
        padded[(step * batch + sequence) * of + first..][..width].copy_from_slice(row);
    }
}

fn check<B: Backend>(backend: &B, case: &Case) -> Outcome {
    let cell = cell_of(case);
    let [steps, batch, inputs, hidden, directions] =
        ["steps", "batch", "inputs", "hidden", "directions"].map(|name| case.size(name));
    let sizes = Sizes { steps, batch, hidden, directions };
    let suffixes = &["", "_reverse"][..directions];
    let mut list = ParameterList::default();
    let mut recorder = Recorder::new();
    let packing = recorder.packing(steps, batch);
    let input = recorder.packed_input(packing, inputs);
    let mut outputs = Vec::new();
    for (suffix, direction) in suffixes.iter().zip([Direction::Forward, Direction::Reverse]) {
        let name = |what: &str| format!("{what}_l0{suffix}");
        let weights = LayerWeights::declare(&mut list, cell, [inputs, hidden], name)?;
        let mut state = || recorder.input([batch, hidden]);
        let initial = CellState { hidden: state(), cells: (cell == CellKind::Lstm).then(state) };
        outputs.push(recurrent(&mut recorder, cell, LayerInput::Rows(input), initial, weights, direction)?);
    }
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    let mut parameters = Parameters::new(backend.clone(), &list);
    for (salt, id) in (0..).zip(parameters.ids()) {
        parameters.write(id, &numbers(salt, parameters.shape(id).len(), SCALE))?;
    }
    let lengths: Vec<usize> = case.indices("lengths").iter().map(|&length| length as usize).collect();
    tape.write_lengths(packing, &lengths)?;
    let order = tape.packing(packing).clone();
    let all = [0, inputs];
    tape.write(
        input,
        &packed::<B::Elem>(&order, batch, &numbers(100, steps * batch * inputs, SCALE), inputs, all),
    )?;
    write_states(&mut tape, &outputs, &sizes)?;

    tape.forward(&mut parameters);
    seed(&mut tape, &order, &outputs, &sizes)?;
    tape.backward(&mut parameters);

    let mut output = vec![B::Elem::ZERO; steps * batch * directions * hidden];
    for (index, trace) in outputs.iter().enumerate() {
        let rows: Vec<_> = tape.read(trace.hidden).into_iter().collect();
        unpack(&order, batch, &rows, &mut output, directions * hidden, [index * hidden, hidden]);
    }
    case.assert_close("output", &output, FORWARD);
    let last = |kind: fn(&RecurrentOutput) -> Option<Var>| -> Vec<B::Elem> {
        outputs.iter().filter_map(kind).flat_map(|var| tape.read(var)).collect()
    };
    let d_initial = |kind: fn(&RecurrentOutput) -> Option<Var>| -> Vec<B::Elem> {
        outputs.iter().filter_map(kind).flat_map(|var| tape.read_gradient(var)).collect()
    };
    case.assert_close("last_h", &last(|trace| Some(trace.last.hidden)), FORWARD);
    case.assert_close("d_h", &d_initial(|trace| Some(trace.initial.hidden)), GRADIENTS);
    if case.has("d_c") {
        case.assert_close("last_c", &last(|trace| trace.last.cells), FORWARD);
        case.assert_close("d_c", &d_initial(|trace| trace.initial.cells), GRADIENTS);
    }
    let mut d_x = vec![B::Elem::ZERO; steps * batch * inputs];
    let rows: Vec<_> = tape.read_gradient(input).into_iter().collect();
    unpack(&order, batch, &rows, &mut d_x, inputs, all);
    case.assert_close("d_x", &d_x, GRADIENTS);
    for id in parameters.ids() {
        let name = format!("d_{}", parameters.name(id));
        case.assert_close(&name, &parameters.read_gradient(id), GRADIENTS);
    }
    Ok(())
}

fn write_states<B: Backend>(
    tape: &mut Tape<B>,
    outputs: &[RecurrentOutput],
    sizes: &Sizes,
) -> Result<(), ComputeError> {
    let len = sizes.batch * sizes.hidden;
    let by_state: [Vec<B::Elem>; 2] = [101, 102].map(|salt| numbers(salt, sizes.directions * len, SCALE));
    for (index, trace) in outputs.iter().enumerate() {
        for (var, numbers) in trace.initial.vars().zip(&by_state) {
            tape.write(var, &numbers[index * len..][..len])?;
        }
    }
    Ok(())
}

/// The objective of the golden: every output weighed by formula.
fn seed<B: Backend>(
    tape: &mut Tape<B>,
    order: &Packing,
    outputs: &[RecurrentOutput],
    sizes: &Sizes,
) -> Result<(), ComputeError> {
    let &Sizes { steps, batch, hidden, directions } = sizes;
    let width = directions * hidden;
    let by_output: Vec<B::Elem> = numbers(103, steps * batch * width, SCALE);
    let by_state: [Vec<B::Elem>; 2] =
        [104, 105].map(|salt| numbers(salt, directions * batch * hidden, SCALE));
    for (index, trace) in outputs.iter().enumerate() {
        let columns = [index * hidden, hidden];
        tape.write_gradient(trace.hidden, &packed(order, batch, &by_output, width, columns))?;
        for (var, seeds) in trace.last.vars().zip(&by_state) {
            tape.write_gradient(var, &seeds[index * batch * hidden..][..batch * hidden])?;
        }
    }
    Ok(())
}

#[test]
fn recurrent_layers_equal_pytorch() -> Outcome {
    let cases = Case::load("recurrent")?;
    assert_eq!(cases.len(), 24);
    for case in &cases {
        check(&Reference::<f64>::new(), case)?;
        check(&Cpu, case)?;
    }
    Ok(())
}
