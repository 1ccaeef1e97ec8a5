//! Recall against delay: how a network that was trained at one delay does at others.

use super::exam::Exam;
use super::model::{LONGEST_DELAY, MemoryNetwork};
use super::task::Task;
use crate::network::NetworkPlan;
use crate::{LabError, Slice};
use rnn_compute::{ComputeError, Cpu, Parameters};
use rnn_protocol::DelayRecall;

/// Delays at which a network is examined, besides the one that it is trained at.
const DELAYS: [usize; 10] = [1, 2, 5, 10, 20, 35, 50, 75, 100, LONGEST_DELAY];

/// Sequences of each delay.
const SEQUENCES: usize = 256;

/// An examination at every delay, one after the other, of the weights as they were when it began: training may
/// go on meanwhile.
pub(super) struct DelaySweep {
    step: u32,
    parameters: Parameters<Cpu>,
    /// Delays still to come, the next one last.
    left: Vec<usize>,
    exam: Option<Exam>,
    points: Vec<DelayRecall>,
}

impl DelaySweep {
    /// Begins with these weights, which were reached after `step` steps.
    ///
    /// # Errors
    /// If they are those of another network.
    pub(super) fn new(
        network: &MemoryNetwork,
        weights: &Parameters<Cpu>,
        step: u32,
    ) -> Result<Self, ComputeError> {
        let mut parameters = network.weights().blank(Cpu);
        for id in weights.ids() {
            let numbers: Vec<f32> = weights.read(id).into_iter().collect();
            parameters.write(id, &numbers)?;
        }
        let mut left: Vec<usize> = DELAYS.into_iter().chain([network.task.delay]).collect();
        left.sort_unstable_by_key(|&delay| std::cmp::Reverse(delay));
        left.dedup();
        Ok(Self { step, parameters, left, exam: None, points: Vec::new() })
    }

    /// Works until the slice is over. Returns the step and all points, shortest delay first, once they are
    /// known.
    ///
    /// # Errors
    /// If a graph cannot be recorded.
    pub(super) fn advance(
        &mut self,
        network: &MemoryNetwork,
        slice: &Slice<'_>,
    ) -> Result<Option<(u32, Vec<DelayRecall>)>, LabError> {
        while let Some(&delay) = self.left.last() {
            let exam = match &mut self.exam {
                Some(exam) => exam,
                None => {
                    let task = Task { delay, ..network.task };
                    self.exam.insert(Exam::new(network, task, SEQUENCES)?)
                }
            };
            let Some(recall) = exam.advance(&mut self.parameters, slice)? else {
                return Ok(None);
            };
            self.points.push(DelayRecall { delay: delay as u32, recall });
            self.exam = None;
            self.left.pop();
            if slice.is_over() && !self.left.is_empty() {
                return Ok(None);
            }
        }
        Ok(Some((self.step, std::mem::take(&mut self.points))))
    }
}
