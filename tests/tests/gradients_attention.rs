//! Every gradient of attention equals central differences, in `f64`: each op by itself, and whole attentions
//! with their projections, with and without lengths. Sizes are ragged, down to one source step; one is wider
//! than what a kernel takes at a time.
//!
//! Tolerance: relative error below 1e-5, as in `gradients.rs`. Largest error measured: 1.4e-7 for additive
//! attention 70 wide, 2.6e-8 for all else.

use rnn_compute::ops::{
    DotScale, Sources, additive_attention, additive_scores, context_sum, dot_attention, dot_scores, linear,
    masked_softmax,
};
use rnn_compute::{ComputeError, PackingVar, ParameterList, ParameterRole, Recorder, Reference, Var};
use rnn_tests::gradient_check::Subject;

type Outcome = Result<(), ComputeError>;
type Recording = Recorder<Reference<f64>>;

/// S, B, the width of keys and that of values, with the lengths of the sources.
const CASES: [([usize; 4], &[usize]); 6] = [
    ([1, 1, 1, 1], &[1]),
    ([3, 2, 5, 4], &[2, 3]),
    ([5, 3, 2, 7], &[5, 1, 3]),
    ([4, 1, 7, 3], &[2]),
    ([7, 5, 3, 2], &[7, 1, 4, 6, 2]),
    ([2, 2, 70, 33], &[1, 2]),
];

/// What a check records: inputs and outputs.
type Graph = (Vec<Var>, Vec<Var>);

/// Records the graph of each case twice, without lengths and with them, and checks every gradient.
fn check(
    what: &str,
    record: impl Fn(
        &mut Recording,
        &mut ParameterList,
        [usize; 4],
        Option<PackingVar>,
    ) -> Result<Graph, ComputeError>,
) -> Outcome {
    for (sizes, lengths) in CASES {
        for masked in [false, true] {
            let mut list = ParameterList::default();
            let mut recorder = Recorder::new();
            let packing = masked.then(|| recorder.packing(sizes[0], sizes[1]));
            let (inputs, outputs) = record(&mut recorder, &mut list, sizes, packing)?;
            let written: usize = inputs.iter().map(|input| input.shape().len()).sum();
            let expected = written + list.count() as usize;
            let mut subject = Subject::new(recorder, &list, &inputs, &outputs)?;
            if let Some(packing) = packing {
                subject.tape.write_lengths(packing, lengths)?;
            }
            subject.assert(&format!("{what} over {sizes:?}, masked: {masked}"), expected)?;
        }
    }
    Ok(())
}

#[test]
fn additive_score_gradients_equal_differences() -> Outcome {
    check("additive scores", |recorder, list, [steps, batch, width, _], lengths| {
        let weight = list.declare("v.weight", [1, width], ParameterRole::LinearWeight);
        let (query, keys) = (recorder.input([batch, width]), recorder.input([steps, batch, width]));
        let scores = additive_scores(recorder, query, keys, lengths, (weight, list.shape(weight)))?;
        Ok((vec![query, keys], vec![scores]))
    })
}

#[test]
fn dot_score_gradients_equal_differences() -> Outcome {
    for scale in [DotScale::One, DotScale::InverseRoot] {
        check("dot scores", |recorder, _, [steps, batch, width, _], lengths| {
            // Both are parts of larger tensors, as a layer's states are.
            let (queries, states) =
                (recorder.input([2, batch, width]), recorder.input([steps + 1, batch, width]));
            let scores = dot_scores(recorder, queries.entry(1), states.slice(1, steps), lengths, scale)?;
            Ok((vec![queries, states], vec![scores]))
        })?;
    }
    Ok(())
}

#[test]
fn masked_softmax_gradients_equal_differences() -> Outcome {
    check("masked softmax", |recorder, _, [steps, batch, ..], lengths| {
        let scores = recorder.input([batch, steps]);
        Ok((vec![scores], vec![masked_softmax(recorder, scores, lengths)?]))
    })
}

#[test]
fn context_gradients_equal_differences() -> Outcome {
    check("context", |recorder, _, [steps, batch, _, width], lengths| {
        let (weights, values) = (recorder.input([batch, steps]), recorder.input([steps, batch, width]));
        Ok((vec![weights, values], vec![context_sum(recorder, weights, values, lengths)?]))
    })
}

/// Two decoder steps that look at the same sources, whose keys are projected once.
#[test]
fn additive_attention_gradients_equal_differences() -> Outcome {
    check("additive attention", |recorder, list, [steps, batch, width, hidden], lengths| {
        let mut projection = |name: &str, inputs| {
            let weight = list.declare(format!("{name}.weight"), [width, inputs], ParameterRole::LinearWeight);
            let role = ParameterRole::LinearBias { inputs };
            ((weight, list.shape(weight)), list.declare(format!("{name}.bias"), [width], role))
        };
        let (of_query, of_keys) = (projection("query", 3), projection("keys", hidden));
        let weight = list.declare("v.weight", [1, width], ParameterRole::LinearWeight);
        let (queries, values) = (recorder.input([2, batch, 3]), recorder.input([steps, batch, hidden]));
        let keys = linear(recorder, values, of_keys.0, of_keys.1)?;
        let mut outputs = vec![];
        for step in 0..2 {
            let query = linear(recorder, queries.entry(step), of_query.0, of_query.1)?;
            let sources = Sources { keys, values, lengths };
            let output = additive_attention(recorder, query, sources, (weight, list.shape(weight)))?;
            outputs.extend([output.scores, output.weights, output.context]);
        }
        Ok((vec![queries, values], outputs))
    })
}

#[test]
fn dot_attention_gradients_equal_differences() -> Outcome {
    for scale in [DotScale::One, DotScale::InverseRoot] {
        check("dot attention", |recorder, _, [steps, batch, width, _], lengths| {
            // The values are the keys.
            let (query, values) = (recorder.input([batch, width]), recorder.input([steps, batch, width]));
            let output = dot_attention(recorder, query, Sources { keys: values, values, lengths }, scale)?;
            Ok((vec![query, values], vec![output.scores, output.weights, output.context]))
        })?;
    }
    Ok(())
}
