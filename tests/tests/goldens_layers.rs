//! The layers around the recurrence equal PyTorch's: values, gradients, and the running statistics of batch
//! norm after three batches.
//!
//! | largest error measured | `Reference<f64>` | `Cpu` | allowed in `f64` | in `f32` |
//! |---|---|---|---|---|
//! | values | 3.8e-12 | 1.7e-7 | 1e-10 | 1e-5 |
//! | gradients | 1.4e-11 | 3.6e-7 | 1e-10 | 1e-4 |

use rnn_compute::ops::{
    Activation, BatchNorm, BatchNormWeights, LayerNorm, LayerNormWeights, TimePooling, activation, add,
    batch_norm, concat, layer_norm, log_softmax, multiply, pack, padded_embedding, pool_time, reverse,
    reverse_padded, slice, softmax, unpack,
};
use rnn_compute::{
    Backend, ComputeError, Cpu, Gradients, Mode, PackingVar, ParameterList, ParameterRole, Parameters,
    Recorder, Reference, Tape, Var,
};
use rnn_tests::case::Case;
use std::error::Error;

type Outcome = Result<(), Box<dyn Error>>;

/// The largest errors allowed.
#[derive(Clone, Copy)]
struct Tolerance {
    values: f64,
    gradients: f64,
}

const F64: Tolerance = Tolerance { values: 1e-10, gradients: 1e-10 };
const F32: Tolerance = Tolerance { values: 1e-5, gradients: 1e-4 };

/// A recorded op with its parameters.
struct Graph<B: Backend> {
    tape: Tape<B>,
    parameters: Parameters<B>,
    input: Var,
    output: Var,
}

impl<B: Backend> Graph<B> {
    fn new(backend: &B, recorder: Recorder<B>, list: &ParameterList, [input, output]: [Var; 2]) -> Self {
        let parameters = Parameters::new(backend.clone(), list);
        Self { tape: recorder.finish(backend.clone(), Gradients::Kept), parameters, input, output }
    }

    /// Sets a parameter to the tensor of this name, without what may precede it.
    fn write_parameter(&mut self, case: &Case, name: &str) -> Outcome {
        let id = self.parameters.find(&format!("norm.{name}"))?;
        Ok(self.parameters.write(id, &case.numbers(name))?)
    }

    /// Runs forward and back, and compares with the tensors whose names begin with `prefix`.
    fn assert(&mut self, case: &Case, prefix: &str, tolerance: Tolerance) -> Outcome {
        let of = |name: &str| format!("{prefix}{name}");
        self.tape.write(self.input, &case.numbers(&of("x")))?;
        self.tape.forward(&mut self.parameters);
        self.parameters.zero_gradients();
        self.tape.zero_gradients();
        self.tape.write_gradient(self.output, &case.numbers(&of("d_y")))?;
        self.tape.backward(&mut self.parameters);
        case.assert_close(&of("y"), &self.tape.read(self.output), tolerance.values);
        case.assert_close(&of("d_x"), &self.tape.read_gradient(self.input), tolerance.gradients);
        for name in ["weight", "bias"] {
            if case.has(&of(&format!("d_{name}"))) {
                let id = self.parameters.find(&format!("norm.{name}"))?;
                let found = self.parameters.read_gradient(id);
                case.assert_close(&of(&format!("d_{name}")), &found, tolerance.gradients);
            }
        }
        Ok(())
    }
}

/// Checks an op of one tensor without parameters.
fn assert_op<B: Backend>(
    backend: &B,
    case: &Case,
    shape: [usize; 3],
    tolerance: Tolerance,
    record: impl Fn(&mut Recorder<B>, Var) -> Result<Var, ComputeError>,
) -> Outcome {
    let mut recorder = Recorder::new();
    let input = recorder.input(shape);
    let output = record(&mut recorder, input)?;
    Graph::new(backend, recorder, &ParameterList::default(), [input, output]).assert(case, "", tolerance)
}

/// Checks an op of padded sequences.
fn assert_sequences<B: Backend>(
    backend: &B,
    case: &Case,
    tolerance: Tolerance,
    record: impl Fn(&mut Recorder<B>, Var, PackingVar) -> Result<Var, ComputeError>,
) -> Outcome {
    let lengths: Vec<usize> = case.indices("lengths").iter().map(|&length| length as usize).collect();
    let mut recorder = Recorder::new();
    let packing = recorder.packing(case.size("steps"), lengths.len());
    let input = recorder.input([packing.steps(), packing.batch(), case.size("width")]);
    let output = record(&mut recorder, input, packing)?;
    let mut graph = Graph::new(backend, recorder, &ParameterList::default(), [input, output]);
    graph.tape.write_lengths(packing, &lengths)?;
    graph.assert(case, "", tolerance)
}

fn assert_layer_norm<B: Backend>(backend: &B, case: &Case, tolerance: Tolerance) -> Outcome {
    let mut list = ParameterList::default();
    let weights = LayerNormWeights::declare(&mut list, "norm", 7);
    let mut recorder = Recorder::new();
    let input = recorder.input([3, 2, 7]);
    let config = LayerNorm { epsilon: case.constant("epsilon") };
    let output = layer_norm(&mut recorder, input, weights, config)?;
    let mut graph = Graph::new(backend, recorder, &list, [input, output]);
    graph.write_parameter(case, "weight")?;
    graph.write_parameter(case, "bias")?;
    graph.assert(case, "", tolerance)
}

fn assert_batch_norm<B: Backend>(backend: &B, case: &Case, tolerance: Tolerance) -> Outcome {
    let [n, c] = ["size0", "size1"].map(|size| case.size(size));
    let mut recorder = Recorder::new();
    let input = match case.size("rank") {
        2 => recorder.input([n, c]),
        3 => recorder.input([n, c, case.size("size2")]),
        _ => recorder.input([n, c, case.size("size2"), case.size("size3")]),
    };
    let mut list = ParameterList::default();
    let weights = BatchNormWeights::declare(&mut list, "norm", c);
    let config = BatchNorm { epsilon: case.constant("epsilon"), momentum: case.constant("momentum") };
    let output = batch_norm(&mut recorder, input, weights, config)?;
    let mut graph = Graph::new(backend, recorder, &list, [input, output]);
    graph.write_parameter(case, "weight")?;
    graph.write_parameter(case, "bias")?;
    graph.parameters.write(weights.running_variance, &vec![rnn_compute::Real::from_f64(1.0); c])?;
    for step in 0..3 {
        graph.tape.set_mode(Mode::Training { seed: 1, step });
        graph.assert(case, &format!("batch{step}_"), tolerance)?;
    }
    graph.tape.set_mode(Mode::Evaluation);
    graph.assert(case, "evaluation_", tolerance)?;
    // Evaluation has not moved them.
    for (name, id) in [("running_mean", weights.running_mean), ("running_var", weights.running_variance)] {
        case.assert_close(name, &graph.parameters.read(id), tolerance.values);
    }
    Ok(())
}

fn assert_padded_embedding<B: Backend>(backend: &B, case: &Case, tolerance: Tolerance) -> Outcome {
    let mut list = ParameterList::default();
    let padding = case.size("padding") as u32;
    let table = list.declare("table", [6, 3], ParameterRole::PaddedEmbedding { padding });
    let mut recorder = Recorder::new();
    let ids = recorder.index_input(8, 6);
    let output = padded_embedding(&mut recorder, ids, (table, list.shape(table)), [8, 3], padding)?;
    let Graph { mut tape, mut parameters, .. } = Graph::new(backend, recorder, &list, [output, output]);
    parameters.write(table, &case.numbers("table"))?;
    tape.write_indices(ids, case.indices("ids"))?;
    tape.forward(&mut parameters);
    tape.write_gradient(output, &case.numbers("d_y"))?;
    tape.backward(&mut parameters);
    case.assert_close("y", &tape.read(output), tolerance.values);
    case.assert_close("d_table", &parameters.read_gradient(table), tolerance.gradients);
    Ok(())
}

/// `left ⊙ sigmoid(middle) + right` of three slices, joined with the input.
fn gated<B: Backend>(recorder: &mut Recorder<B>, input: Var) -> Result<Var, ComputeError> {
    let [left, middle, right] =
        [slice(recorder, input, 0..2)?, slice(recorder, input, 2..4)?, slice(recorder, input, 3..5)?];
    let gate = activation(recorder, middle, Activation::Sigmoid);
    let product = multiply(recorder, left, gate)?;
    let sum = add(recorder, product, right)?;
    concat(recorder, &[sum, input])
}

/// The packed rows of the reversed sequences.
fn pack_reverse<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    packing: PackingVar,
) -> Result<Var, ComputeError> {
    let packed = pack(recorder, input, packing)?;
    reverse(recorder, packed)
}

fn assert_case<B: Backend>(backend: &B, case: &Case, tolerance: Tolerance) -> Outcome {
    const ROWS: [usize; 3] = [4, 2, 7];
    let squashed = |kind| move |recorder: &mut Recorder<B>, input| Ok(activation(recorder, input, kind));
    let pooled = |kind| {
        move |recorder: &mut Recorder<B>, input, packing| {
            let packed = pack(recorder, input, packing)?;
            pool_time(recorder, packed, kind)
        }
    };
    let op = case.name.split_whitespace().next().unwrap_or_default();
    match op {
        "relu" => assert_op(backend, case, ROWS, tolerance, squashed(Activation::Relu)),
        "tanh" => assert_op(backend, case, ROWS, tolerance, squashed(Activation::Tanh)),
        "sigmoid" => assert_op(backend, case, ROWS, tolerance, squashed(Activation::Sigmoid)),
        "softmax" => assert_op(backend, case, ROWS, tolerance, softmax),
        "log_softmax" => assert_op(backend, case, ROWS, tolerance, log_softmax),
        "gated" => assert_op(backend, case, [3, 2, 5], tolerance, gated),
        "layer_norm" => assert_layer_norm(backend, case, tolerance),
        "batch_norm" => assert_batch_norm(backend, case, tolerance),
        "padded_embedding" => assert_padded_embedding(backend, case, tolerance),
        "pack" => assert_sequences(backend, case, tolerance, pack),
        "pack_unpack" => assert_sequences(backend, case, tolerance, |recorder, input, packing| {
            let packed = pack(recorder, input, packing)?;
            unpack(recorder, packed)
        }),
        "reverse_padded" => assert_sequences(backend, case, tolerance, reverse_padded),
        "pack_reverse" => assert_sequences(backend, case, tolerance, pack_reverse),
        "mean" => assert_sequences(backend, case, tolerance, pooled(TimePooling::Mean)),
        "max" => assert_sequences(backend, case, tolerance, pooled(TimePooling::Max)),
        _ => Err(format!("{}: no such op", case.name).into()),
    }
}

#[test]
fn layers_equal_pytorch() -> Outcome {
    let cases = Case::load("layers")?;
    assert_eq!(cases.len(), 20);
    for case in &cases {
        assert_case(&Reference::<f64>::new(), case, F64)?;
        assert_case(&Cpu, case, F32)?;
    }
    Ok(())
}
