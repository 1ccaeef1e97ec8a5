//! The weights of a lab's network before there are any, and which rows of a batch a member of a team takes.

use crate::{LabError, MemoryPlan};
use rnn_compute::optimise::OptimizerRule;
use rnn_compute::{Backend, Cpu, InitialisationConfig, ParameterList, Parameters};
use rnn_protocol::BatchPart;
use std::ops::Range;

/// What weights a network has, how they are drawn, and by which rule they change.
pub(crate) struct NetworkWeights {
    pub(crate) list: ParameterList,
    pub(crate) rule: OptimizerRule,
    pub(crate) initialisation: InitialisationConfig,
}

impl NetworkWeights {
    /// Trainable numbers.
    pub(crate) fn count(&self) -> u64 {
        self.list.count()
    }

    /// What a worker takes whose tapes hold this many numbers.
    pub(crate) fn memory(&self, tape_numbers: u64) -> MemoryPlan {
        MemoryPlan::new(self.count(), &self.rule, tape_numbers)
    }

    /// Fresh weights.
    pub(crate) fn draw(&self, seed: u32) -> Parameters<Cpu> {
        let mut parameters = self.blank(Cpu);
        self.initialisation.draw(&mut parameters, seed);
        parameters
    }

    /// Room for a set of weights.
    pub(crate) fn blank<B: Backend>(&self, backend: B) -> Parameters<B> {
        Parameters::new(backend, &self.list)
    }
}

/// The rows of a part of a batch.
///
/// # Errors
/// If the batch has no such part.
pub(crate) fn part_rows(batch: usize, part: BatchPart) -> Result<Range<usize>, LabError> {
    let BatchPart { first, count, .. } = part;
    let rows = first as usize..(first as usize).saturating_add(count as usize);
    let is_within = !rows.is_empty() && rows.end <= batch;
    if is_within { Ok(rows) } else { Err(LabError::BatchPart { batch, first, count }) }
}
