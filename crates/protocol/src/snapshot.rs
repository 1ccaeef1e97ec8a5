//! A look inside the network at one step: a small header and one flat array of numbers, so that
//! the numbers can move from worker to page without a copy.

use crate::RunId;
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
}

impl Quantity {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Hidden,
        Self::Cell,
        Self::InputGate,
        Self::ForgetGate,
        Self::Candidate,
        Self::OutputGate,
        Self::ResetGate,
        Self::UpdateGate,
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
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quantity| quantity.key() == key)
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
    /// Recurrent layers, L.
    pub layers: u32,
    /// Units of a layer, H.
    pub units: u32,
    /// Names of the parameters, as in a PyTorch state dict, in the order of
    /// [`Snapshot::parameter_norms`].
    pub parameters: Vec<String>,
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
/// `values` holds, one after the other: the chosen quantity of the first stream `[L, T, H]`,
/// ‖∂L/∂h_t‖ `[L, T]`, ‖∂L_T/∂h_t‖ `[L, T]`, and the gradient norm of each parameter.
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

    /// How many numbers a snapshot with this header holds.
    #[must_use]
    pub fn value_count(&self) -> usize {
        let cells = self.layers as usize * self.steps();
        cells * self.units as usize + 2 * cells + self.parameters.len()
    }
}

impl Snapshot {
    /// Joins a header and its numbers; `None` if there are not as many as the header says.
    #[must_use]
    pub fn new(header: SnapshotHeader, values: Vec<f32>) -> Option<Self> {
        (header.value_count() == values.len()).then_some(Self { header, values })
    }

    /// The chosen quantity of every unit of `layer`, first stream: `[T, H]`, row-major.
    #[must_use]
    pub fn unit_values(&self, layer: usize) -> &[f32] {
        let size = self.header.steps() * self.header.units as usize;
        &self.values[layer * size..][..size]
    }

    /// ‖∂L/∂h_t‖ of `layer`, t = 0 … T−1: the gradient of the window's loss that arrives at each time
    /// step, over the batch; over the lead's part of it where several workers train.
    #[must_use]
    pub fn gradient_norms(&self, layer: usize) -> &[f32] {
        let steps = self.header.steps();
        let start = self.header.layers as usize * steps * self.header.units as usize;
        &self.values[start + layer * steps..][..steps]
    }

    /// ‖∂L_T/∂h_t‖ of `layer`, t = 0 … T−1: what is left, at each time step, of the gradient of the
    /// last step's share of the loss alone. This is the curve that vanishes or explodes. At the last
    /// step it equals [`Snapshot::gradient_norms`].
    #[must_use]
    pub fn last_loss_gradient_norms(&self, layer: usize) -> &[f32] {
        let steps = self.header.steps();
        let layers = self.header.layers as usize;
        let start = layers * steps * (self.header.units as usize + 1);
        &self.values[start + layer * steps..][..steps]
    }

    /// The gradient norm of each parameter before clipping, in the order of the header's names.
    #[must_use]
    pub fn parameter_norms(&self) -> &[f32] {
        &self.values[self.values.len() - self.header.parameters.len()..]
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
    }
}
