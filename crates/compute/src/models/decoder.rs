//! A decoder: a recurrent network that writes a sequence symbol by symbol from the state it is given, and
//! may look at source states while it does (Bahdanau, Cho and Bengio, 2015; Luong, Pham and Manning, 2015).
//! With attention it reads the embedding of the last symbol joined to the context.

use super::{Dense, EmbeddingTable, LayerTrace, RecurrentConfig, RecurrentLayers};
use crate::backend::Backend;
use crate::ops::{
    AttentionOutput, CellKind, CellState, CrossEntropyConfig, DotScale, LayerInput, Sources, add,
    additive_attention, choose_symbols, concat, dot_attention, dropout, softmax_cross_entropy,
};
use crate::tape::{IndexVar, PackingVar, Recorder, Shape, Var, at_least_one};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole};

/// How a decoder compares its state with the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttentionKind {
    /// `vᵀ tanh(W_q s + W_k h)` with vectors of A numbers; the concatenated form is the same.
    Additive {
        /// A.
        size: usize,
    },
    /// `s·h`; both must be of one width.
    Dot(DotScale),
}

/// The sizes of a decoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DecoderConfig {
    /// V, symbols it reads and writes.
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
    /// How it looks at the sources, if it does.
    pub attention: Option<AttentionKind>,
    /// Width of the source states; 0 without attention.
    pub source_width: usize,
}

impl DecoderConfig {
    /// Its recurrent layers, which read the embedding and the context.
    #[must_use]
    pub fn recurrent(&self) -> RecurrentConfig {
        let context = if self.attention.is_some() { self.source_width } else { 0 };
        let inputs = self.embedding.saturating_add(context);
        let Self { cell, hidden, layers, dropout, .. } = *self;
        RecurrentConfig { dropout, ..RecurrentConfig::new(cell, inputs, hidden, layers) }
    }
}

/// The parameters of a decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoder {
    config: DecoderConfig,
    table: EmbeddingTable,
    attention: Option<Attention>,
    layers: RecurrentLayers,
    output: Dense,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Attention {
    Additive { query: Dense, key: Dense, score: (ParameterId, Shape) },
    Dot(DotScale),
}

/// The tensors of one recorded step.
#[derive(Debug, Clone)]
pub struct DecoderStep {
    /// Scores of the next symbol, `[B, V]`.
    pub logits: Var,
    /// What it looked at.
    pub attention: Option<AttentionOutput>,
    /// The layers, over a sequence of one step.
    pub layers: Vec<LayerTrace>,
}

impl DecoderStep {
    /// The state of each layer after the step.
    #[must_use]
    pub fn states(&self) -> Vec<CellState> {
        self.layers.iter().map(|layer| layer.last).collect()
    }
}

/// The tensors of a decoder recorded over a whole sequence.
#[derive(Debug, Clone)]
pub struct DecoderGraph {
    /// The symbol that each sequence begins with, `[B]`; not a prediction.
    pub first: IndexVar,
    /// The symbols to be written, `[S, B]`.
    pub targets: IndexVar,
    /// For each target whether the step after it reads it (1) or what the decoder found likeliest (0),
    /// `[S, B]`; the last are not used. All 0 until they are written.
    pub coins: IndexVar,
    /// How much each prediction counts in the loss, `[S·B]`.
    pub weights: Var,
    /// The steps.
    pub steps: Vec<DecoderStep>,
    /// Weighted sum of the cross-entropies, `[1]`, in nats.
    pub loss: Var,
}

impl Decoder {
    /// Declares `{prefix}embedding.weight`, `{prefix}attention.…`, `{prefix}rnn.…` and
    /// `{prefix}output.…`.
    ///
    /// # Errors
    /// If a size is zero, or states of different widths shall be compared by their dot product.
    pub fn declare(
        list: &mut ParameterList,
        prefix: &str,
        config: DecoderConfig,
    ) -> Result<Self, ComputeError> {
        let DecoderConfig { vocabulary, embedding, hidden, source_width, .. } = config;
        let table = EmbeddingTable::declare(list, prefix, [vocabulary, embedding])?;
        let attention = match config.attention {
            None => None,
            Some(AttentionKind::Dot(scale)) => {
                let found = Shape::from([source_width]);
                crate::tape::same_shape("dot attention", "source states", [hidden], found)?;
                Some(Attention::Dot(scale))
            }
            Some(AttentionKind::Additive { size }) => {
                let query = Dense::declare(list, &format!("{prefix}attention.query"), [hidden, size])?;
                let key = Dense::declare(list, &format!("{prefix}attention.key"), [source_width, size])?;
                let shape = Shape::from([1, size]);
                let name = format!("{prefix}attention.score.weight");
                let score = (list.declare(name, shape, ParameterRole::LinearWeight), shape);
                Some(Attention::Additive { query, key, score })
            }
        };
        let layers = RecurrentLayers::declare(list, prefix, config.recurrent())?;
        let output = Dense::declare(list, &format!("{prefix}output"), [hidden, vocabulary])?;
        Ok(Self { config, table, attention, layers, output })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> DecoderConfig {
        self.config
    }

    /// States for every layer that are inputs of the graph, zero until they are written.
    pub fn initial_states<B: Backend>(&self, recorder: &mut Recorder<B>, batch: usize) -> Vec<CellState> {
        self.layers.initial_states(recorder, batch)
    }

    /// What the decoder looks at: source states `[S, B, W]` as they are and as they are compared, once for
    /// all steps.
    ///
    /// # Errors
    /// If they are of another width.
    pub fn sources<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        states: Var,
        lengths: Option<PackingVar>,
    ) -> Result<Sources, ComputeError> {
        let keys = match self.attention {
            Some(Attention::Additive { key, .. }) => key.record(recorder, states)?,
            Some(Attention::Dot(_)) | None => states,
        };
        Ok(Sources { keys, values: states, lengths })
    }

    /// Records one step: reads `ids` `[B]` in the given states.
    ///
    /// # Errors
    /// If something does not fit, or there is attention and nothing to look at.
    pub fn record_step<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        ids: IndexVar,
        states: &[CellState],
        sources: Option<Sources>,
    ) -> Result<DecoderStep, ComputeError> {
        let batch = at_least_one("batch", ids.len())?;
        let probability = self.config.dropout;
        let mut input = self.table.rows(recorder, ids, [batch, self.config.embedding])?;
        if probability != 0.0 {
            let stream = recorder.random_stream();
            input = dropout(recorder, input, probability, stream)?;
        }
        let mut looked = None;
        if let Some(attention) = self.attention {
            let missing = ComputeError::ZeroSize { what: "number of source states" };
            let (Some(sources), Some(top)) = (sources, states.last()) else { return Err(missing) };
            let output = match attention {
                Attention::Additive { query, score, .. } => {
                    let query = query.record(recorder, top.hidden)?;
                    additive_attention(recorder, query, sources, score)?
                }
                Attention::Dot(scale) => dot_attention(recorder, top.hidden, sources, scale)?,
            };
            input = concat(recorder, &[input, output.context])?;
            looked = Some(output);
        }
        let rows = LayerInput::Rows(input.as_step());
        let recurrent = self.layers.record(recorder, rows, states)?;
        let mut top = recurrent.output.entry(0);
        if probability != 0.0 {
            let stream = recorder.random_stream();
            top = dropout(recorder, top, probability, stream)?;
        }
        let logits = self.output.record(recorder, top)?;
        Ok(DecoderStep { logits, attention: looked, layers: recurrent.traces })
    }

    /// Records the writing of `steps` symbols from the given states: at each step the decoder reads the
    /// true symbol or its own, as the coins decide.
    ///
    /// # Errors
    /// If a size is zero or something does not fit.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        [steps, batch]: [usize; 2],
        states: Vec<CellState>,
        sources: Option<Sources>,
    ) -> Result<DecoderGraph, ComputeError> {
        let count = at_least_one("length of what is written", steps)?.saturating_mul(batch);
        let vocabulary = self.config.vocabulary;
        let first = recorder.index_input(at_least_one("batch", batch)?, vocabulary);
        let targets = recorder.index_input(count, vocabulary);
        let coins = recorder.index_input(count, 2);
        let weights = recorder.constant([count]);
        let (mut ids, mut states, mut loss) = (first, states, None);
        let mut recorded = Vec::with_capacity(steps);
        for step in 0..steps {
            let place = step * batch;
            let result = self.record_step(recorder, ids, &states, sources)?;
            let truth = targets.slice(place, batch);
            let config = CrossEntropyConfig::default();
            let counted = weights.slice(place, batch);
            let own = softmax_cross_entropy(recorder, result.logits, truth, counted, config)?.loss;
            loss = Some(match loss {
                None => own,
                Some(sum) => add(recorder, sum, own)?,
            });
            if step + 1 < steps {
                ids = choose_symbols(recorder, result.logits, truth, coins.slice(place, batch))?;
            }
            states = result.states();
            recorded.push(result);
        }
        let loss = loss.ok_or(ComputeError::ZeroSize { what: "length of what is written" })?;
        Ok(DecoderGraph { first, targets, coins, weights, steps: recorded, loss })
    }
}
