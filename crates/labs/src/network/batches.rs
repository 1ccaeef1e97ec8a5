//! What a network reads in training, and what it is made of: the part of a lab that its training asks for.

use super::NetworkWeights;
use crate::{LabError, MemoryPlan, Place, WindowFacts};
use rnn_compute::models::LayerTrace;
use rnn_compute::tape::{Tape, Var};
use rnn_compute::{Backend, ComputeError, Parameters, ProbePoints};
use std::ops::Range;

/// A network whose memory has been reckoned and found to fit, and what it is trained on.
pub(crate) trait NetworkPlan {
    /// What it reads.
    type Batches: Batches;

    /// Its weights.
    fn weights(&self) -> &NetworkWeights;

    /// Sequences of a whole batch.
    fn batch_size(&self) -> usize;

    /// Items that the whole batch has in one step.
    fn items_per_step(&self) -> u64;

    /// These rows of each batch, at their beginning, with the tape that reads them.
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    fn batches<B: Backend<Elem = f32>>(
        &self,
        backend: B,
        rows: Range<usize>,
    ) -> Result<(Self::Batches, Tape<B>), LabError>;

    /// What a worker takes that also takes the gradient of one sequence apart.
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    fn memory_with_study(&self) -> Result<MemoryPlan, LabError>;

    /// What a team of this many members would take of the machine's memory.
    ///
    /// # Errors
    /// If the batch is smaller than that.
    fn team_memory(&self, members: usize) -> Result<MemoryPlan, LabError>;
}

/// Some or all sequences of a run's batches, read one batch after the other, and the graph that reads them.
pub(crate) trait Batches {
    /// Hands the next batch to the tape.
    ///
    /// # Errors
    /// If it does not fit the network.
    fn load<B: Backend<Elem = f32>>(&mut self, tape: &mut Tape<B>) -> Result<(), ComputeError>;

    /// Takes back the batch in hand: it is the next one again.
    fn unload(&mut self) {
        self.set_position(self.position().saturating_sub(1));
    }

    /// How far the next batch has been read before.
    fn position(&self) -> usize;

    /// The next batch is the one at this position.
    fn set_position(&mut self, position: usize);

    /// The next batch starts from zero, since the state on the tape is that of a step that failed. So does each
    /// batch of a lab that does not say otherwise.
    fn forget_state(&mut self) {}

    /// The recurrent layers, bottom first.
    fn layers(&self) -> &[LayerTrace];

    /// What a look inside looks at.
    fn probe_points(&self) -> ProbePoints;

    /// The first sequence of the batch in hand.
    fn first_sequence(&self) -> FirstSequence;

    /// Asks for the vectors that stand for what that sequence reads, before the step changes them; nothing where
    /// they cannot be looked up.
    fn request_inputs<B: Backend<Elem = f32>>(&self, _parameters: &Parameters<B>) -> Option<B::Transfer> {
        None
    }

    /// The tensors that hold the state of the next batch; none if that is zero.
    fn carried(&self) -> Vec<Var> {
        Vec::new()
    }

    /// Where the next batch begins, of a position and of the numbers of the tensors that [`Batches::carried`] has
    /// found.
    fn place_of(&self, position: usize, _tensors: &[Vec<f32>]) -> Place {
        Place { position, states: None }
    }

    /// Goes on from there.
    ///
    /// # Errors
    /// If the state has not as many numbers as these sequences.
    fn go_to<B: Backend<Elem = f32>>(
        &mut self,
        _tape: &mut Tape<B>,
        place: &Place,
    ) -> Result<(), ComputeError> {
        let found = place.states.as_ref().map_or(0, Vec::len);
        if found > 0 {
            let what = "the state of sequences that start from zero".to_owned();
            return Err(ComputeError::Length { what, expected: 0, found });
        }
        self.set_position(place.position);
        Ok(())
    }
}

/// What the first sequence of a batch is, for a look at it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FirstSequence {
    /// What is read, one symbol a time step.
    pub(crate) symbols: Vec<String>,
    /// What is to be answered at its end, and the tensor that holds the answer.
    pub(crate) question: Option<(f32, Var)>,
    /// The scores of what is predicted at each step, `[T, B, V]`.
    pub(crate) scores: Option<Var>,
    /// What else it was given: what was to be predicted, and where it begins.
    pub(crate) window: WindowFacts,
}
