//! Recall: the share of held-out sequences that a network answers correctly.

use super::model::{Graph, MemoryNetwork};
use super::task::{Batch, Task};
use crate::{LabError, Slice};
use rnn_compute::tape::{Gradients, Pass, Tape};
use rnn_compute::{ComputeError, Cpu, Parameters, Random, Stream};

/// Sequences that are read side by side.
pub(super) const EXAM_ROWS: usize = 64;

/// Held-out sequences of a task, asked in parts.
pub(super) struct Exam {
    task: Task,
    tape: Tape<Cpu>,
    graph: Graph,
    questions: Vec<Batch>,
    next: usize,
    pass: Option<Pass>,
    correct: usize,
    is_finite: bool,
}

impl Exam {
    /// An exam of `count` sequences of a task, rounded up to whole batches; the same for the same seed.
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    pub(super) fn new(network: &MemoryNetwork, task: Task, count: usize) -> Result<Self, LabError> {
        let (mut tape, graph) = network.record(Cpu, (task, EXAM_ROWS), Gradients::None)?;
        let (_, weights) = graph.loss();
        tape.write(weights, &[0.0; EXAM_ROWS])?;
        let mut random = Random::new(network.seed, Stream::HeldOut);
        let questions = (0..count.div_ceil(EXAM_ROWS)).map(|_| task.draw(EXAM_ROWS, &mut random)).collect();
        Ok(Self { task, tape, graph, questions, next: 0, pass: None, correct: 0, is_finite: true })
    }

    /// Sequences that are asked.
    pub(super) fn len(&self) -> usize {
        self.questions.len() * EXAM_ROWS
    }

    /// Asks on until all is asked or the slice is over. Returns the recall once it is known, no number if an
    /// answer was none, and is then at the beginning again. The weights must not change until then.
    ///
    /// # Errors
    /// If the questions do not fit the network.
    pub(super) fn advance(
        &mut self,
        parameters: &mut Parameters<Cpu>,
        slice: &Slice<'_>,
    ) -> Result<Option<f32>, ComputeError> {
        while let Some(batch) = self.questions.get(self.next) {
            let mut pass = match self.pass.take() {
                Some(pass) => pass,
                None => {
                    self.graph.write(&mut self.tape, batch)?;
                    Pass::forward()
                }
            };
            if self.tape.advance(&mut pass, parameters) {
                let answers = self.tape.read(self.graph.answers());
                for (scores, &target) in answers.outer_iter().zip(&batch.targets) {
                    let scores: Vec<f32> = scores.iter().copied().collect();
                    self.is_finite &= scores.iter().all(|score| score.is_finite());
                    self.correct += usize::from(self.task.is_correct(target, &scores));
                }
                self.next += 1;
            } else {
                self.pass = Some(pass);
            }
            if slice.is_over() && self.next < self.questions.len() {
                return Ok(None);
            }
        }
        let recall = if self.is_finite { self.correct as f32 / self.len().max(1) as f32 } else { f32::NAN };
        self.restart();
        Ok(Some(recall))
    }

    /// Starts again from the beginning.
    pub(super) fn restart(&mut self) {
        (self.next, self.correct, self.is_finite) = (0, 0, true);
        self.pass = None;
    }
}
