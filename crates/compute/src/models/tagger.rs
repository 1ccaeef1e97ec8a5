//! A tagger: a class for every symbol of a sequence, from what stands before and behind it (Huang, Xu and
//! Yu, 2015, without the CRF). Sequences are packed, so that they may have different lengths.

use super::{Dense, EmbeddingTable, RecurrentConfig, RecurrentGraph, RecurrentLayers, Window};
use crate::backend::Backend;
use crate::ops::{CrossEntropyConfig, dropout, softmax_cross_entropy};
use crate::tape::{IndexVar, PackingVar, Recorder, Var, at_least_one};
use crate::{ComputeError, ParameterList};

/// The sizes of a tagger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaggerConfig {
    /// V.
    pub vocabulary: usize,
    /// The recurrent layers; they read embeddings of as many numbers as their inputs.
    pub recurrent: RecurrentConfig,
    /// Probability of dropout on the embedding and on the states.
    pub dropout: f64,
    /// Tags there are.
    pub tags: usize,
}

/// The parameters of a tagger.
#[derive(Debug, Clone, PartialEq)]
pub struct Tagger {
    config: TaggerConfig,
    table: EmbeddingTable,
    layers: RecurrentLayers,
    output: Dense,
}

/// The tensors of a recorded tagger.
#[derive(Debug, Clone)]
pub struct TaggerGraph {
    /// The lengths of the sequences.
    pub packing: PackingVar,
    /// Symbols read, `[T, B]`, packed.
    pub tokens: IndexVar,
    /// The true tags, `[T, B]`, packed.
    pub targets: IndexVar,
    /// How much each tag counts in the loss, `[T, B, 1]`, packed.
    pub weights: Var,
    /// Scores of the tags, `[T, B, C]`, packed.
    pub logits: Var,
    /// Weighted sum of the cross-entropies, `[1]`, in nats.
    pub loss: Var,
    /// The recurrent layers.
    pub recurrent: RecurrentGraph,
}

impl Tagger {
    /// Declares `embedding.weight`, `rnn.…`, `output.weight` and `output.bias`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(list: &mut ParameterList, config: TaggerConfig) -> Result<Self, ComputeError> {
        let table = EmbeddingTable::declare(list, "", [config.vocabulary, config.recurrent.inputs])?;
        let layers = RecurrentLayers::declare(list, "", config.recurrent)?;
        let output = Dense::declare(list, "output", [config.recurrent.width(), config.tags])?;
        Ok(Self { config, table, layers, output })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> TaggerConfig {
        self.config
    }

    /// Records the model over sequences of at most `window.steps` symbols, from zero states.
    ///
    /// # Errors
    /// If the window is empty, or a probability of dropout is none.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        window: Window,
    ) -> Result<TaggerGraph, ComputeError> {
        let steps = at_least_one("sequence length", window.steps)?;
        let batch = at_least_one("batch", window.batch)?;
        let TaggerConfig { vocabulary, dropout: probability, tags, .. } = self.config;
        let packing = recorder.packing(steps, batch);
        let tokens = recorder.packed_index_input(packing, vocabulary);
        let targets = recorder.packed_index_input(packing, tags);
        let weights = recorder.packed_constant(packing, 1);
        let input = self.table.layer_input(recorder, tokens, [steps, batch], probability)?;
        let initial = self.layers.initial_states(recorder, batch);
        let recurrent = self.layers.record(recorder, input, &initial)?;
        let mut states = recurrent.output;
        if probability != 0.0 {
            let stream = recorder.random_stream();
            states = dropout(recorder, states, probability, stream)?;
        }
        let logits = self.output.record(recorder, states)?;
        let config = CrossEntropyConfig::default();
        let loss = softmax_cross_entropy(recorder, logits, targets, weights, config)?.loss;
        Ok(TaggerGraph { packing, tokens, targets, weights, logits, loss, recurrent })
    }
}
