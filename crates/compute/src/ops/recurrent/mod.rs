//! Recurrent layers over whole sequences, one direction each; a single step is a sequence of one.
//!
//! Shapes: inputs `x [T, B, I]`, states `[B, H]` in the caller's order of sequences, outputs
//! `h [T, B, H]`, `W_ih [G·H, I]`, `W_hh [G·H, H]`, `b_ih, b_hh [G·H]`. What the cells compute stands in
//! [`elman`], [`lstm`] and [`gru`]; what they share is here.
//!
//! # The walk
//! A layer walks through the steps, forwards or in reverse, with its state `s [B, H]` running along:
//!
//! 1. Before the first step: `s = initial state`.
//! 2. At step t, over the sequences that reach it: `a[t] = x[t] · W_ihᵀ + b_ih + s · W_hhᵀ + b_hh`, all
//!    inputs' shares in one product beforehand; `h[t] = s = cell(a[t], s)`.
//! 3. After the last step: `final state = s`.
//! 4. Backward, in the opposite order, with `ds [B, H]` running along: `ds = d(final state)`.
//! 5. At step t: `dh[t] += ds`, which makes it ∂L/∂h_t with all paths counted; `da[t]` from it by the
//!    cell; `ds = da[t] · W_hh`, and what flows past the gates.
//! 6. At the end: `d(initial state) += ds`.
//! 7. `dW_hh += Σ_t da[t]ᵀ · s_before[t]`, one product over all steps; `db_ih, db_hh += Σ da`; `dx` and
//!    `dW_ih` as of a linear layer.
//!
//! A step of (2) is one call of [`crate::backend::Recurrence`], and so is one of (5), whose product is that
//! of the step it comes from: `ds = da[t + 1] · W_hh`, then `dh[t] += ds` and `da[t]`. Where s and ds lie is the
//! backend's matter: in buffers that run along, or read from where the step before has left them. A backend may
//! also take all steps in one call, if no sequence is shorter than the others.
//!
//! # Different lengths
//! If the input is packed ([`crate::Packing`]), the sequences that reach a step are the first rows, and
//! the state's rows lie in the same order. A row of the state is touched from its sequence's first step
//! to its true end, whichever way the layer walks: in reverse, a short sequence joins in late, with its
//! initial state still in place. So the state after the walk is that of each sequence's own end, and the
//! time spent follows the sum of the lengths (PyTorch's layers over a `PackedSequence`).

mod cell;
pub mod elman;
pub mod gru;
mod input;
mod layer;
pub mod lstm;
mod order;
mod state;
mod symbols;

use crate::backend::{Backend, Nonlinearity};
use crate::tape::{Recorder, Shape, Var, at_least_one, same_shape};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole};
use elman::Elman;
use gru::Gru;
use input::InputProjection;
pub use input::{LayerInput, SymbolInput, SymbolTable};
use layer::Layer;
use lstm::Lstm;
use state::StateVars;

/// A recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellKind {
    /// Elman's simple recurrent network.
    Elman(Nonlinearity),
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl CellKind {
    /// Elman's network with tanh.
    pub const ELMAN: Self = Self::Elman(Nonlinearity::Tanh);

    /// G: blocks of H rows in the cell's weights.
    #[must_use]
    pub fn gates(self) -> usize {
        match self {
            Self::Elman(_) => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }
}

/// Which way a layer walks through time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// From the first step to the last.
    #[default]
    Forward,
    /// From each sequence's last step to the first.
    Reverse,
}

/// The parameters of one direction of a recurrent layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerWeights {
    /// `weight_ih`, `[G·H, I]`.
    pub input: ParameterId,
    /// `weight_hh`, `[G·H, H]`.
    pub recurrent: ParameterId,
    /// `bias_ih`, `[G·H]`.
    pub input_bias: ParameterId,
    /// `bias_hh`, `[G·H]`.
    pub recurrent_bias: ParameterId,
    /// G, of the cell that they were declared for.
    pub gates: usize,
    /// I.
    pub inputs: usize,
    /// H.
    pub hidden: usize,
}

impl LayerWeights {
    /// Declares the weights under PyTorch's names (`weight_ih`, …), of which `name` makes whole ones.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(
        list: &mut ParameterList,
        cell: CellKind,
        [inputs, hidden]: [usize; 2],
        name: impl Fn(&str) -> String,
    ) -> Result<Self, ComputeError> {
        at_least_one("input size", inputs)?;
        let rows = cell.gates().saturating_mul(at_least_one("hidden size", hidden)?);
        let mut declare = |what: &str, shape: Shape, role| list.declare(name(what), shape, role);
        let bias = ParameterRole::RecurrentBias { hidden };
        Ok(Self {
            input: declare("weight_ih", [rows, inputs].into(), ParameterRole::InputWeight { hidden }),
            recurrent: declare("weight_hh", [rows, hidden].into(), ParameterRole::RecurrentWeight),
            input_bias: declare("bias_ih", [rows].into(), bias),
            recurrent_bias: declare("bias_hh", [rows].into(), bias),
            gates: cell.gates(),
            inputs,
            hidden,
        })
    }
}

/// The state of a cell: h, and for the LSTM c.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellState {
    /// h, `[B, H]`.
    pub hidden: Var,
    /// c, `[B, H]`, LSTM only.
    pub cells: Option<Var>,
}

impl CellState {
    /// h, and for the LSTM c.
    pub fn vars(self) -> impl Iterator<Item = Var> {
        [Some(self.hidden), self.cells].into_iter().flatten()
    }
}

/// The tensors of a recorded layer: its outputs, and what the probes look at.
#[derive(Debug, Clone, Copy)]
pub struct RecurrentOutput {
    /// h, `[T, B, H]`, packed if the input is. After a backward pass its gradient is ∂L/∂h_t, all paths
    /// counted.
    pub hidden: Var,
    /// c, `[T, B, H]`, LSTM only. Its gradient is ∂L/∂c_t.
    pub cells: Option<Var>,
    /// Activated gates, `[T, B, G·H]`, in PyTorch's order: i f g o, r z n, or the one nonlinearity. Its
    /// gradient is that of the pre-activations (GRU: of the input's share of them).
    pub gates: Var,
    /// The state before the first step.
    pub initial: CellState,
    /// The state after each sequence's last step. Its gradient is used up by the backward pass.
    pub last: CellState,
}

/// Records one direction of a recurrent layer over `input`, from `initial`.
///
/// # Errors
/// If the shapes do not fit, a size is zero, or the state has not what the cell needs.
pub fn recurrent<B: Backend>(
    recorder: &mut Recorder<B>,
    cell: CellKind,
    input: LayerInput,
    initial: CellState,
    weights: LayerWeights,
    direction: Direction,
) -> Result<RecurrentOutput, ComputeError> {
    let LayerWeights { gates, inputs, hidden, .. } = weights;
    at_least_one("hidden size", hidden)?;
    let input_weight = |gates: usize| Shape::from([gates.saturating_mul(hidden), inputs]);
    same_shape("recurrent layer", "weight_ih", input_weight(cell.gates()), input_weight(gates))?;
    let [steps, batch] = input.check(inputs)?;
    for state in initial.vars() {
        same_shape("recurrent layer", "initial state", [batch, hidden], state.shape())?;
    }
    let projection = InputProjection::new(recorder, input, cell.gates().saturating_mul(hidden), weights);
    let gates = projection.output();
    let like = |recorder: &mut Recorder<B>| recorder.output_like(gates, hidden);
    let state = |recorder: &mut Recorder<B>, initial: Var, output: Var| {
        let last = recorder.output([batch, hidden]);
        StateVars { initial, output, last }
    };
    let output = like(recorder);
    let running = state(recorder, initial.hidden, output);
    let mut result = RecurrentOutput {
        hidden: output,
        cells: None,
        gates,
        initial: CellState { cells: None, ..initial },
        last: CellState { hidden: running.last, cells: None },
    };
    let dims = RecurrentDims { steps, batch, hidden };
    match cell {
        CellKind::Elman(nonlinearity) => {
            let cell = Elman::new(nonlinearity, running, gates);
            let layer = Layer::new(recorder, dims, cell, projection, running, weights, direction);
            recorder.push(layer);
        }
        CellKind::Gru => {
            let recurrent = recorder.intermediate_like(gates, hidden.saturating_mul(3));
            let cell = Gru::new(running, gates, recurrent);
            let layer = Layer::new(recorder, dims, cell, projection, running, weights, direction);
            recorder.push(layer);
        }
        CellKind::Lstm => {
            let expected = Shape::from([batch, hidden]);
            let found = Shape::from([0]);
            let (op, what) = ("LSTM", "initial cell state");
            let initial_cells = initial.cells.ok_or(ComputeError::Shape { op, what, expected, found })?;
            let cells = like(recorder);
            let running_cells = state(recorder, initial_cells, cells);
            result.cells = Some(cells);
            result.initial.cells = Some(initial_cells);
            result.last.cells = Some(running_cells.last);
            let cell = Lstm::new(running, running_cells, gates);
            let layer = Layer::new(recorder, dims, cell, projection, running, weights, direction);
            recorder.push(layer);
        }
    }
    Ok(result)
}

/// The sizes of a recurrent layer over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RecurrentDims {
    /// T.
    steps: usize,
    /// B.
    batch: usize,
    /// H.
    hidden: usize,
}
