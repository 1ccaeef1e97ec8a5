//! Stacked recurrent layers as ONNX's `RNN`, `LSTM` and `GRU`, one node a layer.
//! <https://onnx.ai/onnx/operators/onnx__LSTM.html>
//!
//! Where PyTorch and ONNX differ:
//! - Order of the gates: PyTorch has i f g o and r z n, ONNX i o f c and z r h.
//! - ONNX's GRU applies the reset gate after the matrix product, as PyTorch does, only with
//!   `linear_before_reset`.
//! - Both biases stand in one tensor, that of the input first.
//! - Layer norms stand between the nodes.
//! - The hidden states of the two directions, `[T, D, B, H]`, have yet to be put side by side,
//!   `[T, B, D·H]`.

use super::builder::{Constant, GraphBuilder, Value};
use super::proto::Attribute;
use crate::FormatError;
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{CellKind, Directions, RecurrentConfig};
use rnn_compute::ops::{Direction, LayerNorm};

/// What a recurrent stack gives.
pub struct Traces {
    /// Of the top layer, `[T, B, D·H]`.
    pub hidden: Value,
    /// After each sequence's last step, `[L·D, B, H]` each: h, and for the LSTM c.
    pub states: Vec<Value>,
}

impl GraphBuilder {
    /// Recurrent layers (`nn.RNN`, `nn.LSTM`, `nn.GRU`) over `[T, B, I]`, with their layer norms.
    ///
    /// `lengths`, `[B]` of int32, says how many steps of each sequence count, all of them if it is
    /// [`Value::nothing`]; `states`, `[L·D, B, H]` each, are h and for the LSTM c before the first step, zero if there are none.
    /// `weights` gives a parameter's numbers by its name, such as `{prefix}rnn.weight_ih_l0_reverse`.
    ///
    /// # Errors
    /// If a parameter has more or fewer numbers than `recurrent` asks for.
    pub fn recurrent<'a>(
        &mut self,
        input: &Value,
        prefix: &str,
        recurrent: &RecurrentConfig,
        (lengths, states): (&Value, &[Value]),
        weights: impl Fn(&str) -> &'a [f32],
    ) -> Result<Traces, FormatError> {
        let initial: Vec<Vec<Value>> =
            states.iter().map(|state| self.split(state, recurrent.layers)).collect();
        let mut hidden = input.clone();
        let kinds = if recurrent.cell == CellKind::Lstm { 2 } else { 1 };
        let mut last: Vec<Vec<Value>> = vec![Vec::new(); kinds];
        for layer in 0..recurrent.layers {
            let [weight, recurrent_weight, bias] =
                self.layer_constants(prefix, recurrent, layer, &weights)?;
            let mut inputs = vec![&hidden, &weight, &recurrent_weight, &bias, lengths];
            inputs.extend(initial.iter().filter_map(|state| state.get(layer)));
            let attributes = attributes(recurrent);
            let [all, h, c] = match recurrent.cell {
                CellKind::Elman(_) | CellKind::Gru => {
                    let operator = if recurrent.cell == CellKind::Gru { "GRU" } else { "RNN" };
                    let [all, h] = self.apply_many(operator, &inputs, &attributes);
                    [all, h, Value::nothing()]
                }
                CellKind::Lstm => self.apply_many("LSTM", &inputs, &attributes),
            };
            for (states, state) in last.iter_mut().zip([h, c]) {
                states.push(state);
            }
            hidden = self.side_by_side(&all, recurrent.directions);
            if recurrent.layer_norm {
                let name = format!("{prefix}norms.{layer}");
                let of_name = |part: &str| weights(&format!("{name}.{part}"));
                let size = (recurrent.width(), LayerNorm::default().epsilon as f32);
                hidden =
                    self.layer_normalization(&hidden, &name, size, (of_name("weight"), of_name("bias")))?;
            }
        }
        Ok(Traces { hidden, states: last.iter().map(|states| self.concat(states, 0)).collect() })
    }

    /// W `[D, G·H, I]`, R `[D, G·H, H]` and B `[D, 2·G·H]` of a layer.
    fn layer_constants<'a>(
        &mut self,
        prefix: &str,
        recurrent: &RecurrentConfig,
        layer: usize,
        weights: &impl Fn(&str) -> &'a [f32],
    ) -> Result<[Value; 3], FormatError> {
        let &RecurrentConfig { cell, inputs, hidden, directions, .. } = recurrent;
        let inputs = if layer == 0 { inputs } else { recurrent.width() };
        let (count, rows) = (directions.all().len(), cell.gates() * hidden);
        let mut constant = |what: &str, parts: &[&str], shape: Vec<usize>| -> Result<Value, FormatError> {
            let mut numbers = Vec::new();
            for direction in directions.all() {
                let suffix = match direction {
                    Direction::Forward => "",
                    Direction::Reverse => "_reverse",
                };
                for part in parts {
                    let name = format!("{prefix}rnn.{part}_l{layer}{suffix}");
                    numbers.extend(reordered(cell, weights(&name)));
                }
            }
            Ok(self.constant(&format!("{prefix}rnn.{what}_l{layer}"), &Constant::float(shape, numbers)?))
        };
        Ok([
            constant("weight_ih", &["weight_ih"], vec![count, rows, inputs])?,
            constant("weight_hh", &["weight_hh"], vec![count, rows, hidden])?,
            constant("bias", &["bias_ih", "bias_hh"], vec![count, 2 * rows])?,
        ])
    }

    /// `[T, D, B, H]` to `[T, B, D·H]`.
    fn side_by_side(&mut self, hidden: &Value, directions: Directions) -> Value {
        match directions {
            Directions::Forward => self.squeeze(hidden, 1),
            Directions::Both => {
                let order = Attribute::Integers(vec![0, 2, 1, 3]);
                let ordered = self.apply("Transpose", &[hidden], &[("perm", order)]);
                self.reshape(&ordered, &[0, 0, -1])
            }
        }
    }
}

fn attributes(recurrent: &RecurrentConfig) -> Vec<(&'static str, Attribute)> {
    let direction = match recurrent.directions {
        Directions::Forward => "forward",
        Directions::Both => "bidirectional",
    };
    let mut attributes = vec![
        ("hidden_size", Attribute::Integer(recurrent.hidden as i64)),
        ("direction", Attribute::Word(direction)),
    ];
    match recurrent.cell {
        CellKind::Elman(nonlinearity) => {
            let word = match nonlinearity {
                Nonlinearity::Tanh => "Tanh",
                Nonlinearity::Relu => "Relu",
            };
            attributes.push(("activations", Attribute::Words(vec![word; recurrent.directions.all().len()])));
        }
        CellKind::Gru => attributes.push(("linear_before_reset", Attribute::Integer(1))),
        CellKind::Lstm => {}
    }
    attributes
}

/// The blocks of a parameter, one a gate, from PyTorch's order to ONNX's.
fn reordered(cell: CellKind, numbers: &[f32]) -> Vec<f32> {
    let order: &[usize] = match cell {
        CellKind::Elman(_) => &[0],
        // r z n to z r h.
        CellKind::Gru => &[1, 0, 2],
        // i f g o to i o f c.
        CellKind::Lstm => &[0, 3, 1, 2],
    };
    let block = numbers.len() / cell.gates();
    let gate = |&gate: &usize| numbers.iter().skip(gate * block).take(block).copied();
    order.iter().flat_map(gate).collect()
}
