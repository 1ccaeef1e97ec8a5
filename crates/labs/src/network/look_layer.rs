//! One layer's share of a look inside, of the first stream alone.

use rnn_compute::models::{CellKind, LayerTrace};
use rnn_compute::tape::Var;
use rnn_protocol::Quantity;

/// The first stream's share of one layer and direction.
#[derive(Debug, Clone)]
pub(super) struct LayerLook {
    cell: CellKind,
    /// H.
    pub(super) units: usize,
    /// `[T, H]`.
    pub(super) hidden: Vec<f32>,
    /// `[T, H]`, LSTM only.
    pub(super) cells: Option<Vec<f32>>,
    /// `[T, G·H]`.
    gates: Vec<f32>,
    /// The state before the first step, `[H]`.
    pub(super) initial_hidden: Vec<f32>,
    /// `[H]`, LSTM only.
    pub(super) initial_cells: Option<Vec<f32>>,
    /// ∂L/∂h_t, `[T, H]`, where it is known.
    pub(super) hidden_gradient: Option<Vec<f32>>,
    /// ∂L/∂c_t, `[T, H]`, LSTM only, where it is known.
    pub(super) cell_gradient: Option<Vec<f32>>,
}

/// Numbers that lie one tensor after the other, each of one sequence.
pub(super) struct Numbers<'a>(pub(super) &'a [f32]);

impl Numbers<'_> {
    /// Takes a sequence's share of a tensor off the front; `None` if there are not as many.
    pub(super) fn take(&mut self, var: Var) -> Option<Vec<f32>> {
        let (own, rest) = self.0.split_at_checked(sequence_len(var))?;
        self.0 = rest;
        Some(own.to_vec())
    }
}

/// The first sequence's parts of a tensor `[T, B, ·]` or `[B, ·]`.
pub(super) fn of_first_sequence(var: Var) -> Vec<Var> {
    match *var.shape().dims() {
        // Where a tensor is packed, all sequences of a batch have one length.
        [steps, _, _] => (0..steps).map(|step| var.unpacked().entry(step).entry(0)).collect(),
        _ => vec![var.entry(0)],
    }
}

/// How many numbers they are.
fn sequence_len(var: Var) -> usize {
    let steps = if let [steps, _, _] = *var.shape().dims() { steps } else { 1 };
    steps * var.shape().width()
}

impl LayerLook {
    /// The tensors it is made of.
    pub(super) fn tensors(layer: &LayerTrace) -> impl Iterator<Item = Var> + use<> {
        let LayerTrace { hidden, cells, gates, initial, .. } = *layer;
        [Some(hidden), cells, Some(gates), Some(initial.hidden), initial.cells].into_iter().flatten()
    }

    /// The tensors whose gradients it holds.
    pub(super) fn watched(layer: &LayerTrace) -> impl Iterator<Item = Var> + use<> {
        [Some(layer.hidden), layer.cells].into_iter().flatten()
    }

    /// Takes its numbers and gradients off the front.
    pub(super) fn new(numbers: &mut Numbers<'_>, gradients: &mut Numbers<'_>, layer: &LayerTrace) -> Self {
        let mut take = |var: Var| numbers.take(var).unwrap_or_default();
        Self {
            cell: layer.cell,
            units: layer.hidden.shape().width(),
            hidden: take(layer.hidden),
            cells: layer.cells.map(&mut take),
            gates: take(layer.gates),
            initial_hidden: take(layer.initial.hidden),
            initial_cells: layer.initial.cells.map(&mut take),
            hidden_gradient: gradients.take(layer.hidden),
            cell_gradient: layer.cells.and_then(|cells| gradients.take(cells)),
        }
    }

    /// Whether the cell has the quantity, and it is known.
    pub(super) fn has(&self, quantity: Quantity) -> bool {
        match quantity {
            Quantity::Hidden => true,
            Quantity::Cell => self.cells.is_some(),
            Quantity::HiddenGradient => self.hidden_gradient.is_some(),
            Quantity::CellGradient => self.cell_gradient.is_some(),
            gate => gate_block(gate, self.cell).is_some(),
        }
    }

    /// Appends `[T, H]` of the quantity.
    pub(super) fn extend_with(&self, quantity: Quantity, values: &mut Vec<f32>) {
        let whole = match quantity {
            Quantity::Cell => &self.cells,
            Quantity::HiddenGradient => &self.hidden_gradient,
            Quantity::CellGradient => &self.cell_gradient,
            _ => &None,
        };
        match (gate_block(quantity, self.cell), whole) {
            (Some(block), _) => {
                let width = self.cell.gates() * self.units;
                for row in self.gates.chunks_exact(width) {
                    values.extend_from_slice(&row[block * self.units..][..self.units]);
                }
            }
            (None, Some(whole)) => values.extend_from_slice(whole),
            (None, None) => values.extend_from_slice(&self.hidden),
        }
    }
}

/// Which block of H columns of the gates a quantity is, in PyTorch's order.
fn gate_block(quantity: Quantity, cell: CellKind) -> Option<usize> {
    match (cell, quantity) {
        (CellKind::Lstm, Quantity::InputGate) | (CellKind::Gru, Quantity::ResetGate) => Some(0),
        (CellKind::Lstm, Quantity::ForgetGate) | (CellKind::Gru, Quantity::UpdateGate) => Some(1),
        (CellKind::Lstm | CellKind::Gru, Quantity::Candidate) => Some(2),
        (CellKind::Lstm, Quantity::OutputGate) => Some(3),
        _ => None,
    }
}
