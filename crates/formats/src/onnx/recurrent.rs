//! Stacked recurrent layers as ONNX's `RNN`, `LSTM` and `GRU`, one node a layer.
//! <https://onnx.ai/onnx/operators/onnx__LSTM.html>
//!
//! Where PyTorch and ONNX differ:
//! - Order of the gates: PyTorch has i f g o and r z n, ONNX i o f c and z r h.
//! - ONNX's GRU applies the reset gate after the matrix product, as PyTorch does, only with
//!   `linear_before_reset`.
//! - Both biases stand in one tensor, that of the input first.
//! - The hidden states of the two directions, `[T, D, B, H]`, have yet to be put side by side,
//!   `[T, B, D·H]`.

use super::builder::{Constant, GraphBuilder, Value};
use super::proto::Attribute;
use crate::{Directions, FormatError, Recurrent};
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::CellKind;

/// What a recurrent stack gives.
pub struct Traces {
    /// Of the top layer, `[T, B, D·H]`.
    pub hidden: Value,
    /// After each sequence's last step, `[L·D, B, H]` each: h, and for the LSTM c.
    pub states: Vec<Value>,
}

impl GraphBuilder {
    /// Recurrent layers (`nn.RNN` with tanh, `nn.LSTM`, `nn.GRU`) over `[T, B, I]`.
    ///
    /// `lengths`, `[B]` of int32, says how many steps of each sequence count; `states`, `[L·D, B, H]`
    /// each, are h and for the LSTM c before the first step. `weights` gives a parameter's numbers by the
    /// end of its name, such as `weight_ih_l0_reverse`.
    ///
    /// # Errors
    /// If a parameter has more or fewer numbers than `recurrent` asks for.
    pub fn recurrent<'a>(
        &mut self,
        input: &Value,
        name: &str,
        recurrent: &Recurrent,
        (lengths, states): (&Value, &[Value]),
        weights: impl Fn(&str) -> &'a [f32],
    ) -> Result<Traces, FormatError> {
        let initial: Vec<Vec<Value>> =
            states.iter().map(|state| self.split(state, recurrent.layers)).collect();
        let mut hidden = input.clone();
        let mut last: Vec<Vec<Value>> = vec![Vec::new(); states.len()];
        for layer in 0..recurrent.layers {
            let [weight, recurrent_weight, bias] = self.layer_constants(name, recurrent, layer, &weights)?;
            let mut inputs = vec![&hidden, &weight, &recurrent_weight, &bias, lengths];
            inputs.extend(initial.iter().filter_map(|state| state.get(layer)));
            let attributes = attributes(recurrent);
            let [all, h, c] = match recurrent.cell {
                CellKind::Elman(_) | CellKind::Gru => {
                    let operator = if recurrent.cell == CellKind::Gru { "GRU" } else { "RNN" };
                    let [all, h] = self.apply_many(operator, &inputs, &attributes);
                    [all, h, Self::nothing()]
                }
                CellKind::Lstm => self.apply_many("LSTM", &inputs, &attributes),
            };
            for (states, state) in last.iter_mut().zip([h, c]) {
                states.push(state);
            }
            hidden = self.side_by_side(&all, recurrent.directions);
        }
        Ok(Traces { hidden, states: last.iter().map(|states| self.stacked(states)).collect() })
    }

    /// W `[D, G·H, I]`, R `[D, G·H, H]` and B `[D, 2·G·H]` of a layer.
    fn layer_constants<'a>(
        &mut self,
        name: &str,
        recurrent: &Recurrent,
        layer: usize,
        weights: &impl Fn(&str) -> &'a [f32],
    ) -> Result<[Value; 3], FormatError> {
        let &Recurrent { cell, hidden, directions, .. } = recurrent;
        let (count, rows) = (directions.count(), cell.gates() * hidden);
        let mut constant = |what: &str, parts: &[&str], shape: Vec<usize>| {
            let suffixes = directions.suffixes().iter();
            let names =
                suffixes.flat_map(|suffix| parts.iter().map(move |part| format!("{part}_l{layer}{suffix}")));
            let numbers = names.flat_map(|name| reordered(cell, weights(&name))).collect();
            Ok(self.constant(&format!("{name}.{what}_l{layer}"), &Constant::float(shape, numbers)?))
        };
        Ok([
            constant("weight_ih", &["weight_ih"], vec![count, rows, recurrent.layer_inputs(layer)])?,
            constant("weight_hh", &["weight_hh"], vec![count, rows, hidden])?,
            constant("bias", &["bias_ih", "bias_hh"], vec![count, 2 * rows])?,
        ])
    }

    /// `[T, D, B, H]` to `[T, B, D·H]`.
    fn side_by_side(&mut self, hidden: &Value, directions: Directions) -> Value {
        match directions {
            Directions::Forward => {
                let axis = self.integers(&[1]);
                self.apply("Squeeze", &[hidden, &axis], &[])
            }
            Directions::Both => {
                let order = Attribute::Integers(vec![0, 2, 1, 3]);
                let ordered = self.apply("Transpose", &[hidden], &[("perm", order)]);
                // 0 keeps a size, −1 takes what is left.
                let shape = self.integers(&[0, 0, -1]);
                self.apply("Reshape", &[&ordered, &shape], &[])
            }
        }
    }

    fn stacked(&mut self, states: &[Value]) -> Value {
        let states: Vec<&Value> = states.iter().collect();
        self.apply("Concat", &states, &[("axis", Attribute::Integer(0))])
    }
}

fn attributes(recurrent: &Recurrent) -> Vec<(&'static str, Attribute)> {
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
            attributes.push(("activations", Attribute::Words(vec![word; recurrent.directions.count()])));
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
