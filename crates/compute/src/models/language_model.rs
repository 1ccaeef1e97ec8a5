//! A language model: embedding, stacked recurrent layers, and a linear layer that scores every
//! symbol of the vocabulary as the next one (Mikolov et al., 2010).

use super::{CellKind, LayerTrace, RecurrentLayers};
use crate::backend::Backend;
use crate::ops::{
    CrossEntropyConfig, LayerInput, SymbolInput, SymbolTable, embedding, linear, softmax_cross_entropy,
};
use crate::tape::{IndexVar, Recorder, Shape, Tape, Var, at_least_one};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole};

/// Up to this size, what the first layer makes of each symbol is computed for the whole vocabulary, even
/// if the window is smaller.
const SMALL_VOCABULARY: usize = 512;

/// The sizes of a language model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LanguageModelConfig {
    /// V.
    pub vocabulary: usize,
    /// E.
    pub embedding: usize,
    /// H.
    pub hidden: usize,
    /// L.
    pub layers: usize,
    /// The recurrent cell.
    pub cell: CellKind,
}

/// The parameters of a language model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageModel {
    config: LanguageModelConfig,
    table: (ParameterId, Shape),
    layers: RecurrentLayers,
    output_weight: (ParameterId, Shape),
    output_bias: ParameterId,
}

/// The size of the window that a graph reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// T.
    pub steps: usize,
    /// B.
    pub batch: usize,
}

/// The tensors of a recorded language model.
#[derive(Debug, Clone)]
pub struct LanguageModelGraph {
    /// The window it reads.
    pub window: Window,
    /// Symbols read, `[T, B]`.
    pub tokens: IndexVar,
    /// The symbols that followed, `[T, B]`.
    pub targets: IndexVar,
    /// How much each prediction counts in the loss, `[T·B]`.
    pub weights: Var,
    /// Scores of the next symbol, `[T, B, V]`.
    pub logits: Var,
    /// Weighted sum of the cross-entropies, `[1]`, in nats.
    pub loss: Var,
    /// The recurrent layers, bottom first.
    pub layers: Vec<LayerTrace>,
}

impl LanguageModel {
    /// Declares the model's parameters under PyTorch's names: `embedding.weight`, `rnn.…`,
    /// `output.weight`, `output.bias`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(list: &mut ParameterList, config: LanguageModelConfig) -> Result<Self, ComputeError> {
        let LanguageModelConfig { vocabulary, embedding, hidden, layers, cell } = config;
        let table_shape = Shape::from([
            at_least_one("vocabulary", vocabulary)?,
            at_least_one("embedding size", embedding)?,
        ]);
        let table = list.declare("embedding.weight", table_shape, ParameterRole::Embedding);
        let layers = RecurrentLayers::declare(list, cell, embedding, hidden, layers)?;
        let output_shape = Shape::from([vocabulary, hidden]);
        let output_weight = list.declare("output.weight", output_shape, ParameterRole::LinearWeight);
        let bias = ParameterRole::LinearBias { inputs: hidden };
        let output_bias = list.declare("output.bias", [vocabulary], bias);
        Ok(Self {
            config,
            table: (table, table_shape),
            layers,
            output_weight: (output_weight, output_shape),
            output_bias,
        })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> LanguageModelConfig {
        self.config
    }

    /// Records the model over one window. All loss weights are 0 until they are written.
    ///
    /// # Errors
    /// If the window is empty.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        window: Window,
    ) -> Result<LanguageModelGraph, ComputeError> {
        let steps = at_least_one("sequence length", window.steps)?;
        let batch = at_least_one("batch", window.batch)?;
        let LanguageModelConfig { vocabulary, embedding: width, .. } = self.config;
        let tokens = recorder.index_input(steps * batch, vocabulary);
        let targets = recorder.index_input(steps * batch, vocabulary);
        let weights = recorder.input([steps * batch]);
        let input = if vocabulary <= (steps * batch).max(SMALL_VOCABULARY) {
            let (table, shape) = self.table;
            let table = SymbolTable::Embedding(table, shape);
            LayerInput::Symbols(SymbolInput { ids: tokens, batch, table })
        } else {
            LayerInput::Rows(embedding(recorder, tokens, self.table, [steps, batch, width])?)
        };
        let layers = self.layers.record(recorder, input)?;
        let top = layers[layers.len() - 1].hidden;
        let logits = linear(recorder, top, self.output_weight, self.output_bias)?;
        let unsmoothed = CrossEntropyConfig::default();
        let loss = softmax_cross_entropy(recorder, logits, targets, weights, unsmoothed)?.loss;
        Ok(LanguageModelGraph { window, tokens, targets, weights, logits, loss, layers })
    }
}

impl LanguageModelGraph {
    /// Starts every layer from a zero state.
    pub fn clear_state<B: Backend>(&self, tape: &mut Tape<B>) {
        for layer in &self.layers {
            layer.clear_state(tape);
        }
    }

    /// Hands every layer's last state to the next window: truncated backpropagation through time
    /// carries the state on and cuts the gradient.
    pub fn carry_state<B: Backend>(&self, tape: &mut Tape<B>) {
        for layer in &self.layers {
            layer.carry_state(tape);
        }
    }
}
