//! A language model taken apart: each layer, and the scores, on a tape of its own that takes one time step of
//! one sequence.
//!
//! On the tape of a whole window, what one cell hands to the next never leaves the tape. Here each cell's
//! state passes through the hands of whoever drives it, who can look at it and change it on its way: forward
//! in time, and up to the layer above. The ops are those of training, so that an untouched walk computes what
//! the network computes.

use super::{CellKind, LanguageModel, LayerTrace};
use crate::backend::Backend;
use crate::ops::{LayerInput, LayerWeights};
use crate::tape::{Gradients, Recorder, Shape, Tape, Var};
use crate::{ComputeError, ParameterId, Parameters};

/// A language model taken apart.
pub struct Dissection<B: Backend> {
    /// What stands for each symbol, `[V, E]`.
    pub embedding: (ParameterId, Shape),
    /// The recurrent layers, bottom first.
    pub layers: Vec<StepLayer<B>>,
    scores: Tape<B>,
    top: Var,
    logits: Var,
}

/// One time step of one layer.
pub struct StepLayer<B: Backend> {
    tape: Tape<B>,
    vars: StepVars,
}

/// The tensors of one step of one sequence.
#[derive(Debug, Clone, Copy)]
struct StepVars {
    /// What is handed up from below.
    below: Var,
    /// What the cell reads: the same, normalised where the layers are.
    input: Var,
    trace: LayerTrace,
}

/// What one step of a layer computed.
#[derive(Debug, Clone, PartialEq)]
pub struct StepValues<R> {
    /// What the cell read, `[I]`.
    pub input: Vec<R>,
    /// h, `[H]`.
    pub hidden: Vec<R>,
    /// c, `[H]`, LSTM only.
    pub cells: Option<Vec<R>>,
    /// The gates after their nonlinearities, `[G·H]`, in PyTorch's order.
    pub gates: Vec<R>,
}

impl LanguageModel {
    /// Takes the model apart.
    ///
    /// # Errors
    /// If the model could not be recorded.
    pub fn dissect<B: Backend>(&self, backend: &B) -> Result<Dissection<B>, ComputeError> {
        let layers = (0..self.config().layers).map(|layer| {
            let (recorder, vars) = self.record_step_layer(layer)?;
            Ok(StepLayer { tape: recorder.finish(backend.clone(), Gradients::None), vars })
        });
        let layers = layers.collect::<Result<_, ComputeError>>()?;
        let (recorder, top, logits) = self.record_step_scores()?;
        let scores = recorder.finish(backend.clone(), Gradients::None);
        Ok(Dissection { embedding: self.table().parameter(), layers, scores, top, logits })
    }

    /// Numbers that the tapes of the model taken apart would hold.
    ///
    /// # Errors
    /// If the model could not be recorded.
    pub fn dissection_numbers<B: Backend>(&self) -> Result<u64, ComputeError> {
        let mut numbers = self.record_step_scores::<B>()?.0.planned_numbers(Gradients::None);
        for layer in 0..self.config().layers {
            let (recorder, _) = self.record_step_layer::<B>(layer)?;
            numbers = numbers.saturating_add(recorder.planned_numbers(Gradients::None));
        }
        Ok(numbers)
    }

    fn record_step_layer<B: Backend>(&self, layer: usize) -> Result<(Recorder<B>, StepVars), ComputeError> {
        let config = self.config();
        let mut recorder = Recorder::new();
        let width = if layer == 0 { config.embedding } else { config.hidden };
        let below = recorder.input([1, 1, width]);
        let input = match layer.checked_sub(1) {
            Some(below_idx) => self.layers().record_norm(&mut recorder, below_idx, below)?,
            None => below,
        };
        let initial = self.layers().initial_states(&mut recorder, 1);
        let initial = initial.get(layer..=layer).unwrap_or_default();
        let graph = self.layers().record_layer(&mut recorder, layer, LayerInput::Rows(input), initial)?;
        let trace = *graph.traces.first().ok_or(ComputeError::ZeroSize { what: "number of layers" })?;
        Ok((recorder, StepVars { below, input, trace }))
    }

    fn record_step_scores<B: Backend>(&self) -> Result<(Recorder<B>, Var, Var), ComputeError> {
        let mut recorder = Recorder::new();
        let top = recorder.input([1, 1, self.config().hidden]);
        let normalised = self.layers().record_norm(&mut recorder, self.config().layers - 1, top)?;
        let logits = self.output().record(&mut recorder, normalised)?;
        Ok((recorder, top, logits))
    }
}

impl<B: Backend> Dissection<B> {
    /// Scores of the next symbol, `[V]`, from what the top layer hands up.
    ///
    /// # Errors
    /// If `top` has not H numbers.
    pub fn score(
        &mut self,
        top: &[B::Elem],
        parameters: &mut Parameters<B>,
    ) -> Result<Vec<B::Elem>, ComputeError> {
        self.scores.write(self.top, top)?;
        self.scores.forward(parameters);
        Ok(numbers(&self.scores, self.logits))
    }
}

impl<B: Backend> StepLayer<B> {
    /// Takes a step: from what is handed up from below, `[I]`, and the state before it: h, `[H]`, and c of the LSTM.
    ///
    /// # Errors
    /// If there are not as many numbers as the layer has.
    pub fn step(
        &mut self,
        input: &[B::Elem],
        (hidden, cells): (&[B::Elem], Option<&[B::Elem]>),
        parameters: &mut Parameters<B>,
    ) -> Result<StepValues<B::Elem>, ComputeError> {
        let StepVars { below, input: read_by_cell, trace } = self.vars;
        self.tape.write(below, input)?;
        self.tape.write(trace.initial.hidden, hidden)?;
        if let (Some(var), Some(cells)) = (trace.initial.cells, cells) {
            self.tape.write(var, cells)?;
        }
        self.tape.forward(parameters);
        let read = |var: Var| numbers(&self.tape, var);
        let LayerTrace { hidden, cells, gates, .. } = trace;
        let (input, hidden, gates) = (read(read_by_cell), read(hidden), read(gates));
        Ok(StepValues { input, hidden, cells: cells.map(read), gates })
    }

    /// The layer's cell.
    #[must_use]
    pub fn cell(&self) -> CellKind {
        self.vars.trace.cell
    }

    /// The layer's parameters.
    #[must_use]
    pub fn weights(&self) -> LayerWeights {
        self.vars.trace.weights
    }
}

fn numbers<B: Backend>(tape: &Tape<B>, var: Var) -> Vec<B::Elem> {
    tape.read(var).into_iter().collect()
}
