//! An encoder–decoder: recurrent layers read a source sequence, and a decoder writes another from their
//! last state (Sutskever, Vinyals and Le, 2014; Cho et al., 2014), looking back at the source if it has
//! attention. Sources are packed; the decoder has as many layers as the encoder.

use super::{
    AttentionKind, CellKind, Decoder, DecoderConfig, DecoderGraph, DecoderStep, Directions, EmbeddingTable,
    RecurrentConfig, RecurrentGraph, RecurrentLayers, Window,
};
use crate::backend::Backend;
use crate::ops::{CellState, Sources, concat, unpack};
use crate::tape::{IndexVar, PackingVar, Recorder, Var, at_least_one};
use crate::{ComputeError, ParameterList};

/// The sizes of an encoder–decoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EncoderDecoderConfig {
    /// Symbols of the source.
    pub source_vocabulary: usize,
    /// Symbols of what is written.
    pub target_vocabulary: usize,
    /// E, of both.
    pub embedding: usize,
    /// H, of each direction of the encoder.
    pub hidden: usize,
    /// L, of both.
    pub layers: usize,
    /// The recurrent cell of both.
    pub cell: CellKind,
    /// In which directions the encoder reads. In both, the decoder's state is the two side by side, and
    /// it has 2·H units.
    pub directions: Directions,
    /// Probability of dropout on embeddings, between layers and before the scores.
    pub dropout: f64,
    /// How the decoder looks at the source, if it does.
    pub attention: Option<AttentionKind>,
}

impl EncoderDecoderConfig {
    /// The encoder's recurrent layers.
    #[must_use]
    pub fn encoder(&self) -> RecurrentConfig {
        let Self { embedding, hidden, layers, cell, directions, dropout, .. } = *self;
        RecurrentConfig { directions, dropout, ..RecurrentConfig::new(cell, embedding, hidden, layers) }
    }

    /// The decoder.
    #[must_use]
    pub fn decoder(&self) -> DecoderConfig {
        let width = self.encoder().width();
        let Self { target_vocabulary: vocabulary, embedding, layers, cell, dropout, attention, .. } = *self;
        let source_width = if attention.is_some() { width } else { 0 };
        DecoderConfig { vocabulary, embedding, hidden: width, layers, cell, dropout, attention, source_width }
    }
}

/// The parameters of an encoder–decoder.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderDecoder {
    config: EncoderDecoderConfig,
    table: EmbeddingTable,
    encoder: RecurrentLayers,
    decoder: Decoder,
}

/// The tensors of a recorded encoder.
#[derive(Debug, Clone)]
pub struct EncoderGraph {
    /// The lengths of the sources.
    pub packing: PackingVar,
    /// Symbols read, `[S, B]`, packed.
    pub tokens: IndexVar,
    /// The states of the top layer, `[S, B, W]`, padded with zeros.
    pub states: Var,
    /// The state that the decoder begins with, each layer.
    pub last: Vec<CellState>,
    /// The recurrent layers.
    pub recurrent: RecurrentGraph,
}

/// The tensors of an encoder–decoder recorded for training.
#[derive(Debug, Clone)]
pub struct EncoderDecoderGraph {
    /// The encoder.
    pub encoder: EncoderGraph,
    /// The decoder.
    pub decoder: DecoderGraph,
}

/// One step of a decoder on a tape of its own, for writing without targets.
#[derive(Debug, Clone)]
pub struct DecoderStepGraph {
    /// The symbol read, `[B]`.
    pub ids: IndexVar,
    /// The states before the step, to be written.
    pub initial: Vec<CellState>,
    /// Source states `[S, B, W]`, to be written, and their lengths; with attention only.
    pub sources: Option<(Var, PackingVar)>,
    /// The step.
    pub step: DecoderStep,
}

impl EncoderDecoder {
    /// Declares `encoder.…` and `decoder.…`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(list: &mut ParameterList, config: EncoderDecoderConfig) -> Result<Self, ComputeError> {
        let sizes = [config.source_vocabulary, config.embedding];
        let table = EmbeddingTable::declare(list, "encoder.", sizes)?;
        let encoder = RecurrentLayers::declare(list, "encoder.", config.encoder())?;
        let decoder = Decoder::declare(list, "decoder.", config.decoder())?;
        Ok(Self { config, table, encoder, decoder })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> EncoderDecoderConfig {
        self.config
    }

    /// The decoder.
    #[must_use]
    pub fn decoder(&self) -> &Decoder {
        &self.decoder
    }

    /// Records the encoder over sources of at most `window.steps` symbols.
    ///
    /// # Errors
    /// If the window is empty, or the probability of dropout is none.
    pub fn record_encoder<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        window: Window,
    ) -> Result<EncoderGraph, ComputeError> {
        let steps = at_least_one("sequence length", window.steps)?;
        let batch = at_least_one("batch", window.batch)?;
        let packing = recorder.packing(steps, batch);
        let tokens = recorder.packed_index_input(packing, self.config.source_vocabulary);
        let input = self.table.layer_input(recorder, tokens, [steps, batch], self.config.dropout)?;
        let initial = self.encoder.initial_states(recorder, batch);
        let recurrent = self.encoder.record(recorder, input, &initial)?;
        let states = unpack(recorder, recurrent.output)?;
        let directions = self.config.directions.all().len();
        let mut last = Vec::with_capacity(self.config.layers);
        for layer in recurrent.traces.chunks(directions) {
            let hidden: Vec<Var> = layer.iter().map(|trace| trace.last.hidden).collect();
            let cells: Vec<Var> = layer.iter().filter_map(|trace| trace.last.cells).collect();
            let hidden = concat(recorder, &hidden)?;
            let cells = if cells.is_empty() { None } else { Some(concat(recorder, &cells)?) };
            last.push(CellState { hidden, cells });
        }
        Ok(EncoderGraph { packing, tokens, states, last, recurrent })
    }

    /// Records both over sources of at most `window.steps` symbols and targets of at most `target_steps`.
    ///
    /// # Errors
    /// If a size is zero, or the probability of dropout is none.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        window: Window,
        target_steps: usize,
    ) -> Result<EncoderDecoderGraph, ComputeError> {
        let encoder = self.record_encoder(recorder, window)?;
        let sources = self.sources(recorder, encoder.states, encoder.packing)?;
        let sizes = [target_steps, window.batch];
        let decoder = self.decoder.record(recorder, sizes, encoder.last.clone(), sources)?;
        Ok(EncoderDecoderGraph { encoder, decoder })
    }

    /// Records one step of the decoder over sources of at most `window.steps` symbols that another tape's
    /// encoder has read.
    ///
    /// # Errors
    /// If the window is empty, or the probability of dropout is none.
    pub fn record_step<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        window: Window,
    ) -> Result<DecoderStepGraph, ComputeError> {
        let Window { steps, batch } = window;
        let ids = recorder.index_input(at_least_one("batch", batch)?, self.config.target_vocabulary);
        let initial = self.decoder.initial_states(recorder, batch);
        let mut sources = None;
        let mut looked_at = None;
        if self.config.attention.is_some() {
            let lengths = recorder.packing(at_least_one("sequence length", steps)?, batch);
            let states = recorder.input([steps, batch, self.config.encoder().width()]);
            sources = Some((states, lengths));
            looked_at = self.sources(recorder, states, lengths)?;
        }
        let step = self.decoder.record_step(recorder, ids, &initial, looked_at)?;
        Ok(DecoderStepGraph { ids, initial, sources, step })
    }

    fn sources<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        states: Var,
        lengths: PackingVar,
    ) -> Result<Option<Sources>, ComputeError> {
        match self.config.attention {
            Some(_) => self.decoder.sources(recorder, states, Some(lengths)).map(Some),
            None => Ok(None),
        }
    }
}
