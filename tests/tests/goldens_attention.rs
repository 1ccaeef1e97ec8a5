//! Attention equals PyTorch's: weights, contexts and every gradient, on both backends. The goldens are made by
//! `goldens/attention.py`; the concatenated form is the module of the course notes, cut into two projections.
//!
//! Tolerance, relative to a tensor's largest number, at least 1: in `f64` 1e-11 (measured 4.8e-12: the goldens
//! have twelve digits); in `f32` 1e-5 forward (2.4e-7) and 1e-4 for gradients (4.4e-7).

use rnn_compute::ops::{AttentionOutput, DotScale, Sources, additive_attention, dot_attention, linear};
use rnn_compute::{
    Backend, ComputeError, Cpu, Gradients, ParameterId, ParameterList, ParameterRole, Parameters, Real,
    Recorder, Reference, Tape, Var,
};
use rnn_tests::case::Case;
use std::error::Error;

/// The forms, as `goldens/attention.py` numbers them.
const ADDITIVE: f64 = 0.0;
const CONCATENATED: f64 = 1.0;
const DOT: f64 = 2.0;

/// A case on a tape, with what the golden calls its tensors.
struct Graph<B: Backend> {
    tape: Tape<B>,
    parameters: Parameters<B>,
    inputs: Vec<(&'static str, Var)>,
    output: AttentionOutput,
}

fn is_kind(case: &Case, kind: f64) -> bool {
    (case.constant("kind") - kind).abs() < 0.5
}

/// The columns `[first, first + width)` of a matrix.
fn columns<R: Copy>(matrix: &[R], matrix_width: usize, first: usize, width: usize) -> Vec<R> {
    matrix.chunks(matrix_width).flat_map(|row| &row[first..first + width]).copied().collect()
}

/// Records a case and writes its inputs.
fn record<B: Backend>(backend: &B, case: &Case) -> Result<Graph<B>, ComputeError> {
    let [steps, batch, hidden, width] = ["steps", "batch", "hidden", "width"].map(|name| case.size(name));
    let mut list = ParameterList::default();
    let mut recorder = Recorder::new();
    let given: Vec<usize> = case.indices("lengths").iter().map(|&length| length as usize).collect();
    let lengths = (!given.is_empty()).then(|| recorder.packing(steps, batch));
    let values = recorder.input([steps, batch, hidden]);
    let query = recorder.input([batch, width]);
    let mut inputs = vec![("values", values), ("query", query)];
    let mut weights: Vec<(ParameterId, Vec<B::Elem>)> = vec![];
    let mut declare = |name: &str, shape: [usize; 2], numbers| {
        let id = list.declare(name, shape, ParameterRole::LinearWeight);
        weights.push((id, numbers));
        (id, list.shape(id))
    };
    let output = if is_kind(case, CONCATENATED) {
        let weight = case.numbers("weight");
        let of_query = declare("weight_query", [hidden, hidden], columns(&weight, 2 * hidden, 0, hidden));
        let of_keys = declare("weight_keys", [hidden, hidden], columns(&weight, 2 * hidden, hidden, hidden));
        let v = declare("v", [1, hidden], case.numbers("v"));
        let (none, _) = declare("no bias", [1, hidden], vec![B::Elem::ZERO; hidden]);
        let (bias, _) = declare("bias", [1, hidden], case.numbers("bias"));
        let keys = linear(&mut recorder, values, of_keys, bias)?;
        let projected = linear(&mut recorder, query, of_query, none)?;
        additive_attention(&mut recorder, projected, Sources { keys, values, lengths }, v)?
    } else {
        let keys = recorder.input([steps, batch, width]);
        inputs.push(("keys", keys));
        let sources = Sources { keys, values, lengths };
        if is_kind(case, ADDITIVE) {
            let v = declare("v", [1, width], case.numbers("v"));
            additive_attention(&mut recorder, query, sources, v)?
        } else {
            let scale = if is_kind(case, DOT) { DotScale::One } else { DotScale::InverseRoot };
            dot_attention(&mut recorder, query, sources, scale)?
        }
    };
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    let mut parameters = Parameters::new(backend.clone(), &list);
    for (id, numbers) in weights {
        parameters.write(id, &numbers)?;
    }
    if let Some(lengths) = lengths {
        tape.write_lengths(lengths, &given)?;
    }
    for &(name, input) in &inputs {
        tape.write(input, &case.numbers(name))?;
    }
    Ok(Graph { tape, parameters, inputs, output })
}

fn check<B: Backend>(backend: &B, case: &Case, forward: f64, backward: f64) -> Result<(), ComputeError> {
    let Graph { mut tape, mut parameters, inputs, output } = record(backend, case)?;
    tape.forward(&mut parameters);
    case.assert_close("weights", &tape.read(output.weights), forward);
    case.assert_close("context", &tape.read(output.context), forward);

    tape.zero_gradients();
    parameters.zero_gradients();
    tape.write_gradient(output.weights, &case.numbers("seed_weights"))?;
    tape.write_gradient(output.context, &case.numbers("seed_context"))?;
    tape.backward(&mut parameters);
    for (name, input) in inputs {
        case.assert_close(&format!("d_{name}"), &tape.read_gradient(input), backward);
    }
    if case.has("d_v") {
        case.assert_close("d_v", &parameters.read_gradient(parameters.find("v")?), backward);
    }
    if case.has("d_weight") {
        // Both halves, put together again.
        let half = |name| Ok::<_, ComputeError>(parameters.read_gradient(parameters.find(name)?));
        let (of_query, of_keys) = (half("weight_query")?, half("weight_keys")?);
        let rows = of_query.outer_iter().zip(of_keys.outer_iter());
        let whole: Vec<B::Elem> =
            rows.flat_map(|(a, b)| a.into_iter().chain(b).copied().collect::<Vec<_>>()).collect();
        case.assert_close("d_weight", &whole, backward);
        case.assert_close("d_bias", &parameters.read_gradient(parameters.find("bias")?), backward);
    }
    Ok(())
}

#[test]
fn attention_equals_pytorch() -> Result<(), Box<dyn Error>> {
    let cases = Case::load("attention")?;
    assert_eq!(cases.len(), 11);
    for case in &cases {
        check(&Reference::<f64>::new(), case, 1e-11, 1e-11)?;
        check(&Cpu, case, 1e-5, 1e-4)?;
    }
    Ok(())
}
