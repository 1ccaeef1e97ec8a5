//! The graph of a network over one sequence.

use super::builder::{Constant, Dim, Element, GraphBuilder, Value};
use super::network::{Network, Task};
use super::proto::Attribute;
use super::{BATCH, TIME};
use crate::{FormatError, Linear, SequenceNetwork};
use rnn_compute::models::{CellKind, RecurrentConfig, SequencePooling};
use rnn_compute::ops::LayerNorm;

/// One for each sequence, or one for all.
const REPEATED: Dim = Dim::Free("batch or 1");

impl Network<'_> {
    /// The whole network.
    pub(super) fn sequence(
        &self,
        graph: &mut GraphBuilder,
        network: &SequenceNetwork,
        task: Task,
    ) -> Result<(), FormatError> {
        let SequenceNetwork { embedding, recurrent, output, .. } = *network;
        let input = match embedding {
            Some(_) => graph.input("tokens", Element::Int64, &[TIME, BATCH]),
            None => graph.input("features", Element::Float, &[TIME, BATCH, Dim::Of(recurrent.inputs)]),
        };
        let batch = graph.size(&input, 1);
        let lengths = graph.lengths(&input, &batch);
        let states = graph.initial_states(&recurrent, &batch)?;
        let read = match embedding {
            Some(embedding) => self.embedding(graph, "embedding", &input, embedding)?,
            None => input,
        };
        let traces = graph.recurrent(&read, "", &recurrent, (&lengths, &states), |name| self.weight(name))?;
        let vector = match (task, traces.states.first()) {
            (Task::Classifier(SequencePooling::Last) | Task::Forecaster, Some(states)) => {
                self.last_output(graph, states, &recurrent)?
            }
            (Task::Classifier(pooling), _) => {
                graph.pooled(&traces.hidden, &lengths, pooling == SequencePooling::Mean)
            }
            _ => traces.hidden,
        };
        let (name, result, width) = match (task, output) {
            (Task::States, _) => ("hidden", vector, recurrent.width()),
            (_, Some(linear)) => self.answer(graph, task, &vector, linear)?,
            (_, None) => {
                let reason = "there is no output layer; only its hidden states can be exported".to_owned();
                return Err(FormatError::Export { reason });
            }
        };
        let shape = [TIME, BATCH, Dim::Of(width)];
        let is_one_a_sequence = matches!(task, Task::Classifier(_) | Task::Forecaster);
        graph.output(name, &result, if is_one_a_sequence { &shape[1..] } else { &shape });
        graph.output_states(&traces.states, [rows(&recurrent), recurrent.hidden]);
        Ok(())
    }

    /// What the top layer puts out at the end, each direction after it has read the whole sequence.
    fn last_output(
        &self,
        graph: &mut GraphBuilder,
        states: &Value,
        recurrent: &RecurrentConfig,
    ) -> Result<Value, FormatError> {
        let top = graph.top_state(states, recurrent);
        if !recurrent.layer_norm {
            return Ok(top);
        }
        let name = format!("norms.{}", recurrent.layers - 1);
        let of_name = |part: &str| self.weight(&format!("{name}.{part}"));
        let size = (recurrent.width(), LayerNorm::default().epsilon as f32);
        graph.layer_normalization(&top, &name, size, (of_name("weight"), of_name("bias")))
    }

    fn answer(
        &self,
        graph: &mut GraphBuilder,
        task: Task,
        vector: &Value,
        linear: Linear,
    ) -> Result<(&'static str, Value, usize), FormatError> {
        let scores = self.linear(graph, "output", vector, linear)?;
        Ok(match task {
            Task::Forecaster => ("predictions", scores, linear.outputs),
            Task::Transducer => ("log_probabilities", graph.log_softmax(&scores), linear.outputs),
            _ => ("logits", scores, linear.outputs),
        })
    }
}

/// L·D.
fn rows(recurrent: &RecurrentConfig) -> usize {
    recurrent.layers * recurrent.directions.all().len()
}

impl GraphBuilder {
    /// `[B]` of int32: how many steps of each sequence count, all unless it is said.
    pub(super) fn lengths(&mut self, input: &Value, batch: &Value) -> Value {
        let most = Constant::int32(vec![i32::MAX]);
        let given = self.optional_input("lengths", &[REPEATED], &most);
        let to_int32 = [("to", Attribute::Integer(Element::Int32.code()))];
        let steps = self.size(input, 0);
        let steps = self.apply("Cast", &[&steps], &to_int32);
        let lengths = self.apply("Min", &[&given, &steps], &[]);
        self.apply("Expand", &[&lengths, batch], &[])
    }

    /// h, and for the LSTM c, zero unless they are given.
    fn initial_states(
        &mut self,
        recurrent: &RecurrentConfig,
        batch: &Value,
    ) -> Result<Vec<Value>, FormatError> {
        let (rows, hidden) = (rows(recurrent), recurrent.hidden);
        // One sequence's zeros, repeated for each; what is given for all of them stays as it is.
        let zeros = Constant::float([rows, 1, hidden], vec![0.0; rows * hidden])?;
        let one = self.integers(&[1]);
        let shape = self.apply("Concat", &[&one, batch, &one], &[("axis", Attribute::Integer(0))]);
        let names = state_names(recurrent.cell, ["h_0", "c_0"]).into_iter();
        let states = names.map(|name| {
            let given = self.optional_input(name, &[Dim::Of(rows), REPEATED, Dim::Of(hidden)], &zeros);
            self.apply("Expand", &[&given, &shape], &[])
        });
        Ok(states.collect())
    }

    /// Gives the last states of `rows` layers and directions.
    pub(super) fn output_states(&mut self, states: &[Value], [rows, hidden]: [usize; 2]) {
        for (name, state) in ["h_n", "c_n"].into_iter().zip(states) {
            self.output(name, state, &[Dim::Of(rows), BATCH, Dim::Of(hidden)]);
        }
    }
}

/// The names of a cell's states: of h, and for the LSTM of c.
pub(super) fn state_names(cell: CellKind, names: [&'static str; 2]) -> Vec<&'static str> {
    let count = if cell == CellKind::Lstm { 2 } else { 1 };
    names.into_iter().take(count).collect()
}
