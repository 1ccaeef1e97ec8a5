//! A look inside the network at one step: a small header and one flat array of numbers, so that
//! the numbers can move from worker to page without a copy.

use crate::{Flow, Prediction, Row, RunId};
use serde::{Deserialize, Serialize};

/// What is drawn for each unit and time step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// Hidden state h, all cells. Between −1 and 1.
    #[default]
    Hidden,
    /// Cell state c, LSTM only. Unbounded.
    Cell,
    /// Input gate i, LSTM only. Between 0 and 1, like every gate.
    InputGate,
    /// Forget gate f, LSTM only.
    ForgetGate,
    /// Candidate: g of the LSTM, n of the GRU. Between −1 and 1.
    Candidate,
    /// Output gate o, LSTM only.
    OutputGate,
    /// Reset gate r, GRU only.
    ResetGate,
    /// Update gate z, GRU only.
    UpdateGate,
    /// ∂L/∂h: how the window's loss would change with each unit, all paths counted. Unbounded.
    HiddenGradient,
    /// ∂L/∂c, LSTM only. Unbounded.
    CellGradient,
}

impl Quantity {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Hidden,
        Self::Cell,
        Self::InputGate,
        Self::ForgetGate,
        Self::Candidate,
        Self::OutputGate,
        Self::ResetGate,
        Self::UpdateGate,
        Self::HiddenGradient,
        Self::CellGradient,
    ];

    /// Its word in messages and links.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Cell => "cell",
            Self::InputGate => "input-gate",
            Self::ForgetGate => "forget-gate",
            Self::Candidate => "candidate",
            Self::OutputGate => "output-gate",
            Self::ResetGate => "reset-gate",
            Self::UpdateGate => "update-gate",
            Self::HiddenGradient => "hidden-gradient",
            Self::CellGradient => "cell-gradient",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quantity| quantity.key() == key)
    }

    /// Whether it is computed by the backward pass, from the last step to the first.
    #[must_use]
    pub fn is_gradient(self) -> bool {
        matches!(self, Self::HiddenGradient | Self::CellGradient)
    }
}

/// What the numbers of a [`Snapshot`] are.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SnapshotHeader {
    /// The run.
    pub run: RunId,
    /// The step whose forward and backward pass this is.
    pub step: u32,
    /// What [`Snapshot::unit_values`] holds: the quantity asked for, or the hidden state where the
    /// cell has no such quantity.
    pub quantity: Quantity,
    /// The symbols read by the first stream of the batch, one a time step, T of them.
    pub symbols: Vec<String>,
    /// Steps that belong to the first sequence, where the rest is padding; `None` if all do.
    pub length: Option<u32>,
    /// Symbols of its stream that the first sequence's earlier windows read.
    pub start: u64,
    /// Whether the window began with the state that the one before it had left: the gradient is cut there.
    pub is_carried: bool,
    /// Recurrent layers, L.
    pub layers: u32,
    /// Whether each layer walks both ways, which makes two rows of it.
    pub is_bidirectional: bool,
    /// Units of a layer, H.
    pub units: u32,
    /// Names of the parameters, as in a PyTorch state dict, in the order of
    /// [`Snapshot::parameter_norms`].
    pub parameters: Vec<String>,
    /// What was predicted, at those steps where something is.
    pub predictions: Vec<Prediction>,
    /// What is known of the links, in the order of the numbers.
    pub flows: Vec<Flow>,
    /// What the network answered after the last symbol, where it is asked something.
    #[serde(default)]
    pub answer: Option<Answer>,
}

/// A network's answer beside the true one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Answer {
    /// What the network answered.
    pub given: String,
    /// What is true.
    pub truth: String,
    /// Whether the answer counts as correct.
    pub is_correct: bool,
}

/// A look inside the network at one step.
///
/// `values` holds, one after the other: the chosen quantity of the first stream `[R, T, H]`,
/// ‖∂L/∂h_t‖ `[R, T]`, ‖∂L_T/∂h_t‖ `[R, T]`, the gradient norm of each parameter, and the header's flows. R is
/// the number of [rows](SnapshotHeader::rows): L, or 2·L where the layers walk both ways.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// What the numbers are.
    pub header: SnapshotHeader,
    /// The numbers.
    pub values: Vec<f32>,
}

impl SnapshotHeader {
    /// Time steps, T.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.symbols.len()
    }

    /// Steps of the first sequence; behind them is padding.
    #[must_use]
    pub fn length(&self) -> usize {
        self.length.map_or(self.steps(), |length| (length as usize).min(self.steps()))
    }

    /// Rows of the unrolled network, R: one for each layer and direction.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.layers as usize * self.directions()
    }

    /// What a row is, from 0 next to the input; a layer's forward walk comes before its backward walk.
    #[must_use]
    pub fn row(&self, row: usize) -> Row {
        let directions = self.directions();
        Row { layer: row / directions, is_backward: row % directions == 1 }
    }

    /// How many numbers a snapshot with this header holds.
    #[must_use]
    pub fn value_count(&self) -> usize {
        let flows: usize = self.flows.iter().map(|flow| flow.count(self.rows(), self.steps())).sum();
        self.flow_start() + flows
    }

    fn directions(&self) -> usize {
        if self.is_bidirectional { 2 } else { 1 }
    }

    fn flow_start(&self) -> usize {
        let cells = self.rows() * self.steps();
        cells * self.units as usize + 2 * cells + self.parameters.len()
    }
}

impl Snapshot {
    /// Joins a header and its numbers; `None` if there are not as many as the header says.
    #[must_use]
    pub fn new(header: SnapshotHeader, values: Vec<f32>) -> Option<Self> {
        (header.value_count() == values.len()).then_some(Self { header, values })
    }

    /// The chosen quantity of every unit of `row`, first stream: `[T, H]`, row-major.
    #[must_use]
    pub fn unit_values(&self, row: usize) -> &[f32] {
        let size = self.header.steps() * self.header.units as usize;
        &self.values[row * size..][..size]
    }

    /// ‖∂L/∂h_t‖ of `row`, t = 0 … T−1: the gradient of the window's loss that arrives at each time
    /// step, over the batch; over the lead's part of it where several workers train.
    #[must_use]
    pub fn gradient_norms(&self, row: usize) -> &[f32] {
        let steps = self.header.steps();
        let start = self.header.rows() * steps * self.header.units as usize;
        &self.values[start + row * steps..][..steps]
    }

    /// ‖∂L_T/∂h_t‖ of `row`, t = 0 … T−1: what is left, at each time step, of the gradient of the
    /// last step's share of the loss alone. This is the curve that vanishes or explodes. At the last
    /// step it equals [`Snapshot::gradient_norms`].
    #[must_use]
    pub fn last_loss_gradient_norms(&self, row: usize) -> &[f32] {
        let steps = self.header.steps();
        let start = self.header.rows() * steps * (self.header.units as usize + 1);
        &self.values[start + row * steps..][..steps]
    }

    /// The gradient norm of each parameter before clipping, in the order of the header's names.
    #[must_use]
    pub fn parameter_norms(&self) -> &[f32] {
        let end = self.header.flow_start();
        &self.values[end - self.header.parameters.len()..end]
    }

    /// How much flows along the links, where that is known: as many numbers as [`Flow::count`] says.
    #[must_use]
    pub fn flow(&self, flow: Flow) -> Option<&[f32]> {
        let header = &self.header;
        let count = |flow: &Flow| flow.count(header.rows(), header.steps());
        let place = header.flows.iter().position(|&known| known == flow)?;
        let start = header.flow_start() + header.flows[..place].iter().map(count).sum::<usize>();
        self.values.get(start..start + count(&flow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_the_numbers_is_found_where_the_layout_says() {
        let header = SnapshotHeader {
            symbols: vec!["a".into(), "b".into(), "c".into()],
            layers: 2,
            units: 4,
            parameters: vec!["weight_ih_l0".into(), "weight_hh_l0".into()],
            ..SnapshotHeader::default()
        };
        let count = header.value_count();
        assert_eq!(count, 2 * 3 * 4 + 2 * 3 + 2 * 3 + 2);
        assert!(Snapshot::new(header.clone(), vec![0.0; count - 1]).is_none());
        let values = (0..count).map(|i| i as f32).collect();
        let snapshot = Snapshot::new(header, values).unwrap();
        assert_eq!(snapshot.unit_values(1)[0], 12.0);
        assert_eq!(snapshot.gradient_norms(1), [27.0, 28.0, 29.0]);
        assert_eq!(snapshot.last_loss_gradient_norms(0), [30.0, 31.0, 32.0]);
        assert_eq!(snapshot.parameter_norms(), [36.0, 37.0]);
        assert_eq!(snapshot.flow(Flow::Hidden), None);
    }

    #[test]
    fn layers_that_walk_both_ways_are_two_rows_each_and_flows_follow_the_parameters() {
        let header = SnapshotHeader {
            symbols: vec!["a".into(), "b".into(), "c".into()],
            length: Some(2),
            layers: 2,
            is_bidirectional: true,
            units: 5,
            parameters: vec!["weight_ih_l0".into()],
            flows: vec![Flow::Input, Flow::Hidden, Flow::CarriedHidden],
            ..SnapshotHeader::default()
        };
        assert_eq!((header.rows(), header.length()), (4, 2));
        assert_eq!(header.row(2), Row { layer: 1, is_backward: false });
        assert_eq!(header.row(3), Row { layer: 1, is_backward: true });
        let before = 4 * 3 * 5 + 2 * 4 * 3;
        let count = header.value_count();
        assert_eq!(count, before + 1 + 3 + 4 * 3 + 4);
        let snapshot = Snapshot::new(header, (0..count).map(|i| i as f32).collect()).unwrap();
        assert_eq!(snapshot.unit_values(3)[0], 45.0);
        assert_eq!(snapshot.gradient_norms(3), [69.0, 70.0, 71.0]);
        assert_eq!(snapshot.parameter_norms(), [before as f32]);
        let at = |from: usize, count: usize| (from..from + count).map(|i| i as f32).collect::<Vec<_>>();
        assert_eq!(snapshot.flow(Flow::Input).unwrap(), at(before + 1, 3));
        assert_eq!(snapshot.flow(Flow::Hidden).unwrap(), at(before + 4, 12));
        assert_eq!(snapshot.flow(Flow::CarriedHidden).unwrap(), at(before + 16, 4));
        assert_eq!(snapshot.flow(Flow::Cell), None);
    }
}
