//! Trained models that read one symbol at a time, as [`crate::decode`] asks for: for writing on, drawing and
//! searching.
//!
//! A reader has a tape of one step and of a fixed number of rows, in which it reads that many sequences at
//! once. What a model has read of a sequence is a plain value ([`ReaderState`]) that is copied onto the tape
//! and back, so that a search can keep, copy and drop states as it likes.

use super::{Captioner, DecoderStep, EncoderDecoder, LanguageModel, LayerTrace, Window};
use crate::backend::Backend;
use crate::decode::StepModel;
use crate::ops::CellState;
use crate::tape::{Gradients, IndexVar, PackingVar, Recorder, Tape, Var, at_least_one};
use crate::{ComputeError, Parameters, Real};
use std::sync::Arc;

/// What a model has read of one sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct ReaderState<R> {
    /// h, and for the LSTM c, of each layer, one after the other.
    numbers: Vec<R>,
    /// What it may look back at; never copied.
    source: Option<Arc<Source<R>>>,
}

/// The states of an encoder over one source.
#[derive(Debug, PartialEq)]
struct Source<R> {
    /// `[S, W]`, of as many steps as the source has.
    states: Vec<R>,
    steps: usize,
}

/// A trained model that reads one symbol of each of several sequences at a time.
pub struct StepReader<'a, B: Backend> {
    tape: Tape<B>,
    parameters: &'a mut Parameters<B>,
    /// The symbols read, `[B]`.
    ids: IndexVar,
    /// The states before the step and after it, `[B, H]`.
    states: Vec<(Var, Var)>,
    /// Source states, `[S, B, W]`, and their lengths.
    sources: Option<(Var, PackingVar)>,
    /// Scores, `[B, V]`.
    logits: Var,
}

impl LanguageModel {
    /// A reader of at most `width` texts at once. It begins with [`StepReader::zero_state`].
    ///
    /// # Errors
    /// If the width is zero.
    pub fn step_reader<'a, B: Backend>(
        &self,
        backend: &B,
        parameters: &'a mut Parameters<B>,
        width: usize,
    ) -> Result<StepReader<'a, B>, ComputeError> {
        let mut recorder = Recorder::new();
        let graph = self.record(&mut recorder, Window { steps: 1, batch: width })?;
        let (states, logits) = (graph.layers.iter().flat_map(LayerTrace::states).collect(), graph.logits);
        let tape = recorder.finish(backend.clone(), Gradients::None);
        Ok(StepReader { tape, parameters, ids: graph.tokens, states, sources: None, logits })
    }
}

impl EncoderDecoder {
    /// Reads whole sources, of any lengths: the states from which the decoder writes.
    ///
    /// # Errors
    /// If there is no source, one is empty, or a symbol is outside the vocabulary.
    pub fn read_sources<B: Backend>(
        &self,
        backend: &B,
        parameters: &mut Parameters<B>,
        sources: &[impl AsRef<[u32]>],
    ) -> Result<Vec<ReaderState<B::Elem>>, ComputeError> {
        let lengths: Vec<usize> = sources.iter().map(|source| source.as_ref().len()).collect();
        let (steps, batch) = (lengths.iter().copied().max().unwrap_or(0), sources.len());
        let mut recorder = Recorder::new();
        let graph = self.record_encoder(&mut recorder, Window { steps, batch })?;
        let mut tape = recorder.finish(backend.clone(), Gradients::None);
        tape.write_lengths(graph.packing, &lengths)?;
        let places = tape.packing(graph.packing).places();
        let rows: Vec<u32> = places.map(|(step, sequence)| sources[sequence].as_ref()[step]).collect();
        tape.write_indices(graph.tokens, &rows)?;
        tape.forward(parameters);
        let mut states = states_by_row(&tape, &graph.last, batch);
        if self.config().attention.is_some() {
            let (padded, width) = (numbers(&tape, graph.states), graph.states.shape().width());
            for (sequence, (state, &steps)) in states.iter_mut().zip(&lengths).enumerate() {
                let rows = (0..steps).map(|step| (step * batch + sequence) * width);
                let states = rows.flat_map(|first| &padded[first..first + width]).copied().collect();
                state.source = Some(Arc::new(Source { states, steps }));
            }
        }
        Ok(states)
    }

    /// A reader of what is written about `window.batch` sources at once, each of at most `window.steps`
    /// symbols. It begins with the states of [`EncoderDecoder::read_sources`].
    ///
    /// # Errors
    /// If the window is empty.
    pub fn step_reader<'a, B: Backend>(
        &self,
        backend: &B,
        parameters: &'a mut Parameters<B>,
        window: Window,
    ) -> Result<StepReader<'a, B>, ComputeError> {
        let mut recorder = Recorder::new();
        let graph = self.record_step(&mut recorder, window)?;
        let tape = recorder.finish(backend.clone(), Gradients::None);
        Ok(StepReader::of_step(tape, parameters, graph.ids, &graph.step, graph.sources))
    }
}

impl Captioner {
    /// Looks at whole pictures, `[B, C, height, width]`: the states from which the decoder writes.
    ///
    /// # Errors
    /// If there is no picture, or there are not as many numbers as `batch` pictures have.
    pub fn read_images<B: Backend>(
        &self,
        backend: &B,
        parameters: &mut Parameters<B>,
        (batch, images): (usize, &[B::Elem]),
    ) -> Result<Vec<ReaderState<B::Elem>>, ComputeError> {
        let mut recorder = Recorder::new();
        let (pictures, _, states) = self.record_encoder(&mut recorder, batch)?;
        let mut tape = recorder.finish(backend.clone(), Gradients::None);
        tape.write(pictures, images)?;
        tape.forward(parameters);
        Ok(states_by_row(&tape, &states, batch))
    }

    /// A reader of at most `width` captions at once. It begins with the states of
    /// [`Captioner::read_images`].
    ///
    /// # Errors
    /// If the width is zero.
    pub fn step_reader<'a, B: Backend>(
        &self,
        backend: &B,
        parameters: &'a mut Parameters<B>,
        width: usize,
    ) -> Result<StepReader<'a, B>, ComputeError> {
        let (mut recorder, decoder) = (Recorder::new(), self.decoder());
        let ids = recorder.index_input(at_least_one("batch", width)?, decoder.config().vocabulary);
        let initial = decoder.initial_states(&mut recorder, width);
        let step = decoder.record_step(&mut recorder, ids, &initial, None)?;
        let tape = recorder.finish(backend.clone(), Gradients::None);
        Ok(StepReader::of_step(tape, parameters, ids, &step, None))
    }
}

impl<'a, B: Backend> StepReader<'a, B> {
    fn of_step(
        tape: Tape<B>,
        parameters: &'a mut Parameters<B>,
        ids: IndexVar,
        step: &DecoderStep,
        sources: Option<(Var, PackingVar)>,
    ) -> Self {
        let states = step.layers.iter().flat_map(LayerTrace::states).collect();
        Self { tape, parameters, ids, states, sources, logits: step.logits }
    }

    /// The most sequences that are read at once.
    #[must_use]
    pub fn width(&self) -> usize {
        self.ids.len()
    }

    /// Nothing has been read, and there is nothing to look at.
    #[must_use]
    pub fn zero_state(&self) -> ReaderState<B::Elem> {
        ReaderState { numbers: vec![B::Elem::ZERO; self.state_len()], source: None }
    }

    /// Numbers of a state.
    fn state_len(&self) -> usize {
        self.states.iter().map(|(before, _)| before.shape().width()).sum()
    }

    /// Checks that states, symbols and scores are of one number, which fits.
    fn check(
        &self,
        states: &[ReaderState<B::Elem>],
        symbols: &[u32],
        scores: &[f32],
    ) -> Result<(), ComputeError> {
        let (rows, largest) = (states.len(), self.width());
        if rows > largest {
            return Err(ComputeError::TooLarge { what: "sequences read at once", largest, found: rows });
        }
        let lengths = [
            ("symbols read at once", rows, symbols.len()),
            ("scores of what may follow", rows * self.symbols(), scores.len()),
        ];
        let of_states =
            states.iter().map(|state| ("state of a reader", self.state_len(), state.numbers.len()));
        match lengths.into_iter().chain(of_states).find(|(_, expected, found)| expected != found) {
            Some((what, expected, found)) => {
                Err(ComputeError::Length { what: what.to_owned(), expected, found })
            }
            None => Ok(()),
        }
    }

    /// Copies states onto the tape; rows without one keep what they held.
    fn write_states(&mut self, states: &[ReaderState<B::Elem>]) -> Result<(), ComputeError> {
        let mut first = 0;
        for &(before, _) in &self.states {
            let width = before.shape().width();
            let mut rows = numbers(&self.tape, before);
            for (row, state) in rows.chunks_exact_mut(width).zip(states) {
                row.copy_from_slice(&state.numbers[first..first + width]);
            }
            self.tape.write(before, &rows)?;
            first += width;
        }
        Ok(())
    }

    /// Copies what the states look back at onto the tape, if the model does.
    fn write_sources(&mut self, states: &[ReaderState<B::Elem>]) -> Result<(), ComputeError> {
        let Some((var, packing)) = self.sources else { return Ok(()) };
        let (batch, width) = (self.width(), var.shape().width());
        // A row without a state has a source of one step.
        let mut lengths = vec![1; batch];
        let mut padded = vec![B::Elem::ZERO; var.shape().len()];
        for (sequence, state) in states.iter().enumerate() {
            let missing = ComputeError::ZeroSize { what: "number of source states" };
            let source = state.source.as_ref().ok_or(missing)?;
            let (expected, found) = (source.steps.saturating_mul(width), source.states.len());
            if expected != found {
                return Err(ComputeError::Length { what: "source states".to_owned(), expected, found });
            }
            lengths[sequence] = source.steps;
            for (step, row) in source.states.chunks_exact(width).take(packing.steps()).enumerate() {
                padded[(step * batch + sequence) * width..][..width].copy_from_slice(row);
            }
        }
        self.tape.write_lengths(packing, &lengths)?;
        self.tape.write(var, &padded)
    }
}

impl<B: Backend> StepModel for StepReader<'_, B> {
    type State = ReaderState<B::Elem>;

    fn symbols(&self) -> usize {
        self.logits.shape().width()
    }

    /// # Errors
    /// If there are more states than rows, not one symbol for each, a symbol is outside the vocabulary, or
    /// a state is that of another model.
    fn step(
        &mut self,
        states: &mut [Self::State],
        symbols: &[u32],
        scores: &mut [f32],
    ) -> Result<(), ComputeError> {
        self.check(states, symbols, scores)?;
        self.write_states(states)?;
        self.write_sources(states)?;
        let mut ids = symbols.to_vec();
        ids.resize(self.width(), 0);
        self.tape.write_indices(self.ids, &ids)?;
        self.tape.forward(self.parameters);
        let mut first = 0;
        for &(_, after) in &self.states {
            let width = after.shape().width();
            let rows = numbers(&self.tape, after);
            for (row, state) in rows.chunks_exact(width).zip(states.iter_mut()) {
                state.numbers[first..first + width].copy_from_slice(row);
            }
            first += width;
        }
        for (score, logit) in scores.iter_mut().zip(numbers(&self.tape, self.logits)) {
            *score = logit.to_f64() as f32;
        }
        Ok(())
    }
}

fn numbers<B: Backend>(tape: &Tape<B>, var: Var) -> Vec<B::Elem> {
    tape.read(var).into_iter().collect()
}

/// The states of each row of a batch.
fn states_by_row<B: Backend>(
    tape: &Tape<B>,
    states: &[CellState],
    batch: usize,
) -> Vec<ReaderState<B::Elem>> {
    let mut rows = vec![ReaderState { numbers: Vec::new(), source: None }; batch];
    for var in states.iter().flat_map(|state| state.vars()) {
        let numbers = numbers(tape, var);
        for (row, own) in rows.iter_mut().zip(numbers.chunks_exact(var.shape().width())) {
            row.numbers.extend(own);
        }
    }
    rows
}
