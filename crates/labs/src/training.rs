//! The seam between a lab's training and those who take its steps with it or in its stead: a team, a device.

use crate::{LabError, MemoryPlan, Slice};
use rnn_compute::{Cpu, Divergence, StepOutcome, Trainer, TrainerState};
use rnn_protocol::{BatchPart, Experiment};

/// Where the next window of a batch begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// How far the sequences are read.
    pub position: usize,
    /// The state that they start from, one sequence after the other; `None` is zero.
    pub states: Option<Vec<f32>>,
}

/// Everything that the coming steps of a run depend on, between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct RunState {
    /// Weights, optimiser, counts.
    pub trainer: TrainerState<f32>,
    /// Where it reads on.
    pub place: Place,
}

/// The training of a lab's network, on its whole batch or on a part of it.
///
/// Losses and gradients of parts add up to those of the batch ([`rnn_compute::Share`]).
pub trait Training {
    /// Sequences of the whole batch.
    fn batch_size(&self) -> usize;

    /// The trainer.
    fn trainer(&self) -> &Trainer<Cpu>;

    /// The trainer, to exchange shares with others.
    fn trainer_mut(&mut self) -> &mut Trainer<Cpu>;

    /// Takes over the settings that a running network can change.
    fn tune(&mut self, experiment: &Experiment);

    /// Works on the current step. Returns its outcome once it is done; nothing while there is more to do, or
    /// [while the shares of others are awaited](Trainer::is_waiting).
    ///
    /// # Errors
    /// If the loss or its gradient stops being a number; the last good weights are then in place.
    fn advance(&mut self, slice: &Slice<'_>) -> Option<Result<StepOutcome, Divergence>>;

    /// Takes back the step in hand, if there is one, as if it had not begun.
    fn abandon(&mut self);

    /// Where the next window of its sequences begins. Of a step that is half done, its own is the next but
    /// for the state, which must have been worked out.
    fn place(&self) -> Place;

    /// Goes on with these sequences of the batch only, from the place given.
    ///
    /// # Errors
    /// If a step is half done, or there are no such sequences, or the state is not theirs.
    fn take_part(&mut self, part: BatchPart, place: &Place) -> Result<(), LabError>;

    /// Everything that the coming steps depend on.
    ///
    /// # Errors
    /// If a step is half done.
    fn state(&self) -> Result<RunState, LabError>;

    /// Goes on from there, with the sequences that it has.
    ///
    /// # Errors
    /// If a step is half done, or the state is that of another network or of other sequences.
    fn go_on_from(&mut self, state: &RunState) -> Result<(), LabError>;

    /// What a team of this many members would take of the machine's memory.
    ///
    /// # Errors
    /// If the batch is smaller than that.
    fn team_memory(&self, members: usize) -> Result<MemoryPlan, LabError>;
}
