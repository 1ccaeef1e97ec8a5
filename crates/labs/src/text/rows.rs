//! The sequences of a batch that one trainer reads, window by window, with the state that each window hands to
//! the next.

use super::data::TextData;
use super::model::{Plan, Recorded};
use super::streams::Streams;
use crate::network::{Batches, FirstSequence};
use crate::{LabError, Place, WindowFacts};
use rnn_compute::models::{LanguageModelGraph, LayerTrace};
use rnn_compute::ops::{LayerInput, SymbolInput, SymbolTable};
use rnn_compute::tape::{Tape, Var};
use rnn_compute::{Backend, ComputeError, Parameters, ProbePoints};
use std::ops::Range;
use std::rc::Rc;

/// Some or all streams of a batch, and the graph that reads them.
pub(crate) struct Rows {
    data: Rc<TextData>,
    graph: LanguageModelGraph,
    streams: Streams,
    start: Start,
    /// The window in hand: where it began and from what.
    window: (usize, Start),
    tokens: Vec<u32>,
    targets: Vec<u32>,
}

/// The state that a window starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Zero,
    /// That which the last window left on the tape.
    Last,
    /// It lies where the network reads it.
    InPlace,
}

impl Rows {
    /// These rows of the batch at the beginning of a text, with their tape.
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    pub(super) fn new<B: Backend<Elem = f32>>(
        backend: B,
        plan: &Plan,
        rows: Range<usize>,
        data: Rc<TextData>,
    ) -> Result<(Self, Tape<B>), LabError> {
        let whole = plan.training_window;
        let (mut tape, graph): Recorded<B> = plan.training_graph(backend, rows.len())?;
        let count = graph.tokens.len();
        // The mean over all predictions of the batch's window, PyTorch's default: parts of it add up to it.
        let share = 1.0 / (whole.steps * whole.batch) as f32;
        tape.write(graph.weights, &vec![share; count])?;
        let rows = Self {
            graph,
            streams: Streams::some(whole, data.training().len(), rows),
            start: Start::Zero,
            window: (0, Start::Zero),
            tokens: vec![0; count],
            targets: vec![0; count],
            data,
        };
        Ok((rows, tape))
    }

    /// Where each layer reads its h and c from, and where it leaves them.
    fn state_vars(&self) -> impl Iterator<Item = (Var, Var)> {
        self.graph.layers.iter().flat_map(|layer| layer.states())
    }

    /// One row after the other: each layer's h, and for the LSTM c.
    fn write_states<B: Backend<Elem = f32>>(
        &self,
        tape: &mut Tape<B>,
        states: &[f32],
    ) -> Result<(), ComputeError> {
        let vars: Vec<Var> = self.state_vars().map(|(initial, _)| initial).collect();
        let batch = self.graph.window.batch;
        let expected = vars.iter().map(|var| var.shape().len()).sum();
        if states.len() != expected {
            let what = "the state of a part of the batch".to_owned();
            return Err(ComputeError::Length { what, expected, found: states.len() });
        }
        let mut rest = states;
        for row in 0..batch {
            for var in &vars {
                let (numbers, behind) = rest.split_at(var.shape().width());
                tape.write(var.entry(row), numbers)?;
                rest = behind;
            }
        }
        Ok(())
    }
}

impl Batches for Rows {
    fn layers(&self) -> &[LayerTrace] {
        &self.graph.layers
    }

    fn probe_points(&self) -> ProbePoints {
        let hidden = self.graph.layers.iter().map(|layer| layer.hidden).collect();
        ProbePoints { loss: self.graph.loss, weights: self.graph.weights, hidden }
    }

    fn first_sequence(&self) -> FirstSequence {
        let symbols = self.data.vocabulary().symbols();
        let first_row = self.tokens.iter().step_by(self.graph.window.batch);
        let symbols = first_row.map(|&id| symbols[id as usize].to_string()).collect();
        let targets = self.targets.iter().step_by(self.graph.window.batch).copied().collect();
        let (start, state) = self.window;
        let is_carried = state != Start::Zero;
        let window = WindowFacts { targets, start: start as u64, position: start, is_carried };
        FirstSequence { symbols, question: None, scores: Some(self.graph.logits), window }
    }

    fn request_inputs<B: Backend<Elem = f32>>(&self, parameters: &Parameters<B>) -> Option<B::Transfer> {
        let LayerInput::Symbols(SymbolInput { table: SymbolTable::Embedding(id, _), .. }) =
            self.graph.layers.first()?.input
        else {
            return None;
        };
        let symbols: Vec<u32> = self.tokens.iter().step_by(self.graph.window.batch).copied().collect();
        parameters.request_rows(id, &symbols).ok()
    }

    fn load<B: Backend<Elem = f32>>(&mut self, tape: &mut Tape<B>) -> Result<(), ComputeError> {
        if !self.streams.has_full_window() {
            self.streams.restart();
            self.start = Start::Zero;
        }
        self.window = (self.streams.position(), self.start);
        match self.start {
            Start::Zero => self.graph.clear_state(tape),
            Start::Last => self.graph.carry_state(tape),
            Start::InPlace => {}
        }
        self.start = Start::Last;
        self.streams.read(self.data.training(), &mut self.tokens, &mut self.targets);
        tape.write_indices(self.graph.tokens, &self.tokens)?;
        tape.write_indices(self.graph.targets, &self.targets)
    }

    fn position(&self) -> usize {
        self.streams.position()
    }

    fn set_position(&mut self, position: usize) {
        self.streams.go_to(position);
    }

    fn unload(&mut self) {
        let (position, start) = self.window;
        self.streams.go_to(position);
        self.start = if start == Start::Zero { Start::Zero } else { Start::InPlace };
    }

    fn forget_state(&mut self) {
        self.start = Start::Zero;
    }

    fn carried(&self) -> Vec<Var> {
        let choose = |(initial, last)| match self.start {
            Start::Last => last,
            Start::Zero | Start::InPlace => initial,
        };
        match self.start {
            Start::Zero => Vec::new(),
            Start::Last | Start::InPlace => self.state_vars().map(choose).collect(),
        }
    }

    fn place_of(&self, position: usize, tensors: &[Vec<f32>]) -> Place {
        let batch = self.graph.window.batch;
        let row_of = |row: usize, tensor: &[f32]| {
            let width = tensor.len() / batch;
            tensor[row * width..][..width].to_vec()
        };
        let row = |row| tensors.iter().flat_map(move |tensor| row_of(row, tensor));
        let states = (!tensors.is_empty()).then(|| (0..batch).flat_map(row).collect());
        Place { position, states }
    }

    fn go_to<B: Backend<Elem = f32>>(
        &mut self,
        tape: &mut Tape<B>,
        place: &Place,
    ) -> Result<(), ComputeError> {
        self.start = match &place.states {
            None => Start::Zero,
            Some(states) => {
                self.write_states(tape, states)?;
                Start::InPlace
            }
        };
        self.streams.go_to(place.position);
        Ok(())
    }
}
