//! What a recurrent layer promises beside its numbers: symbols of which there are so many that their shares
//! are computed in parts give what rows of numbers give, what does not fit is refused with a reason, and
//! sizes beyond all memory can be asked about.
//!
//! Tolerance of the parts: 1e-5 of the tensor's largest number in `f32`; measured are 7.1e-7, from sums that
//! run in another order.

use rnn_compute::ops::{
    CellKind, CellState, Direction, LayerInput, LayerWeights, RecurrentOutput, SymbolInput, SymbolTable,
    embedding, recurrent,
};
use rnn_compute::{
    ComputeError, Cpu, GradientScope, Gradients, ParameterList, ParameterRole, Pass, Recorder, Shape, Tape,
};
use rnn_tests::fixture::parameters;
use rnn_tests::formula::{indices, numbers};
use rnn_tests::golden::tensor_error;

type Outcome = Result<(), ComputeError>;

const STEPS: usize = 3;
const BATCH: usize = 2;
const HIDDEN: usize = 64;

fn states(recorder: &mut Recorder<Cpu>, cell: CellKind, shape: [usize; 2]) -> CellState {
    let mut state = || recorder.input(shape);
    CellState { hidden: state(), cells: (cell == CellKind::Lstm).then(state) }
}

/// How a layer comes by what stands for its symbols.
#[derive(Clone, Copy, PartialEq)]
enum Reading {
    /// By a table's share of each symbol, or one-hot.
    Symbols,
    /// By rows of numbers, gathered from the table or written.
    Rows,
}

/// The hidden states and all gradients of a layer that reads these symbols, and its parts.
fn run(
    (reading, width): (Reading, Option<usize>),
    vocabulary: usize,
    symbols: &[u32],
) -> Result<(Vec<Vec<f32>>, [usize; 2]), ComputeError> {
    let cell = CellKind::Lstm;
    let mut list = ParameterList::default();
    let inputs = width.unwrap_or(vocabulary);
    let weights = LayerWeights::declare(&mut list, cell, [inputs, HIDDEN], str::to_owned)?;
    let table = width.map(|width| {
        let table = list.declare("table", [vocabulary, width], ParameterRole::Embedding);
        (table, list.shape(table))
    });
    let mut recorder = Recorder::new();
    let ids = recorder.index_input(STEPS * BATCH, vocabulary);
    let one_hot = recorder.input([STEPS, BATCH, inputs]);
    let input = match (reading, table) {
        (Reading::Symbols, Some((table, shape))) => {
            let table = SymbolTable::Embedding(table, shape);
            LayerInput::Symbols(SymbolInput { ids, batch: BATCH, table })
        }
        (Reading::Symbols, None) => {
            LayerInput::Symbols(SymbolInput { ids, batch: BATCH, table: SymbolTable::OneHot })
        }
        (Reading::Rows, Some(table)) => {
            LayerInput::Rows(embedding(&mut recorder, ids, table, [STEPS, BATCH, inputs])?)
        }
        (Reading::Rows, None) => LayerInput::Rows(one_hot),
    };
    let initial = states(&mut recorder, cell, [BATCH, HIDDEN]);
    let output = recurrent(&mut recorder, cell, input, initial, weights, Direction::Forward)?;
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let mut parameters = parameters(&Cpu, &list)?;
    tape.write_indices(ids, symbols)?;
    let mut rows = vec![0.0; STEPS * BATCH * inputs];
    if table.is_none() {
        for (row, &symbol) in rows.chunks_exact_mut(inputs).zip(symbols) {
            row[symbol as usize] = 1.0;
        }
    }
    tape.write(one_hot, &rows)?;
    let mut count = |tape: &mut Tape<Cpu>, mut pass: Pass| {
        let mut parts = 1;
        while !tape.advance(&mut pass, &mut parameters) {
            parts += 1;
        }
        parts
    };
    let forward = count(&mut tape, Pass::forward());
    tape.write_gradient(output.hidden, &numbers(702, STEPS * BATCH * HIDDEN, 1.0))?;
    let backward = count(&mut tape, Pass::backward(GradientScope::Everything));
    let mut found: Vec<Vec<f32>> = vec![tape.read(output.hidden).into_iter().collect()];
    found.extend(parameters.ids().map(|id| parameters.read_gradient(id).into_iter().collect()));
    Ok((found, [forward, backward]))
}

#[test]
fn shares_of_symbols_in_parts_equal_those_of_rows() -> Outcome {
    // The shares of 1,301 symbols take 1,301 · 64 · 256 = 21 million multiply-adds: two parts; so does the
    // weight's gradient. A one-hot vector as wide as the vocabulary takes as many with 331.
    for (width, vocabulary) in [(Some(64), 1301), (None, 331)] {
        // The first and the last symbol are among them, and one that occurs twice.
        let last = vocabulary as u32 - 1;
        let mut symbols = indices(701, STEPS * BATCH, vocabulary);
        (symbols[0], symbols[3], symbols[5]) = (last, 0, last);
        let (found, [forward, backward]) = run((Reading::Symbols, width), vocabulary, &symbols)?;
        let (wanted, _) = run((Reading::Rows, width), vocabulary, &symbols)?;
        assert_eq!(forward, 2 + STEPS, "the shares in two parts, then the steps");
        assert!(backward > STEPS + 3, "the weight's gradient in several parts, found {backward}");
        for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
            let wanted: Vec<f64> = wanted.iter().copied().map(f64::from).collect();
            let error = tensor_error(found.iter().copied(), &wanted);
            assert!(error <= 1e-5, "tensor {index} of {width:?}: error {error:.1e}");
        }
    }
    Ok(())
}

/// What is said to a layer of three inputs and five units.
fn refusal(
    cell: CellKind,
    input: impl FnOnce(&mut Recorder<Cpu>, &mut ParameterList) -> LayerInput,
    initial: impl FnOnce(&mut Recorder<Cpu>) -> CellState,
) -> String {
    let record = || -> Result<RecurrentOutput, ComputeError> {
        let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
        let weights = LayerWeights::declare(&mut list, cell, [3, 5], str::to_owned)?;
        let input = input(&mut recorder, &mut list);
        let initial = initial(&mut recorder);
        recurrent(&mut recorder, cell, input, initial, weights, Direction::Forward)
    };
    record().map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    let rows = |shape: Shape| {
        refusal(
            CellKind::Gru,
            |recorder, _| LayerInput::Rows(recorder.input(shape)),
            |recorder| states(recorder, CellKind::Gru, [2, 5]),
        )
    };
    let symbols = |count: usize, batch: usize, table: Option<[usize; 2]>| {
        let input = move |recorder: &mut Recorder<Cpu>, list: &mut ParameterList| {
            let ids = recorder.index_input(count, table.map_or(3, |[symbols, _]| symbols));
            let table = table.map_or(SymbolTable::OneHot, |[symbols, width]| {
                let table = list.declare("table", [symbols, width], ParameterRole::Embedding);
                SymbolTable::Embedding(table, [symbols, width].into())
            });
            LayerInput::Symbols(SymbolInput { ids, batch, table })
        };
        refusal(CellKind::Gru, input, |recorder| states(recorder, CellKind::Gru, [2, 5]))
    };
    let initial = |cell: CellKind, state: &dyn Fn(&mut Recorder<Cpu>) -> CellState| {
        refusal(cell, |recorder, _| LayerInput::Rows(recorder.input([4, 2, 3])), state)
    };
    let one_hot_of = |symbols: usize| {
        let input = move |recorder: &mut Recorder<Cpu>, _: &mut ParameterList| {
            let ids = recorder.index_input(8, symbols);
            LayerInput::Symbols(SymbolInput { ids, batch: 2, table: SymbolTable::OneHot })
        };
        refusal(CellKind::Gru, input, |recorder| states(recorder, CellKind::Gru, [2, 5]))
    };
    let cases = [
        (rows([4, 2, 3].into()), "accepted"),
        (rows([4, 2, 2].into()), "input must have the shape [1, 1, 3], found [4, 2, 2]"),
        (rows([8, 3].into()), "input must have the shape [1, 1, 3], found [8, 3]"),
        (rows([0, 2, 3].into()), "input must have the shape [1, 1, 3], found [0, 2, 3]"),
        (rows([4, 0, 3].into()), "input must have the shape [1, 1, 3], found [4, 0, 3]"),
        (rows([4, 3, 3].into()), "initial state must have the shape [3, 5], found [2, 5]"),
        (symbols(8, 2, None), "accepted"),
        (symbols(8, 2, Some([7, 3])), "accepted"),
        (symbols(8, 2, Some([7, 4])), "table must have the shape [7, 3], found [7, 4]"),
        (symbols(9, 2, None), "symbols must have the shape [8], found [9]"),
        (symbols(0, 2, None), "symbols must have the shape [1, 2], found [0, 2]"),
        (symbols(8, 0, None), "symbols must have the shape [1, 1], found [0, 0]"),
        (symbols(9, 3, None), "initial state must have the shape [3, 5], found [2, 5]"),
        (one_hot_of(4), "one-hot input must have the shape [3], found [4]"),
        (
            initial(CellKind::Gru, &|recorder| states(recorder, CellKind::Gru, [2, 4])),
            "initial state must have the shape [2, 5], found [2, 4]",
        ),
        (
            initial(CellKind::Lstm, &|recorder| states(recorder, CellKind::Gru, [2, 5])),
            "LSTM: initial cell state must have the shape [2, 5], found [0]",
        ),
        (
            initial(CellKind::Lstm, &|recorder| {
                let hidden = recorder.input([2, 5]);
                CellState { hidden, cells: Some(recorder.input([2, 6])) }
            }),
            "initial state must have the shape [2, 5], found [2, 6]",
        ),
    ];
    for (index, (found, expected)) in cases.into_iter().enumerate() {
        assert!(found.contains(expected), "case {index}: “{found}” does not say “{expected}”");
    }
    let mut list = ParameterList::default();
    for sizes in [[0, 5], [3, 0]] {
        let error = LayerWeights::declare(&mut list, CellKind::Gru, sizes, str::to_owned).unwrap_err();
        assert!(error.to_string().contains("size must be at least 1, found 0"), "{error}");
    }
}

#[test]
fn sizes_beyond_all_memory_can_be_asked_about() -> Outcome {
    let huge = usize::MAX / 2;
    for cell in [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm] {
        for [steps, batch, inputs, hidden] in [[huge, huge, 3, 5], [4, 2, huge, huge], [huge, 4, huge, 3]] {
            let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
            let weights = LayerWeights::declare(&mut list, cell, [inputs, hidden], str::to_owned)?;
            let input = LayerInput::Rows(recorder.input([steps, batch, inputs]));
            let initial = states(&mut recorder, cell, [batch, hidden]);
            recurrent(&mut recorder, cell, input, initial, weights, Direction::Forward)?;
            assert_eq!(recorder.planned_numbers(Gradients::Kept), u64::MAX, "{cell:?}");
        }
        // Symbols of a vast vocabulary.
        let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
        let weights = LayerWeights::declare(&mut list, cell, [huge, huge], str::to_owned)?;
        let ids = recorder.index_input(8, huge);
        let input = LayerInput::Symbols(SymbolInput { ids, batch: 2, table: SymbolTable::OneHot });
        let initial = states(&mut recorder, cell, [2, huge]);
        recurrent(&mut recorder, cell, input, initial, weights, Direction::Forward)?;
        assert_eq!(recorder.planned_numbers(Gradients::Kept), u64::MAX, "{cell:?}");
    }
    Ok(())
}

#[test]
fn weights_of_another_cell_are_refused() -> Result<(), ComputeError> {
    let cells = [CellKind::ELMAN, CellKind::Gru, CellKind::Lstm];
    for (declared, used) in cells.into_iter().flat_map(|declared| cells.map(|used| (declared, used))) {
        let (mut list, mut recorder) = (ParameterList::default(), Recorder::<Cpu>::new());
        let weights = LayerWeights::declare(&mut list, declared, [3, 5], str::to_owned)?;
        let input = LayerInput::Rows(recorder.input([4, 2, 3]));
        let initial = states(&mut recorder, used, [2, 5]);
        let refused = recurrent(&mut recorder, used, input, initial, weights, Direction::Forward).err();
        let [expected, found] = [used, declared].map(|cell| cell.gates() * 5);
        let sentence =
            format!("recurrent layer: weight_ih must have the shape [{expected}, 3], found [{found}, 3]");
        assert_eq!(refused.map(|error| error.to_string()), (declared != used).then_some(sentence));
    }
    Ok(())
}
