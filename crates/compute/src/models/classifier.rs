//! A sequence classifier: embedding, recurrent layers, one vector for each sequence, and a linear layer
//! that scores the classes. Sequences are packed, so that they may have different lengths.

use super::{Dense, EmbeddingTable, RecurrentConfig, RecurrentGraph, RecurrentLayers, Window};
use crate::backend::Backend;
use crate::ops::{
    CrossEntropyConfig, TimePooling, binary_cross_entropy, dropout, pool_time, softmax_cross_entropy,
};
use crate::tape::{IndexVar, PackingVar, Recorder, Var, at_least_one};
use crate::{ComputeError, ParameterList};

/// How the states of a sequence become one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SequencePooling {
    /// What the top layer puts out after the last step; in both directions, the two side by side, each
    /// after it has read the whole sequence.
    #[default]
    Last,
    /// The mean over time.
    Mean,
    /// The maximum over time.
    Max,
}

/// What is to be told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Classes {
    /// Yes or no: one score, whose sigmoid is the probability of yes.
    Binary,
    /// As many classes, a score each.
    Many(usize),
}

impl Classes {
    /// Scores of a sequence.
    #[must_use]
    pub fn scores(self) -> usize {
        match self {
            Self::Binary => 1,
            Self::Many(classes) => classes,
        }
    }
}

/// The sizes of a sequence classifier.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassifierConfig {
    /// V.
    pub vocabulary: usize,
    /// The recurrent layers; they read embeddings of as many numbers as their inputs.
    pub recurrent: RecurrentConfig,
    /// How states become one vector.
    pub pooling: SequencePooling,
    /// Probability of dropout on the embedding and on the one vector.
    pub dropout: f64,
    /// What is to be told apart.
    pub classes: Classes,
}

/// The parameters of a sequence classifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    config: ClassifierConfig,
    table: EmbeddingTable,
    layers: RecurrentLayers,
    output: Dense,
}

/// Where the true classes are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ClassTargets {
    /// 1 for yes, 0 for no, `[B, 1]`.
    Binary(Var),
    /// The class of each sequence, `[B]`.
    Many(IndexVar),
}

/// The tensors of a recorded sequence classifier.
#[derive(Debug, Clone)]
pub struct ClassifierGraph {
    /// The lengths of the sequences.
    pub packing: PackingVar,
    /// Symbols read, `[T, B]`, packed.
    pub tokens: IndexVar,
    /// The true classes.
    pub targets: ClassTargets,
    /// How much each sequence counts in the loss, `[B]`.
    pub weights: Var,
    /// The one vector, `[B, H]` or `[B, 2·H]`.
    pub pooled: Var,
    /// Scores, `[B, 1]` or `[B, C]`.
    pub logits: Var,
    /// Weighted sum of the cross-entropies, `[1]`, in nats.
    pub loss: Var,
    /// The recurrent layers.
    pub recurrent: RecurrentGraph,
}

impl Classifier {
    /// Declares `embedding.weight`, `rnn.…`, `output.weight` and `output.bias`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(list: &mut ParameterList, config: ClassifierConfig) -> Result<Self, ComputeError> {
        let table = EmbeddingTable::declare(list, "", [config.vocabulary, config.recurrent.inputs])?;
        let layers = RecurrentLayers::declare(list, "", config.recurrent)?;
        let output = Dense::declare(list, "output", [config.recurrent.width(), config.classes.scores()])?;
        Ok(Self { config, table, layers, output })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> ClassifierConfig {
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
    ) -> Result<ClassifierGraph, ComputeError> {
        let steps = at_least_one("sequence length", window.steps)?;
        let batch = at_least_one("batch", window.batch)?;
        let ClassifierConfig { vocabulary, pooling, dropout: probability, classes, .. } = self.config;
        let packing = recorder.packing(steps, batch);
        let tokens = recorder.packed_index_input(packing, vocabulary);
        let weights = recorder.constant([batch]);
        let input = self.table.layer_input(recorder, tokens, [steps, batch], probability)?;
        let initial = self.layers.initial_states(recorder, batch);
        let recurrent = self.layers.record(recorder, input, &initial)?;
        let mut pooled = match pooling {
            SequencePooling::Last => self.layers.record_last(recorder, &recurrent)?,
            SequencePooling::Mean => pool_time(recorder, recurrent.output, TimePooling::Mean)?,
            SequencePooling::Max => pool_time(recorder, recurrent.output, TimePooling::Max)?,
        };
        if probability != 0.0 {
            let stream = recorder.random_stream();
            pooled = dropout(recorder, pooled, probability, stream)?;
        }
        let logits = self.output.record(recorder, pooled)?;
        let (targets, loss) = match classes {
            Classes::Binary => {
                let targets = recorder.constant([batch, 1]);
                let loss = binary_cross_entropy(recorder, logits, targets, weights)?.loss;
                (ClassTargets::Binary(targets), loss)
            }
            Classes::Many(classes) => {
                let targets = recorder.index_input(batch, classes);
                let config = CrossEntropyConfig::default();
                let loss = softmax_cross_entropy(recorder, logits, targets, weights, config)?.loss;
                (ClassTargets::Many(targets), loss)
            }
        };
        Ok(ClassifierGraph { packing, tokens, targets, weights, pooled, logits, loss, recurrent })
    }
}
