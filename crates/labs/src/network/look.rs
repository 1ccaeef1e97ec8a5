//! A look inside the network at one step, kept so that any quantity can be shown of it later.

use crate::{RawLook, Subject};
use rnn_compute::GradientLook;
use rnn_compute::models::{CellKind, LayerTrace};
use rnn_compute::tape::Var;
use rnn_protocol::{Answer, Quantity, Snapshot, SnapshotHeader};

/// What the first stream of a batch did, and how the gradient travelled.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    step: u32,
    /// Symbols read, one a time step.
    symbols: Vec<String>,
    layers: Vec<LayerLook>,
    /// The state that each layer began with: h, and c of the LSTM.
    initial: Vec<(Vec<f32>, Option<Vec<f32>>)>,
    /// What the first sequence was to be answered with, if it was a question.
    target: Option<f32>,
    /// The numbers of the network's answer to it.
    answer: Vec<f32>,
    gradient: GradientLook,
    /// Norm of each parameter's gradient.
    parameter_norms: Vec<f64>,
}

/// The first stream's share of one layer.
#[derive(Debug, Clone)]
struct LayerLook {
    cell: CellKind,
    units: usize,
    /// `[T, H]`.
    hidden: Vec<f32>,
    /// `[T, H]`, LSTM only.
    cells: Option<Vec<f32>>,
    /// `[T, G·H]`.
    gates: Vec<f32>,
}

impl Look {
    /// The tensors of a tape that a look takes down right after the step, in the order that [`Look::new`]
    /// expects their numbers in.
    pub(crate) fn tensors(layers: &[LayerTrace]) -> Vec<Var> {
        let first_stream = |var: Var| {
            let steps = var.shape().dims()[0];
            // Where a tensor is packed, all sequences of a batch have one length.
            (0..steps).map(move |step| var.unpacked().entry(step).entry(0))
        };
        let steps = layers.iter().flat_map(LayerLook::tensors).flat_map(first_stream);
        steps.chain(Self::initial_states(layers).map(|state| state.entry(0))).collect()
    }

    /// The state that each layer begins with, `[B, H]`: h, and c of the LSTM.
    fn initial_states(layers: &[LayerTrace]) -> impl Iterator<Item = Var> {
        layers.iter().flat_map(|layer| layer.initial.vars())
    }

    /// A look at a network that was recorded with layers like these.
    pub(crate) fn new(raw: RawLook, layers: &[LayerTrace]) -> Self {
        let RawLook { step, symbols, target, numbers, gradient, parameter_norms } = raw;
        let mut numbers = numbers.as_slice();
        let looks = layers.iter().map(|layer| LayerLook::new(&mut numbers, layer)).collect();
        let mut first_stream = |var: Var| {
            let (own, rest) = numbers.split_at(var.shape().width());
            numbers = rest;
            own.to_vec()
        };
        let initial = layers.iter().map(|layer| {
            let hidden = first_stream(layer.initial.hidden);
            (hidden, layer.initial.cells.map(&mut first_stream))
        });
        let initial = initial.collect();
        let answer = numbers.to_vec();
        Self { step, symbols, layers: looks, initial, target, answer, gradient, parameter_norms }
    }

    /// The step looked at.
    pub(crate) fn step(&self) -> u32 {
        self.step
    }

    /// The symbols that were read, one a time step.
    pub(crate) fn symbols(&self) -> &[String] {
        &self.symbols
    }

    /// What was read, as these indices, to be read once more with the weights after `weights_step` steps.
    pub(crate) fn subject(&self, weights_step: u32, ids: Vec<u16>) -> Subject {
        Subject { step: self.step, weights_step, ids, initial: self.initial.clone() }
    }

    /// What the first sequence was to be answered with, and the numbers of the network's answer.
    pub(crate) fn answered(&self) -> Option<(f32, &[f32])> {
        self.target.map(|target| (target, self.answer.as_slice()))
    }

    /// What the page draws: one quantity, or the hidden state where the cell has no such quantity.
    pub(crate) fn snapshot(
        &self,
        quantity: Quantity,
        parameters: Vec<String>,
        answer: Option<Answer>,
    ) -> Option<Snapshot> {
        let first = self.layers.first()?;
        let quantity = if first.has(quantity) { quantity } else { Quantity::Hidden };
        let header = SnapshotHeader {
            run: 0,
            step: self.step,
            quantity,
            symbols: self.symbols.clone(),
            layers: self.layers.len() as u32,
            units: first.units as u32,
            parameters,
            answer,
        };
        let mut values = Vec::with_capacity(header.value_count());
        for layer in &self.layers {
            layer.extend_with(quantity, &mut values);
        }
        let norms = self.gradient.total.iter().chain(&self.gradient.last_loss).chain([&self.parameter_norms]);
        values.extend(norms.flatten().map(|&norm| norm as f32));
        Snapshot::new(header, values)
    }
}

impl LayerLook {
    fn tensors(layer: &LayerTrace) -> impl Iterator<Item = Var> {
        [Some(layer.hidden), layer.cells, Some(layer.gates)].into_iter().flatten()
    }

    /// Takes its numbers off the front.
    fn new(numbers: &mut &[f32], layer: &LayerTrace) -> Self {
        let mut first_stream = |var: Var| {
            let len = var.shape().dims()[0] * var.shape().width();
            let (own, rest) = numbers.split_at(len);
            *numbers = rest;
            own.to_vec()
        };
        Self {
            cell: layer.cell,
            units: layer.hidden.shape().width(),
            hidden: first_stream(layer.hidden),
            cells: layer.cells.map(&mut first_stream),
            gates: first_stream(layer.gates),
        }
    }

    fn has(&self, quantity: Quantity) -> bool {
        match quantity {
            Quantity::Hidden => true,
            Quantity::Cell => self.cells.is_some(),
            gate => gate_block(gate, self.cell).is_some(),
        }
    }

    /// Appends `[T, H]` of the quantity.
    fn extend_with(&self, quantity: Quantity, values: &mut Vec<f32>) {
        let width = self.cell.gates() * self.units;
        match (gate_block(quantity, self.cell), quantity, &self.cells) {
            (Some(block), ..) => {
                for row in self.gates.chunks_exact(width) {
                    values.extend_from_slice(&row[block * self.units..][..self.units]);
                }
            }
            (None, Quantity::Cell, Some(cells)) => values.extend_from_slice(cells),
            _ => values.extend_from_slice(&self.hidden),
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
