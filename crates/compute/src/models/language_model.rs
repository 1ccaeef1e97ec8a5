//! A language model: embedding, stacked recurrent layers, and a linear layer that scores every
//! symbol of the vocabulary as the next one (Mikolov et al., 2010).

use super::{CellKind, Dense, EmbeddingTable, LayerTrace, RecurrentConfig, RecurrentLayers};
use crate::backend::Backend;
use crate::ops::{CrossEntropyConfig, dropout, softmax_cross_entropy};
use crate::tape::{IndexVar, Recorder, Tape, Var, at_least_one};
use crate::{ComputeError, ParameterList};

/// The sizes of a language model.
#[derive(Debug, Clone, Copy, PartialEq)]
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
    /// Probability of dropout on the embedding, between the layers and before the scores.
    pub dropout: f64,
    /// Whether the output of each layer is normalised.
    pub layer_norm: bool,
}

impl LanguageModelConfig {
    /// A model without dropout or layer norm.
    #[must_use]
    pub const fn new(
        cell: CellKind,
        vocabulary: usize,
        embedding: usize,
        hidden: usize,
        layers: usize,
    ) -> Self {
        Self { vocabulary, embedding, hidden, layers, cell, dropout: 0.0, layer_norm: false }
    }

    fn recurrent(&self) -> RecurrentConfig {
        let Self { embedding, hidden, layers, cell, dropout, layer_norm, .. } = *self;
        RecurrentConfig { dropout, layer_norm, ..RecurrentConfig::new(cell, embedding, hidden, layers) }
    }
}

/// The parameters of a language model.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageModel {
    config: LanguageModelConfig,
    table: EmbeddingTable,
    layers: RecurrentLayers,
    output: Dense,
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
        let LanguageModelConfig { vocabulary, embedding, hidden, .. } = config;
        let table = EmbeddingTable::declare(list, "", [vocabulary, embedding])?;
        let layers = RecurrentLayers::declare(list, "", config.recurrent())?;
        let output = Dense::declare(list, "output", [hidden, vocabulary])?;
        Ok(Self { config, table, layers, output })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> LanguageModelConfig {
        self.config
    }

    pub(super) fn table(&self) -> EmbeddingTable {
        self.table
    }

    pub(super) fn layers(&self) -> &RecurrentLayers {
        &self.layers
    }

    pub(super) fn output(&self) -> Dense {
        self.output
    }

    /// Records the model over one window. All loss weights are 0 until they are written.
    ///
    /// # Errors
    /// If the window is empty, or the probability of dropout is none.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        window: Window,
    ) -> Result<LanguageModelGraph, ComputeError> {
        let steps = at_least_one("sequence length", window.steps)?;
        let batch = at_least_one("batch", window.batch)?;
        let LanguageModelConfig { vocabulary, dropout: probability, .. } = self.config;
        let count = steps.saturating_mul(batch);
        let tokens = recorder.index_input(count, vocabulary);
        let targets = recorder.index_input(count, vocabulary);
        let weights = recorder.constant([count]);
        let input = self.table.layer_input(recorder, tokens, [steps, batch], probability)?;
        let initial = self.layers.initial_states(recorder, batch);
        let recurrent = self.layers.record(recorder, input, &initial)?;
        let mut top = recurrent.output;
        if probability != 0.0 {
            let stream = recorder.random_stream();
            top = dropout(recorder, top, probability, stream)?;
        }
        let logits = self.output.record(recorder, top)?;
        let unsmoothed = CrossEntropyConfig::default();
        let loss = softmax_cross_entropy(recorder, logits, targets, weights, unsmoothed)?.loss;
        Ok(LanguageModelGraph { window, tokens, targets, weights, logits, loss, layers: recurrent.traces })
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
