//! A training as words and one row of numbers, from which another of the same experiment goes on to the bit.
//!
//! The numbers follow the order in which a trainer saves itself: first the weights and the optimiser's memory
//! as they are, then as they were last good. Both sides have recorded the same network, so that names and
//! lengths need not travel.

use rnn_compute::optimise::PlateauState;
use rnn_compute::{Companions, ComputeError, Cpu, Snapshot, Trainer, TrainerState};
use rnn_protocol::{Standing, TrainingCounts};

/// Everything of a trainer between two steps.
pub(super) struct SavedTrainer {
    pub(super) present: TrainingCounts,
    pub(super) last_good: TrainingCounts,
    pub(super) numbers: Vec<f32>,
}

/// Takes a trainer down.
///
/// # Errors
/// If a step is half done.
pub(super) fn save(trainer: &Trainer<Cpu>) -> Result<SavedTrainer, ComputeError> {
    let TrainerState { mut present, last_good, .. } = trainer.save(Companions::default())?;
    let mut last_good = last_good.unwrap_or_else(|| present.clone());
    let mut numbers = Vec::new();
    for snapshot in [&mut present, &mut last_good] {
        tensors(snapshot).for_each(|tensor| numbers.extend_from_slice(tensor));
    }
    Ok(SavedTrainer { present: counts(&present), last_good: counts(&last_good), numbers })
}

/// Puts a trainer there. Returns the numbers that are none of its.
///
/// # Errors
/// If a step is half done, or there are too few numbers; then nothing is changed.
pub(super) fn load<'a>(
    trainer: &mut Trainer<Cpu>,
    standing: &Standing,
    numbers: &'a [f32],
) -> Result<&'a [f32], ComputeError> {
    let TrainerState { mut present, last_good, .. } = trainer.save(Companions::default())?;
    let mut last_good = last_good.unwrap_or_else(|| present.clone());
    let mut rest = numbers;
    for (snapshot, counts) in [(&mut present, standing.present), (&mut last_good, standing.last_good)] {
        for tensor in tensors(snapshot) {
            let Some((own, behind)) = rest.split_at_checked(tensor.len()) else {
                let what = "the weights and the optimiser of a run".to_owned();
                return Err(ComputeError::Length { what, expected: tensor.len(), found: rest.len() });
            };
            tensor.copy_from_slice(own);
            rest = behind;
        }
        snapshot.step = counts.step;
        snapshot.passes = counts.passes;
        snapshot.optimizer.step = counts.updates;
    }
    let (plateau, companions) = (PlateauState::default(), Companions::default());
    trainer.load(&TrainerState { present, last_good: Some(last_good), plateau, companions })?;
    Ok(rest)
}

fn counts(snapshot: &Snapshot<f32>) -> TrainingCounts {
    TrainingCounts { step: snapshot.step, passes: snapshot.passes, updates: snapshot.optimizer.step }
}

fn tensors(snapshot: &mut Snapshot<f32>) -> impl Iterator<Item = &mut Vec<f32>> {
    let memories = snapshot.optimizer.memories.iter_mut();
    snapshot.parameters.iter_mut().chain(memories).map(|tensor| &mut tensor.numbers)
}
