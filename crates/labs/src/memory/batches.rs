//! The sequences that are trained on: fresh ones every step.

use super::model::Graph;
use super::task::{Batch, Task};
use crate::network::{Batches, FirstSequence};
use crate::{LabError, WindowFacts};
use rnn_compute::models::LayerTrace;
use rnn_compute::tape::Tape;
use rnn_compute::{Backend, ComputeError, ProbePoints, Random, Stream};
use std::ops::Range;

/// Some or all sequences of each batch. Batch n is drawn whole from a stream of its own, so that those who
/// share a batch agree on it.
pub(crate) struct MemoryBatches {
    graph: Graph,
    task: Task,
    seed: u32,
    rows: Range<usize>,
    /// Sequences of a whole batch.
    whole: usize,
    /// The number of the next batch.
    position: usize,
    in_hand: Option<Batch>,
}

impl MemoryBatches {
    /// These rows of each batch of `whole` sequences, with their tape.
    ///
    /// # Errors
    /// If the graph is that of other rows.
    pub(super) fn new<B: Backend<Elem = f32>>(
        (mut tape, graph): (Tape<B>, Graph),
        (task, seed): (Task, u32),
        (rows, whole): (Range<usize>, usize),
    ) -> Result<(Self, Tape<B>), LabError> {
        let (_, weights) = graph.loss();
        // The mean over the whole batch, PyTorch's default: parts of it add up to it.
        tape.write(weights, &vec![1.0 / whole as f32; rows.len()])?;
        Ok((Self { graph, task, seed, rows, whole, position: 0, in_hand: None }, tape))
    }
}

impl Batches for MemoryBatches {
    fn load<B: Backend<Elem = f32>>(&mut self, tape: &mut Tape<B>) -> Result<(), ComputeError> {
        let mut random = Random::new(self.seed, Stream::Batch(self.position as u32));
        let batch = self.task.draw(self.whole, &mut random).rows(self.rows.clone());
        self.graph.write(tape, &batch)?;
        self.in_hand = Some(batch);
        self.position += 1;
        Ok(())
    }

    fn position(&self) -> usize {
        self.position
    }

    fn set_position(&mut self, position: usize) {
        self.position = position;
    }

    fn layers(&self) -> &[LayerTrace] {
        self.graph.layers()
    }

    fn probe_points(&self) -> ProbePoints {
        let (loss, weights) = self.graph.loss();
        ProbePoints { loss, weights, hidden: self.layers().iter().map(|layer| layer.hidden).collect() }
    }

    fn first_sequence(&self) -> FirstSequence {
        let Some(batch) = &self.in_hand else { return FirstSequence::default() };
        let question = batch.targets.first().map(|&target| (target, self.graph.answers().entry(0)));
        let window = WindowFacts { position: self.position.saturating_sub(1), ..WindowFacts::default() };
        let symbols = self.task.first_in_words(batch);
        FirstSequence { symbols, question, window, ..FirstSequence::default() }
    }
}
