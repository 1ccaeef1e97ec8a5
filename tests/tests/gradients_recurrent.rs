//! The gradients of recurrent layers equal central differences, in `f64`: every cell, both directions,
//! every kind of input, sequences of equal and of different lengths in any order, down to one step of one
//! sequence with one unit. L reaches every output, states after the last step included, so that no path
//! is left out. Largest error measured: 1.6e-8.

use rnn_compute::backend::Nonlinearity;
use rnn_compute::ops::{
    CellKind, CellState, Direction, LayerInput, LayerWeights, SymbolInput, SymbolTable, recurrent,
};
use rnn_compute::{ComputeError, ParameterList, ParameterRole, Recorder, Reference, Var};
use rnn_tests::formula::indices;
use rnn_tests::gradient_check::Subject;

type Outcome = Result<(), ComputeError>;

const CELLS: [CellKind; 4] =
    [CellKind::ELMAN, CellKind::Elman(Nonlinearity::Relu), CellKind::Lstm, CellKind::Gru];
const DIRECTIONS: [Direction; 2] = [Direction::Forward, Direction::Reverse];
/// What the layer reads.
const INPUTS: [Input; 3] = [Input::Rows, Input::Embedding, Input::OneHot];
/// T, B, I, H, and the lengths of the sequences, or none if they are not packed.
const CASES: [([usize; 4], &[usize]); 6] = [
    ([1, 1, 2, 1], &[]),
    ([4, 3, 2, 5], &[]),
    ([5, 1, 3, 3], &[3]),
    ([1, 2, 2, 4], &[1, 1]),
    ([4, 4, 3, 2], &[2, 4, 1, 3]),
    ([5, 3, 2, 3], &[2, 2, 4]),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Input {
    Rows,
    Embedding,
    OneHot,
}

#[test]
fn recurrent_gradients_equal_differences() -> Outcome {
    for cell in CELLS {
        for direction in DIRECTIONS {
            for input in INPUTS {
                for (sizes, lengths) in CASES {
                    check(cell, direction, input, sizes, lengths)?;
                }
            }
        }
    }
    Ok(())
}

fn check(
    cell: CellKind,
    direction: Direction,
    input: Input,
    [steps, batch, width, hidden]: [usize; 4],
    lengths: &[usize],
) -> Outcome {
    let mut list = ParameterList::default();
    let weights = LayerWeights::declare(&mut list, cell, [width, hidden], str::to_owned)?;
    let mut recorder: Recorder<Reference<f64>> = Recorder::new();
    let packing = (!lengths.is_empty()).then(|| recorder.packing(steps, batch));
    let mut inputs: Vec<Var> = Vec::new();
    // As many symbols as a one-hot vector is wide; one more for the table, which is never read.
    let symbols = if input == Input::OneHot { width } else { width + 1 };
    let ids = match packing {
        Some(packing) => recorder.packed_index_input(packing, symbols),
        None => recorder.index_input(steps * batch, symbols),
    };
    let by_symbol = |table| LayerInput::Symbols(SymbolInput { ids, batch, table });
    let read = match input {
        Input::Rows => {
            let rows = match packing {
                Some(packing) => recorder.packed_input(packing, width),
                None => recorder.input([steps, batch, width]),
            };
            inputs.push(rows);
            LayerInput::Rows(rows)
        }
        Input::Embedding => {
            let table = list.declare("table", [symbols, width], ParameterRole::Embedding);
            by_symbol(SymbolTable::Embedding(table, list.shape(table)))
        }
        Input::OneHot => by_symbol(SymbolTable::OneHot),
    };
    let initial = CellState {
        hidden: recorder.input([batch, hidden]),
        cells: (cell == CellKind::Lstm).then(|| recorder.input([batch, hidden])),
    };
    inputs.extend(initial.vars());
    let output = recurrent(&mut recorder, cell, read, initial, weights, direction)?;
    let outputs: Vec<Var> =
        [Some(output.hidden), output.cells].into_iter().flatten().chain(output.last.vars()).collect();

    let mut subject = Subject::new(recorder, &list, &[], &outputs)?;
    if let Some(packing) = packing {
        subject.tape.write_lengths(packing, lengths)?;
    }
    subject.write_inputs(&inputs)?;
    let rows = if lengths.is_empty() { steps * batch } else { lengths.iter().sum() };
    subject.tape.write_indices(ids, &indices(520, rows, width))?;
    let parameters: usize = subject.parameters.ids().map(|id| subject.parameters.shape(id).len()).sum();
    let read_from_outside = if input == Input::Rows { rows * width } else { 0 };
    let states = batch * hidden * if cell == CellKind::Lstm { 2 } else { 1 };
    let what = format!("{cell:?} {direction:?} over {input:?} [{steps}, {batch}, {width}], {lengths:?}");
    subject.assert(&what, parameters + read_from_outside + states)
}
