//! A whole network with its weights as a graph.

use super::builder::{Constant, Dim, Element, GraphBuilder, Value};
use super::pool::Pooling;
use super::proto::Attribute;
use crate::{Architecture, Embedding, FormatError, Linear, Recurrent, WeightFile};
use rnn_compute::models::CellKind;
use std::collections::HashMap;

const TIME: Dim = Dim::Free("time");
const BATCH: Dim = Dim::Free("batch");
/// One for each sequence, or one for all.
const REPEATED: Dim = Dim::Free("batch or 1");

/// What a network is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Score the next symbol at each step.
    LanguageModel,
    /// Score the classes of each step.
    Tagger,
    /// Score the classes of the whole sequence.
    Classifier(Pooling),
    /// Predict numbers at each step.
    Forecaster,
    /// Give the log-probabilities of the classes at each step, as CTC reads them.
    Transducer,
    /// Give the top layer's hidden state at each step.
    States,
}

/// A network with its weights, ready to be written.
#[derive(Debug)]
pub struct Network<'a> {
    architecture: Architecture,
    weights: HashMap<&'a str, &'a [f32]>,
    file: &'a WeightFile,
}

impl<'a> Network<'a> {
    /// Takes the weights of `architecture` from a file that has them under our names.
    ///
    /// # Errors
    /// If one is missing or of another shape.
    pub fn new(architecture: Architecture, file: &'a WeightFile) -> Result<Self, FormatError> {
        let tensors: HashMap<_, _> = file.tensors.iter().map(|tensor| (&*tensor.name, tensor)).collect();
        let mut weights = HashMap::new();
        for parameter in architecture.parameters() {
            let tensor = tensors.get(&*parameter.name);
            match tensor.filter(|tensor| tensor.shape == parameter.shape) {
                Some(tensor) => weights.insert(&*tensor.name, &*tensor.values),
                None => {
                    let found = tensor.map_or("none".to_owned(), |tensor| format!("{:?}", tensor.shape));
                    let (name, expected) = (parameter.name, parameter.shape);
                    return Err(FormatError::Parameter { name, expected, found });
                }
            };
        }
        Ok(Self { architecture, weights, file })
    }

    /// Writes the network as an ONNX file with the metadata of its weights.
    ///
    /// # Errors
    /// If it is no network for this task, or is too large for the format.
    pub fn to_onnx(&self, task: Task) -> Result<Vec<u8>, FormatError> {
        let Architecture { embedding, recurrent, output } = self.architecture;
        let mut graph = GraphBuilder::new();
        let input = self.input(&mut graph, embedding, recurrent.inputs);
        let batch = graph.size(&input, 1);
        let lengths = graph.lengths(&input, &batch);
        let states = initial_states(&mut graph, &recurrent, &batch)?;
        let read = match embedding {
            Some(Embedding { symbols, width }) => {
                let table = Constant::float([symbols, width], self.weight("embedding.weight").to_vec())?;
                graph.embedding(&input, "embedding", &table)
            }
            None => input,
        };
        let weights = |name: &str| self.weight(&format!("rnn.{name}"));
        let traces = graph.recurrent(&read, "rnn", &recurrent, (&lengths, &states), weights)?;
        let vector = match (task, traces.states.first()) {
            (Task::Classifier(Pooling::Last), Some(states)) => graph.top_state(states, &recurrent),
            (Task::Classifier(pooling), _) => {
                graph.pooled(&traces.hidden, &lengths, pooling == Pooling::Mean)
            }
            _ => traces.hidden,
        };
        let (name, result, width) = match (task, output) {
            (Task::States, _) => ("hidden", vector, recurrent.outputs()),
            (_, Some(linear)) => self.answer(&mut graph, task, &vector, linear)?,
            (_, None) => {
                let reason = "there is no output layer; only its hidden states can be exported".to_owned();
                return Err(FormatError::Export { reason });
            }
        };
        let shape = [TIME, BATCH, Dim::Of(width)];
        let is_one_a_sequence = matches!(task, Task::Classifier(_));
        graph.output(name, &result, if is_one_a_sequence { &shape[1..] } else { &shape });
        for (name, state) in ["h_n", "c_n"].into_iter().zip(&traces.states) {
            graph.output(name, state, &state_shape(&recurrent));
        }
        graph.finish(&self.file.metadata)
    }

    fn input(&self, graph: &mut GraphBuilder, embedding: Option<Embedding>, inputs: usize) -> Value {
        match embedding {
            Some(_) => graph.input("tokens", Element::Int64, &[TIME, BATCH]),
            None => graph.input("features", Element::Float, &[TIME, BATCH, Dim::Of(inputs)]),
        }
    }

    fn answer(
        &self,
        graph: &mut GraphBuilder,
        task: Task,
        vector: &Value,
        Linear { inputs, outputs }: Linear,
    ) -> Result<(&'static str, Value, usize), FormatError> {
        let weights = (self.weight("output.weight"), self.weight("output.bias"));
        let scores = graph.linear(vector, "output", [outputs, inputs], weights)?;
        Ok(match task {
            Task::Forecaster => ("predictions", scores, outputs),
            Task::Transducer => ("log_probabilities", graph.log_softmax(&scores), outputs),
            _ => ("logits", scores, outputs),
        })
    }

    /// A parameter; `new` has made sure that it is there.
    fn weight(&self, name: &str) -> &'a [f32] {
        self.weights.get(name).copied().unwrap_or_default()
    }
}

/// h, and for the LSTM c, zero unless they are given.
fn initial_states(
    graph: &mut GraphBuilder,
    recurrent: &Recurrent,
    batch: &Value,
) -> Result<Vec<Value>, FormatError> {
    let names: &[&str] = if recurrent.cell == CellKind::Lstm { &["h_0", "c_0"] } else { &["h_0"] };
    let (rows, hidden) = (recurrent.layers * recurrent.directions.count(), recurrent.hidden);
    // One sequence's zeros, repeated for each; what is given for all of them stays as it is.
    let zeros = Constant::float([rows, 1, hidden], vec![0.0; rows * hidden])?;
    let one = graph.integers(&[1]);
    let shape = graph.apply("Concat", &[&one, batch, &one], &[("axis", Attribute::Integer(0))]);
    let states = names.iter().map(|name| {
        let given = graph.optional_input(name, &[Dim::Of(rows), REPEATED, Dim::Of(hidden)], &zeros);
        graph.apply("Expand", &[&given, &shape], &[])
    });
    Ok(states.collect())
}

fn state_shape(recurrent: &Recurrent) -> [Dim; 3] {
    [Dim::Of(recurrent.layers * recurrent.directions.count()), BATCH, Dim::Of(recurrent.hidden)]
}

impl GraphBuilder {
    /// `[B]` of int32: how many steps of each sequence count, all unless it is said.
    fn lengths(&mut self, input: &Value, batch: &Value) -> Value {
        let most = Constant::int32(vec![i32::MAX]);
        let given = self.optional_input("lengths", &[REPEATED], &most);
        let to_int32 = [("to", Attribute::Integer(Element::Int32.code()))];
        let steps = self.size(input, 0);
        let steps = self.apply("Cast", &[&steps], &to_int32);
        let lengths = self.apply("Min", &[&given, &steps], &[]);
        self.apply("Expand", &[&lengths, batch], &[])
    }
}
