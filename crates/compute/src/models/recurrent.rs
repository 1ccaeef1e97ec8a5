//! Stacked recurrent layers of one kind of cell (PyTorch's `nn.RNN`, `nn.LSTM`, `nn.GRU`).

use crate::backend::Backend;
use crate::ops::{CellKind, CellState, Direction, LayerInput, LayerWeights, RecurrentOutput, recurrent};
use crate::tape::{Recorder, Var, at_least_one};
use crate::{ComputeError, ParameterList, Tape};

/// The parameters of stacked recurrent layers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurrentLayers {
    cell: CellKind,
    layers: Vec<LayerWeights>,
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
    initial: CellState,
    last: CellState,
}

impl LayerTrace {
    fn new(cell: CellKind, output: RecurrentOutput) -> Self {
        let RecurrentOutput { hidden, cells, gates, initial, last } = output;
        Self { cell, hidden, cells, gates, initial, last }
    }

    /// Each state before the first step and after the last, both `[B, H]`: h, and for the LSTM c.
    pub fn states(&self) -> impl Iterator<Item = (Var, Var)> + use<> {
        self.initial.vars().zip(self.last.vars())
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
        at_least_one("number of layers", count)?;
        let layer = |layer: usize| {
            let width = if layer == 0 { inputs } else { hidden };
            let name = |what: &str| format!("rnn.{what}_l{layer}");
            LayerWeights::declare(list, cell, [width, hidden], name)
        };
        let layers = (0..count).map(layer).collect::<Result<_, _>>()?;
        Ok(Self { cell, layers })
    }

    /// Records all layers over `[T, B, I]`. Each starts from an initial state that is an input of the
    /// graph, zero until it is written or carried.
    ///
    /// # Errors
    /// If the input is not of this shape.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        input: LayerInput,
    ) -> Result<Vec<LayerTrace>, ComputeError> {
        let mut input = input;
        let mut traces = Vec::with_capacity(self.layers.len());
        for &weights in &self.layers {
            let batch = input.batch();
            let mut state = || recorder.input([batch, weights.hidden]);
            let initial =
                CellState { hidden: state(), cells: matches!(self.cell, CellKind::Lstm).then(state) };
            let output = recurrent(recorder, self.cell, input, initial, weights, Direction::Forward)?;
            input = LayerInput::Rows(output.hidden);
            traces.push(LayerTrace::new(self.cell, output));
        }
        Ok(traces)
    }
}
