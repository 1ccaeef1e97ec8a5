//! Every gradient equals central differences, in `f64`: embedding, linear layer and whole language models,
//! every number of every parameter and of every input that has a gradient, initial states included. L is a random
//! weighted sum of all outputs, so that no output is left out. Biases and states are not zero, and the
//! sizes are ragged, down to one step of one sequence with one unit.
//!
//! Tolerance: relative error below 1e-5, the project's promise; gradients below 1e-5 are measured against
//! 1e-5. Largest error measured: 1.9e-8, which is what the differences themselves are off by. A missing term or a gate in another's place is off by 1e-2 and more.

use rnn_compute::models::{CellKind, LanguageModelConfig, Window};
use rnn_compute::ops::{embedding, linear};
use rnn_compute::{ComputeError, ParameterList, ParameterRole, Recorder, Reference, Var};
use rnn_tests::fixture::Fixture;
use rnn_tests::formula::indices;
use rnn_tests::gradient_check::Subject;

type Outcome = Result<(), ComputeError>;

const CELLS: [CellKind; 3] = [CellKind::ELMAN, CellKind::Lstm, CellKind::Gru];
/// T, B, H.
const SIZES: [[usize; 3]; 5] = [[1, 1, 1], [4, 3, 5], [5, 1, 3], [1, 2, 7], [3, 5, 2]];

#[test]
fn embedding_gradients_equal_differences() -> Outcome {
    // More lookups than rows, so that some rows are read several times, and one row never.
    let mut list = ParameterList::default();
    let table = list.declare("table", [5, 3], ParameterRole::Embedding);
    let mut recorder = Recorder::new();
    let ids = recorder.index_input(12, 5);
    let output = embedding(&mut recorder, ids, (table, list.shape(table)), [4, 3, 3])?;
    let mut subject = Subject::new(recorder, &list, &[], &[output])?;
    subject.tape.write_indices(ids, &indices(500, 12, 4))?;
    subject.assert("embedding", 15)
}

#[test]
fn linear_gradients_equal_differences() -> Outcome {
    for [steps, batch, width] in SIZES {
        let outputs = width + 2;
        let mut list = ParameterList::default();
        let weight = list.declare("weight", [outputs, width], ParameterRole::LinearWeight);
        let bias = list.declare("bias", [outputs], ParameterRole::LinearBias { inputs: width });
        let mut recorder = Recorder::new();
        // The layer reads all but the first entry, as a layer reads the states of the one below.
        let input = recorder.input([steps + 1, batch, width]);
        let view = input.slice(1, steps);
        let output = linear(&mut recorder, view, (weight, list.shape(weight)), bias)?;
        let subject = Subject::new(recorder, &list, &[input], &[output])?;
        let expected = outputs * width + outputs + input.shape().len();
        subject.assert(&format!("linear over {}", view.shape()), expected)?;
    }
    Ok(())
}

#[test]
fn language_model_gradients_equal_differences() -> Outcome {
    for cell in CELLS {
        for layers in [1, 2] {
            for [steps, batch, hidden] in [[4, 3, 5], [5, 1, 3], [1, 2, 2]] {
                let config = LanguageModelConfig::new(cell, 6, 4, hidden, layers);
                let fixture =
                    Fixture::with_random_symbols(&Reference::new(), config, Window { steps, batch })?;
                let Fixture { tape, graph, parameters } = fixture;
                let traces = || graph.layers.iter();
                let inputs: Vec<Var> =
                    traces().flat_map(|trace| trace.states().map(|(initial, _)| initial)).collect();
                // Also what the loss does not reach: the states after the last step.
                let states = traces().flat_map(|trace| [Some(trace.hidden), trace.cells]).flatten();
                let outputs = [graph.loss, graph.logits].into_iter().chain(states).collect();
                let weights: usize = parameters.ids().map(|id| parameters.shape(id).len()).sum();
                let written: usize = inputs.iter().map(|input| input.shape().len()).sum();
                let subject = Subject { tape, parameters, inputs, outputs };
                let what = format!("{layers}-layer {cell:?} model over [{steps}, {batch}, {hidden}]");
                subject.assert(&what, weights + written)?;
            }
        }
    }
    Ok(())
}
