//! Bits per character on the held-out text.

use super::model::Recorded;
use super::streams::Streams;
use crate::Slice;
use rnn_compute::models::LanguageModelGraph;
use rnn_compute::tape::{Pass, Tape};
use rnn_compute::{Backend, ComputeError, Parameters};
use std::f64::consts::LN_2;

/// Windows that a device is given before it is asked how far it is, so that its queue does not grow without
/// bounds.
const WINDOWS_AHEAD: u32 = 64;

/// Reads the held-out text with the state carried from window to window, in parts.
pub(super) struct Evaluation<B: Backend> {
    tape: Tape<B>,
    graph: LanguageModelGraph,
    streams: Streams,
    tokens: Vec<u32>,
    targets: Vec<u32>,
    weights: Vec<f32>,
    pass: Option<Pass>,
    /// The sum of all cross-entropies, and where it arrives once it is asked for.
    nats: B::Ledger,
    pending: B::Pending,
    is_asked_for: bool,
    windows: u32,
    predictions: usize,
}

impl<B: Backend<Elem = f32>> Evaluation<B> {
    /// An evaluation of `chars` held-out characters that has read nothing.
    pub(super) fn new((tape, graph): Recorded<B>, chars: usize) -> Self {
        let rows = graph.tokens.len();
        Self {
            streams: Streams::new(graph.window, chars),
            tokens: vec![0; rows],
            targets: vec![0; rows],
            weights: vec![0.0; rows],
            pass: None,
            nats: tape.backend().ledger(1),
            pending: tape.backend().pending(1),
            is_asked_for: false,
            windows: 0,
            predictions: 0,
            tape,
            graph,
        }
    }

    /// Reads on until all is read or the slice is over. Returns the mean cross-entropy, in bits, once it is
    /// known, and is then at the beginning again; nothing while there is more to do or a device is
    /// [waited for](Evaluation::is_waiting).
    ///
    /// # Errors
    /// If `ids` holds symbols outside the vocabulary.
    pub(super) fn advance(
        &mut self,
        ids: &[u16],
        parameters: &mut Parameters<B>,
        slice: &Slice<'_>,
    ) -> Result<Option<f32>, ComputeError> {
        loop {
            if self.is_asked_for {
                let mut nats = [0.0];
                if !self.tape.backend().fetch(&mut self.pending, &mut nats) {
                    return Ok(None);
                }
                self.is_asked_for = false;
                if self.streams.steps_left() == 0 {
                    return Ok(Some(self.finish(nats[0])));
                }
            }
            let mut pass = match self.pass.take() {
                Some(pass) => pass,
                None => {
                    self.load(ids)?;
                    Pass::forward()
                }
            };
            if self.tape.advance(&mut pass, parameters) {
                self.tape.enter(self.graph.loss, 1.0, (&mut self.nats, 0));
                self.windows += 1;
                if self.windows.is_multiple_of(WINDOWS_AHEAD) || self.streams.steps_left() == 0 {
                    self.tape.backend().request(&self.nats, &mut self.pending);
                    self.is_asked_for = true;
                }
            } else {
                self.pass = Some(pass);
            }
            if slice.is_over() {
                return Ok(None);
            }
        }
    }

    /// Whether the device has not told yet how far it is.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_asked_for
    }

    /// Starts again from the beginning.
    pub(super) fn restart(&mut self) {
        self.streams.restart();
        self.pass = None;
        self.tape.backend().set_entry(&mut self.nats, 0, 0.0);
        self.is_asked_for = false;
        self.windows = 0;
        self.predictions = 0;
    }

    fn load(&mut self, ids: &[u16]) -> Result<(), ComputeError> {
        if self.streams.is_at_start() {
            self.graph.clear_state(&mut self.tape);
        } else {
            self.graph.carry_state(&mut self.tape);
        }
        let steps = self.streams.read(ids, &mut self.tokens, &mut self.targets);
        let rows = steps * self.graph.window.batch;
        self.weights[..rows].fill(1.0);
        self.weights[rows..].fill(0.0);
        self.predictions += rows;
        self.tape.write_indices(self.graph.tokens, &self.tokens)?;
        self.tape.write_indices(self.graph.targets, &self.targets)?;
        self.tape.write(self.graph.weights, &self.weights)
    }

    fn finish(&mut self, nats: f64) -> f32 {
        let bits = nats / self.predictions.max(1) as f64 / LN_2;
        self.restart();
        bits as f32
    }
}
