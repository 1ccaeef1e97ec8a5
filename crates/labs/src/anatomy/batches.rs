//! The sentence, read anew at every training step.

use super::sentence::Sentence;
use crate::network::{Batches, FirstSequence};
use crate::{LabError, WindowFacts};
use rnn_compute::models::{LanguageModelGraph, LayerTrace};
use rnn_compute::ops::{LayerInput, SymbolInput, SymbolTable};
use rnn_compute::tape::Tape;
use rnn_compute::{Backend, ComputeError, Parameters, ProbePoints};
use std::rc::Rc;

/// The sentence and the graph that reads it.
pub(crate) struct AnatomyBatches {
    graph: LanguageModelGraph,
    sentence: Rc<Sentence>,
    /// Training steps begun.
    position: usize,
}

impl AnatomyBatches {
    /// At the beginning, with every loss weighing the same.
    ///
    /// # Errors
    /// If the graph is that of another sentence.
    pub(super) fn new<B: Backend<Elem = f32>>(
        tape: &mut Tape<B>,
        graph: LanguageModelGraph,
        sentence: Rc<Sentence>,
    ) -> Result<Self, LabError> {
        write_sentence(tape, &graph, &sentence)?;
        Ok(Self { graph, sentence, position: 0 })
    }
}

/// Hands the sentence to a tape. The loss is the mean over its steps.
pub(super) fn write_sentence<B: Backend<Elem = f32>>(
    tape: &mut Tape<B>,
    graph: &LanguageModelGraph,
    sentence: &Sentence,
) -> Result<(), ComputeError> {
    let steps = sentence.steps();
    tape.write(graph.weights, &vec![1.0 / steps as f32; steps])?;
    tape.write_indices(graph.tokens, sentence.read())?;
    tape.write_indices(graph.targets, sentence.followed())?;
    graph.clear_state(tape);
    Ok(())
}

impl Batches for AnatomyBatches {
    fn load<B: Backend<Elem = f32>>(&mut self, tape: &mut Tape<B>) -> Result<(), ComputeError> {
        self.position += 1;
        write_sentence(tape, &self.graph, &self.sentence)
    }

    fn position(&self) -> usize {
        self.position
    }

    fn set_position(&mut self, position: usize) {
        self.position = position;
    }

    fn layers(&self) -> &[LayerTrace] {
        &self.graph.layers
    }

    fn probe_points(&self) -> ProbePoints {
        let hidden = self.graph.layers.iter().map(|layer| layer.hidden).collect();
        ProbePoints { loss: self.graph.loss, weights: self.graph.weights, hidden }
    }

    fn first_sequence(&self) -> FirstSequence {
        let symbol = |&id: &u32| self.sentence.symbols[id as usize].clone();
        let symbols = self.sentence.read().iter().map(symbol).collect();
        let targets = self.sentence.followed().to_vec();
        let window =
            WindowFacts { targets, position: self.position.saturating_sub(1), ..WindowFacts::default() };
        FirstSequence { symbols, question: None, scores: Some(self.graph.logits), window }
    }

    fn request_inputs<B: Backend<Elem = f32>>(&self, parameters: &Parameters<B>) -> Option<B::Transfer> {
        let LayerInput::Symbols(SymbolInput { table: SymbolTable::Embedding(id, _), .. }) =
            self.graph.layers.first()?.input
        else {
            return None;
        };
        parameters.request_rows(id, self.sentence.read()).ok()
    }
}
