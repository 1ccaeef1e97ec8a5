//! A CTC transducer: recurrent layers over frames, and a linear layer whose scores are read as labels with
//! blanks in between (Graves, Fernández, Gomez and Schmidhuber, 2006). Sequences are packed.

use super::{Dense, RecurrentConfig, RecurrentGraph, RecurrentLayers, Window};
use crate::backend::Backend;
use crate::ops::{CtcConfig, CtcOutput, CtcTargets, LayerInput, ctc, dropout};
use crate::tape::{PackingVar, Recorder, Var, at_least_one};
use crate::{ComputeError, ParameterList};

/// The sizes of a CTC transducer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransducerConfig {
    /// The recurrent layers; they read as many numbers a frame as their inputs.
    pub recurrent: RecurrentConfig,
    /// Probability of dropout on the states.
    pub dropout: f64,
    /// Labels, the blank among them.
    pub classes: usize,
    /// Which of them is the blank.
    pub ctc: CtcConfig,
}

/// The parameters of a CTC transducer.
#[derive(Debug, Clone, PartialEq)]
pub struct Transducer {
    config: TransducerConfig,
    layers: RecurrentLayers,
    output: Dense,
}

/// The tensors of a recorded CTC transducer.
#[derive(Debug, Clone)]
pub struct TransducerGraph {
    /// The lengths of the inputs.
    pub packing: PackingVar,
    /// Frames, `[T, B, I]`, packed.
    pub frames: Var,
    /// The labels that are to come out.
    pub targets: CtcTargets,
    /// How much each sequence counts in the loss, `[B]`.
    pub weights: Var,
    /// Scores of the labels, `[T, B, C]`, packed.
    pub logits: Var,
    /// The loss, and the log-probabilities to be decoded.
    pub output: CtcOutput,
    /// The recurrent layers.
    pub recurrent: RecurrentGraph,
}

impl Transducer {
    /// Declares `rnn.…`, `output.weight` and `output.bias`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(list: &mut ParameterList, config: TransducerConfig) -> Result<Self, ComputeError> {
        let layers = RecurrentLayers::declare(list, "", config.recurrent)?;
        let output = Dense::declare(list, "output", [config.recurrent.width(), config.classes])?;
        Ok(Self { config, layers, output })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> TransducerConfig {
        self.config
    }

    /// Records the model over inputs of at most `window.steps` frames, with targets of at most `longest`
    /// labels, from zero states.
    ///
    /// # Errors
    /// If a size is zero, the probability of dropout is none, or the blank is no label.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        window: Window,
        longest: usize,
    ) -> Result<TransducerGraph, ComputeError> {
        let steps = at_least_one("sequence length", window.steps)?;
        let batch = at_least_one("batch", window.batch)?;
        let TransducerConfig { recurrent: config, dropout: probability, classes, ctc: blank } = self.config;
        let packing = recorder.packing(steps, batch);
        let frames = recorder.packed_constant(packing, config.inputs);
        let targets = CtcTargets::record(recorder, (batch, longest), classes)?;
        let weights = recorder.constant([batch]);
        let initial = self.layers.initial_states(recorder, batch);
        let recurrent = self.layers.record(recorder, LayerInput::Rows(frames), &initial)?;
        let mut states = recurrent.output;
        if probability != 0.0 {
            let stream = recorder.random_stream();
            states = dropout(recorder, states, probability, stream)?;
        }
        let logits = self.output.record(recorder, states)?;
        let output = ctc(recorder, logits, targets, weights, blank)?;
        Ok(TransducerGraph { packing, frames, targets, weights, logits, output, recurrent })
    }
}
