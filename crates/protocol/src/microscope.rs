//! One cell of the unrolled network under the microscope: what is asked, and what is answered.
//!
//! The numbers come from the sequence of the last look inside ([`crate::Snapshot`]), read once more with the
//! weights that read it. Whoever looks can change an input, a state or a weight by hand: the sequence is then
//! read twice, as it was and with the changes, and the training knows nothing of it.

use crate::Quantity;
use serde::{Deserialize, Serialize};

/// Numbers set by hand are at most this far from 0: beyond, every gate is saturated anyway.
pub const EDIT_LIMIT: f32 = 100.0;

/// Changes by hand that are in force at once.
pub const MAX_EDITS: usize = 16;

/// Time steps that are read under the microscope; of a longer window, the first.
pub const MAX_STEPS: usize = 4096;

/// A cell of the unrolled network, and one of its units; each from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CellPlace {
    /// The layer, from the bottom.
    pub layer: u32,
    /// The time step.
    pub step: u32,
    /// The unit.
    pub unit: u32,
}

/// What is to be looked at, and what is changed by hand.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Inspection {
    /// The cell. Where the network has none such, the nearest that it has.
    pub place: CellPlace,
    /// The changes, at most [`MAX_EDITS`]; of two that set the same number, the last counts.
    pub edits: Vec<CellEdit>,
}

/// A change by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum CellEdit {
    /// Another symbol is read.
    Symbol {
        /// At this time step.
        step: u32,
        /// One of the vocabulary.
        symbol: String,
    },
    /// One of the numbers that stand for the symbol is another, at one time step only.
    Input {
        /// At this time step.
        step: u32,
        /// Which number, below E.
        index: u32,
        /// What it is.
        value: f32,
    },
    /// The hidden state that a cell hands on is another, to the next time step and to the layer above.
    Hidden {
        /// Of this layer.
        layer: u32,
        /// After this time step; `None` is the state before the first.
        step: Option<u32>,
        /// Which unit.
        unit: u32,
        /// What it is.
        value: f32,
    },
    /// The cell state that a cell hands to the next time step is another; LSTM only.
    Cell {
        /// Of this layer.
        layer: u32,
        /// After this time step; `None` is the state before the first.
        step: Option<u32>,
        /// Which unit.
        unit: u32,
        /// What it is.
        value: f32,
    },
    /// A weight is another, at all time steps.
    Weight {
        /// Its parameter's name, as in a PyTorch state dict.
        parameter: String,
        /// Which of its numbers, row by row.
        index: u32,
        /// What it is.
        value: f32,
    },
}

/// What a cell computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellForm {
    /// Elman's cell with tanh.
    ElmanTanh,
    /// Elman's cell with max(0, a).
    ElmanRelu,
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl CellForm {
    /// What its gates are, in PyTorch's order. The one of Elman's cell is its hidden state.
    #[must_use]
    pub fn gates(self) -> &'static [Quantity] {
        match self {
            Self::ElmanTanh | Self::ElmanRelu => &[Quantity::Hidden],
            Self::Lstm => {
                &[Quantity::InputGate, Quantity::ForgetGate, Quantity::Candidate, Quantity::OutputGate]
            }
            Self::Gru => &[Quantity::ResetGate, Quantity::UpdateGate, Quantity::Candidate],
        }
    }
}

/// The answer: a cell, as it was and as it is with the changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CellLook {
    /// The step whose sequence is read: that of the [`crate::Snapshot`].
    pub step: u32,
    /// Steps that had been taken when the weights were as they are here. One less than `step` where they are
    /// the weights that read the sequence in training.
    pub weights_step: u32,
    /// The cell and the unit that are shown.
    pub place: CellPlace,
    /// What the cell computes with.
    pub form: CellForm,
    /// L.
    pub layers: u32,
    /// T.
    pub steps: u32,
    /// H.
    pub units: u32,
    /// I, of this layer.
    pub inputs: u32,
    /// The parameters of this layer.
    pub weights: WeightNames,
    /// The cell as it was.
    pub as_is: CellReading,
    /// The cell with the changes; nothing where there are none.
    pub edited: Option<CellReading>,
    /// The unit's hidden state at each time step as it was.
    pub course: Vec<f32>,
    /// What the changes lead to; nothing where there are none.
    pub consequence: Option<Consequence>,
}

/// Names of the parameters of a layer, as in a PyTorch state dict.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WeightNames {
    /// W_ih, `[G·H, I]`.
    pub input: String,
    /// W_hh, `[G·H, H]`.
    pub recurrent: String,
    /// b_ih, `[G·H]`.
    pub input_bias: String,
    /// b_hh, `[G·H]`.
    pub recurrent_bias: String,
}

/// What a cell read and computed at one time step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CellReading {
    /// The symbol read at this time step.
    pub symbol: String,
    /// The chosen unit.
    pub unit: UnitReading,
    /// All units.
    pub vectors: CellVectors,
}

/// What one unit computed. The sums are made in double precision from the network's own numbers; what stands
/// beside them as a gate or a state is the network's own, in single precision.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct UnitReading {
    /// h of the time step before.
    pub hidden_before: f32,
    /// c of the time step before, LSTM only.
    pub cells_before: Option<f32>,
    /// Each gate, in PyTorch's order.
    pub gates: Vec<GateReading>,
    /// What is kept: f ⊙ c₋ of the LSTM, z ⊙ h₋ of the GRU, 0 of Elman's cell.
    pub kept: f64,
    /// What is written: i ⊙ g of the LSTM, (1 − z) ⊙ n of the GRU, h of Elman's cell.
    pub written: f64,
    /// tanh(c), LSTM only.
    pub squashed: Option<f64>,
    /// c, LSTM only.
    pub cells: Option<f32>,
    /// h, as the cell computed it.
    pub hidden: f32,
    /// h, as it is handed on: another number only where it is set by hand.
    pub handed_on: f32,
}

/// What one gate of one unit computed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateReading {
    /// Which gate.
    pub gate: Quantity,
    /// Its row in the layer's weights.
    pub row: u32,
    /// The row's share of W_ih · x.
    pub input_product: f64,
    /// Of b_ih.
    pub input_bias: f32,
    /// The row's share of W_hh · h₋.
    pub recurrent_product: f64,
    /// Of b_hh.
    pub recurrent_bias: f32,
    /// What the nonlinearity received: the sum of the four, but for the GRU's candidate, whose two recurrent
    /// parts are scaled by the reset gate first.
    pub pre_activation: f64,
    /// The gate.
    pub value: f32,
    /// The largest products among W_ih · x and W_hh · h₋, the largest first.
    pub products: Vec<WeightReading>,
}

/// Whether a weight reads the input or the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// x: a number of the symbol's vector, or a unit of the layer below.
    Input,
    /// h₋: a unit of the same layer.
    State,
}

/// One incoming weight of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WeightReading {
    /// What it reads.
    pub source: Source,
    /// Which number of it.
    pub index: u32,
    /// The weight.
    pub weight: f32,
    /// The number that it reads.
    pub value: f32,
}

/// What all units of a cell read and computed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CellVectors {
    /// x, `[I]`.
    pub input: Vec<f32>,
    /// h₋, `[H]`.
    pub hidden_before: Vec<f32>,
    /// c₋, `[H]`, LSTM only.
    pub cells_before: Option<Vec<f32>>,
    /// Each gate, `[H]`, in PyTorch's order.
    pub gates: Vec<Vec<f32>>,
    /// c, `[H]`, LSTM only.
    pub cells: Option<Vec<f32>>,
    /// h, `[H]`.
    pub hidden: Vec<f32>,
}

/// What changes by hand lead to, time step by time step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Consequence {
    /// The unit's hidden state with the changes, T of them.
    pub course: Vec<f32>,
    /// ‖h′_t − h_t‖ of each layer, `[L][T]`.
    pub distances: Vec<Vec<f32>>,
    /// ½ Σ |p′ − p| over all symbols: the share of the next symbol's probability that has moved, T of them.
    pub moved: Vec<f32>,
    /// The time step whose prediction has changed the most.
    pub most_moved_step: u32,
    /// The symbols whose probability changed the most there, the most changed first.
    pub symbols: Vec<SymbolChange>,
}

/// The probability of a next symbol, as it was and with the changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SymbolChange {
    /// The symbol.
    pub symbol: String,
    /// As it was.
    pub as_is: f32,
    /// With the changes.
    pub edited: f32,
}
