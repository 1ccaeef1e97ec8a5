//! Bits per character on the held-out text.

use super::model::Recorded;
use super::streams::Streams;
use crate::Slice;
use rnn_compute::models::LanguageModelGraph;
use rnn_compute::tape::{Pass, Tape};
use rnn_compute::{ComputeError, Cpu, Parameters};
use std::f64::consts::LN_2;

/// Reads the held-out text with the state carried from window to window, in parts.
pub(super) struct Evaluation {
    tape: Tape<Cpu>,
    graph: LanguageModelGraph,
    streams: Streams,
    tokens: Vec<u32>,
    targets: Vec<u32>,
    weights: Vec<f32>,
    pass: Option<Pass>,
    nats: f64,
    predictions: usize,
}

impl Evaluation {
    /// An evaluation of `chars` held-out characters that has read nothing.
    pub(super) fn new((tape, graph): Recorded, chars: usize) -> Self {
        let rows = graph.tokens.len();
        let streams = Streams::new(graph.window, chars);
        let (tokens, targets, weights) = (vec![0; rows], vec![0; rows], vec![0.0; rows]);
        Self { tape, graph, streams, tokens, targets, weights, pass: None, nats: 0.0, predictions: 0 }
    }

    /// Reads on until all is read or the slice is over. Returns the mean cross-entropy, in bits, at the
    /// end, and is then at the beginning again.
    ///
    /// # Errors
    /// If `ids` holds symbols outside the vocabulary.
    pub(super) fn advance(
        &mut self,
        ids: &[u16],
        parameters: &mut Parameters<Cpu>,
        slice: &Slice<'_>,
    ) -> Result<Option<f32>, ComputeError> {
        loop {
            let mut pass = match self.pass.take() {
                Some(pass) => pass,
                None if self.streams.steps_left() == 0 => return Ok(Some(self.finish())),
                None => {
                    self.load(ids)?;
                    Pass::forward()
                }
            };
            if self.tape.advance(&mut pass, parameters) {
                self.nats += f64::from(self.tape.read_scalar(self.graph.loss));
            } else {
                self.pass = Some(pass);
            }
            if slice.is_over() {
                return Ok(None);
            }
        }
    }

    /// Starts again from the beginning.
    pub(super) fn restart(&mut self) {
        self.streams.restart();
        self.pass = None;
        self.nats = 0.0;
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

    fn finish(&mut self) -> f32 {
        let bits = self.nats / self.predictions.max(1) as f64 / LN_2;
        self.restart();
        bits as f32
    }
}
