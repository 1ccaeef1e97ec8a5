//! A look inside the network at one step, kept so that any quantity can be shown of it later.

use super::flows::flows_of;
use super::look_layer::{LayerLook, Numbers, of_first_sequence};
use super::predictions::{StepPrediction, predictions};
use crate::{RawLook, Subject, WindowFacts};
use rnn_compute::GradientLook;
use rnn_compute::models::LayerTrace;
use rnn_compute::tape::Var;
use rnn_protocol::{Answer, Flow, Prediction, Quantity, Snapshot, SnapshotHeader};

/// What the first sequence of a batch did, and how the gradient travelled.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    step: u32,
    /// Symbols read, one a time step.
    symbols: Vec<String>,
    window: WindowFacts,
    layers: Vec<LayerLook>,
    predictions: Vec<StepPrediction>,
    flows: Vec<(Flow, Vec<f32>)>,
    /// What the first sequence was to be answered with, if it was a question.
    target: Option<f32>,
    /// The numbers of the network's answer to it.
    answer: Vec<f32>,
    gradient: GradientLook,
    /// Norm of each parameter's gradient.
    parameter_norms: Vec<f64>,
}

impl Look {
    /// The tensors of the layers that a look takes down right after the step. What the lab adds to them comes
    /// behind: the scores of the predictions, or the answer to a question.
    pub(crate) fn tensors(layers: &[LayerTrace]) -> Vec<Var> {
        layers.iter().flat_map(LayerLook::tensors).flat_map(of_first_sequence).collect()
    }

    /// The tensors whose gradients it takes down, in the same order.
    pub(crate) fn watched(layers: &[LayerTrace]) -> Vec<Var> {
        layers.iter().flat_map(LayerLook::watched).flat_map(of_first_sequence).collect()
    }

    /// A look at a network that was recorded with layers like these.
    pub(crate) fn new(raw: RawLook, layers: &[LayerTrace]) -> Self {
        let RawLook { step, symbols, window, target, .. } = raw;
        let (mut numbers, mut gradients) = (Numbers(&raw.numbers), Numbers(&raw.gradients));
        let layer = |layer| LayerLook::new(&mut numbers, &mut gradients, layer);
        let layers: Vec<LayerLook> = layers.iter().map(layer).collect();
        let Numbers(rest) = numbers;
        Self {
            step,
            predictions: predictions(rest, &window.targets),
            flows: flows_of(&layers, &raw.inputs, symbols.len()),
            answer: if target.is_some() { rest.to_vec() } else { Vec::new() },
            symbols,
            window,
            layers,
            target,
            gradient: raw.gradient,
            parameter_norms: raw.parameter_norms,
        }
    }

    /// The step looked at.
    pub(crate) fn step(&self) -> u32 {
        self.step
    }

    /// The symbols that were read, one a time step.
    pub(crate) fn symbols(&self) -> &[String] {
        &self.symbols
    }

    /// How far the sequences were read before its batch.
    pub(crate) fn position(&self) -> usize {
        self.window.position
    }

    /// The state that the first sequence began from: each layer's h, and for the LSTM c.
    pub(crate) fn initial_states(&self) -> Vec<Vec<f32>> {
        let states = |layer: &LayerLook| {
            std::iter::once(layer.initial_hidden.clone()).chain(layer.initial_cells.clone())
        };
        self.layers.iter().flat_map(states).collect()
    }

    /// What was read, as these indices, to be read once more with the weights after `weights_step` steps.
    pub(crate) fn subject(&self, weights_step: u32, ids: Vec<u16>) -> Subject {
        let initial = |layer: &LayerLook| (layer.initial_hidden.clone(), layer.initial_cells.clone());
        Subject { step: self.step, weights_step, ids, initial: self.layers.iter().map(initial).collect() }
    }

    /// What the first sequence was to be answered with, and the numbers of the network's answer.
    pub(crate) fn answered(&self) -> Option<(f32, &[f32])> {
        self.target.map(|target| (target, self.answer.as_slice()))
    }

    /// What the page draws: one quantity, or the hidden state where the cell has no such quantity. `symbol` is the
    /// name of an index that was predicted.
    pub(crate) fn snapshot(
        &self,
        quantity: Quantity,
        parameters: Vec<String>,
        symbol: impl Fn(usize) -> String,
        answer: Option<Answer>,
    ) -> Option<Snapshot> {
        let first = self.layers.first()?;
        let quantity = if first.has(quantity) { quantity } else { Quantity::Hidden };
        let prediction = |(step, found): (usize, &StepPrediction)| Prediction {
            step: step as u32,
            symbol: symbol(found.symbol),
            probability: found.probability,
            target: symbol(found.target),
            target_probability: found.target_probability,
        };
        let header = SnapshotHeader {
            step: self.step,
            quantity,
            symbols: self.symbols.clone(),
            start: self.window.start,
            is_carried: self.window.is_carried,
            layers: self.layers.len() as u32,
            units: first.units as u32,
            parameters,
            predictions: self.predictions.iter().enumerate().map(prediction).collect(),
            flows: self.flows.iter().map(|&(flow, _)| flow).collect(),
            answer,
            ..SnapshotHeader::default()
        };
        let mut values = Vec::with_capacity(header.value_count());
        for layer in &self.layers {
            layer.extend_with(quantity, &mut values);
        }
        let norms = self.gradient.total.iter().chain(&self.gradient.last_loss).chain([&self.parameter_norms]);
        values.extend(norms.flatten().map(|&norm| norm as f32));
        values.extend(self.flows.iter().flat_map(|(_, numbers)| numbers));
        Snapshot::new(header, values)
    }
}
