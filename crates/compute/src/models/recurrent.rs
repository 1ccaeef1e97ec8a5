//! Stacked recurrent layers of one kind of cell (PyTorch's `nn.RNN`, `nn.LSTM`, `nn.GRU`).

use crate::backend::Backend;
use crate::ops::{CellWeights, elman, gru, linear, lstm};
use crate::tape::{Recorder, Shape, Var, at_least_one};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole, Tape};

/// A recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellKind {
    /// Elman's simple recurrent network with tanh.
    Elman,
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl CellKind {
    /// G: blocks of H rows in the cell's weights.
    #[must_use]
    pub fn gates(self) -> usize {
        match self {
            Self::Elman => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

/// The parameters of stacked recurrent layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrentLayers {
    cell: CellKind,
    hidden: usize,
    layers: Vec<LayerParameters>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct LayerParameters {
    input_weight: (ParameterId, Shape),
    input_bias: ParameterId,
    recurrent: CellWeights,
}

/// The tensors of one recorded layer: what the probes look at, and the state that one window hands
/// to the next.
#[derive(Debug, Clone, Copy)]
pub struct LayerTrace {
    /// The layer's cell.
    pub cell: CellKind,
    /// h, `[T, B, H]`. After a backward pass its gradient is ∂L/∂h_t, all paths counted.
    pub hidden: Var,
    /// c, `[T, B, H]`, LSTM only. Its gradient is ∂L/∂c_t.
    pub cells: Option<Var>,
    /// Activated gates, `[T, B, G·H]`, in PyTorch's order: i f g o, r z n, or the one tanh.
    pub gates: Var,
    /// Each state before the first step and after the last, both `[B, H]`: h, and for the LSTM c.
    states: [Option<(Var, Var)>; 2],
}

impl LayerTrace {
    /// Each state before the first step and after the last, both `[B, H]`: h, and for the LSTM c.
    pub fn states(&self) -> impl Iterator<Item = (Var, Var)> + use<> {
        self.states.into_iter().flatten()
    }

    /// Starts from a zero state.
    pub fn clear_state<B: Backend>(&self, tape: &mut Tape<B>) {
        for (initial, _) in self.states() {
            tape.fill(initial, crate::Real::ZERO);
        }
    }

    /// Hands the state after the last step to the window that comes next.
    pub fn carry_state<B: Backend>(&self, tape: &mut Tape<B>) {
        for (initial, last) in self.states() {
            tape.copy(last, initial);
        }
    }
}

impl RecurrentLayers {
    /// Declares `count` layers that read vectors of `inputs` numbers, under names like
    /// `rnn.weight_ih_l0`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(
        list: &mut ParameterList,
        cell: CellKind,
        inputs: usize,
        hidden: usize,
        count: usize,
    ) -> Result<Self, ComputeError> {
        at_least_one("hidden size", hidden)?;
        at_least_one("number of layers", count)?;
        let rows = cell.gates() * hidden;
        let mut width = at_least_one("input size", inputs)?;
        let mut layers = Vec::with_capacity(count);
        for layer in 0..count {
            let bias = ParameterRole::RecurrentBias { hidden };
            let shape = Shape::from([rows, width]);
            let input = ParameterRole::InputWeight { hidden };
            let input_weight = list.declare(format!("rnn.weight_ih_l{layer}"), shape, input);
            let recurrent = ParameterRole::RecurrentWeight;
            let weight = list.declare(format!("rnn.weight_hh_l{layer}"), [rows, hidden], recurrent);
            let input_bias = list.declare(format!("rnn.bias_ih_l{layer}"), [rows], bias);
            let bias = list.declare(format!("rnn.bias_hh_l{layer}"), [rows], bias);
            let recurrent = CellWeights { weight, bias };
            layers.push(LayerParameters { input_weight: (input_weight, shape), input_bias, recurrent });
            width = hidden;
        }
        Ok(Self { cell, hidden, layers })
    }

    /// Records all layers over `[T, B, I]`. Each starts from an initial state that is an input of the
    /// graph, zero until it is written or carried.
    ///
    /// # Errors
    /// If the input is not of this shape.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        input: Var,
    ) -> Result<Vec<LayerTrace>, ComputeError> {
        let mut input = input;
        let mut traces = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let trace = self.record_layer(recorder, layer, input)?;
            input = trace.hidden;
            traces.push(trace);
        }
        Ok(traces)
    }

    fn record_layer<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        layer: &LayerParameters,
        input: Var,
    ) -> Result<LayerTrace, ComputeError> {
        let &[steps, batch, _] = input.shape().dims() else {
            let expected = Shape::from([1, 1, layer.input_weight.1.width()]);
            let (op, what, found) = ("recurrent layer", "input", input.shape());
            return Err(ComputeError::Shape { op, what, expected, found });
        };
        let preactivation = linear(recorder, input, layer.input_weight, layer.input_bias)?;
        let initial = recorder.input([batch, self.hidden]);
        let outputs = |state: Var| state.slice(1, steps);
        let carried = |initial: Var, state: Var| Some((initial, state.entry(steps)));
        Ok(match self.cell {
            CellKind::Elman => {
                let output = elman(recorder, preactivation, initial, layer.recurrent)?;
                LayerTrace {
                    cell: self.cell,
                    hidden: outputs(output.hidden),
                    cells: None,
                    gates: output.gates,
                    states: [carried(initial, output.hidden), None],
                }
            }
            CellKind::Gru => {
                let output = gru(recorder, preactivation, initial, layer.recurrent)?;
                LayerTrace {
                    cell: self.cell,
                    hidden: outputs(output.hidden),
                    cells: None,
                    gates: output.gates,
                    states: [carried(initial, output.hidden), None],
                }
            }
            CellKind::Lstm => {
                let initial_cells = recorder.input([batch, self.hidden]);
                let initials = (initial, initial_cells);
                let output = lstm(recorder, preactivation, initials, layer.recurrent)?;
                LayerTrace {
                    cell: self.cell,
                    hidden: outputs(output.hidden),
                    cells: Some(outputs(output.cells)),
                    gates: output.gates,
                    states: [carried(initial, output.hidden), carried(initial_cells, output.cells)],
                }
            }
        })
    }
}
