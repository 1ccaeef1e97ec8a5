//! A run as plain values, from which it goes on to the last bit as if it had never stopped.
//!
//! What can be made again from the experiment is not in it: shapes, the update rule's constants, the
//! schedule. Whoever saves adds what only they know, as [`Companions`].

use super::{Progress, Trainer};
use crate::backend::Backend;
use crate::optimise::{EarlyStopping, Optimizer, OptimizerState, PlateauState};
use crate::{ComputeError, NamedTensor, Parameters};

/// Everything that the coming steps of a run depend on.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState<R> {
    /// The run as it is.
    pub present: Snapshot<R>,
    /// The run as it last gave a finite loss, for the case that the present weights do not. Without
    /// it, which makes half the size, the present one counts as good.
    pub last_good: Option<Snapshot<R>>,
    /// What the schedule has measured.
    pub plateau: PlateauState,
    /// What others add.
    pub companions: Companions<R>,
}

/// Weights and optimiser at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<R> {
    /// Steps taken.
    pub step: u32,
    /// Training passes begun, from which dropout's masks follow.
    pub passes: u32,
    /// Every parameter, under its name.
    pub parameters: Vec<NamedTensor<R>>,
    /// What the optimiser remembers.
    pub optimizer: OptimizerState<R>,
}

/// What a run depends on that its trainer does not know.
#[derive(Debug, Clone, PartialEq)]
pub struct Companions<R> {
    /// Early stopping, if it is used.
    pub early_stopping: Option<EarlyStopping>,
    /// [`Random::position`](crate::Random::position) of the caller's streams, in the caller's order.
    pub random_positions: Vec<u64>,
    /// Where the caller reads its data, in the caller's terms.
    pub data_position: Vec<u64>,
    /// Tensors of the tape that outlive a step, such as the state that a window hands to the next.
    pub tensors: Vec<NamedTensor<R>>,
}

impl<R> Default for Companions<R> {
    fn default() -> Self {
        Self {
            early_stopping: None,
            random_positions: Vec::new(),
            data_position: Vec::new(),
            tensors: Vec::new(),
        }
    }
}

impl<B: Backend> Trainer<B> {
    /// The run as plain values.
    ///
    /// # Errors
    /// If a step is half done.
    pub fn save(&self, companions: Companions<B::Elem>) -> Result<TrainerState<B::Elem>, ComputeError> {
        self.check_between_steps()?;
        let good = &self.good;
        Ok(TrainerState {
            present: snapshot(&self.parameters, &self.optimizer, self.progress),
            last_good: Some(snapshot(&good.parameters, &good.optimizer, good.progress)),
            plateau: self.plateau,
            companions,
        })
    }

    /// Goes on from where a run of the same model and update rule was saved. The companions are the
    /// caller's to restore.
    ///
    /// # Errors
    /// If a step is half done, or what was saved belongs to another model or update rule; then nothing
    /// is changed.
    pub fn load(&mut self, state: &TrainerState<B::Elem>) -> Result<(), ComputeError> {
        self.check_between_steps()?;
        let good = state.last_good.as_ref().unwrap_or(&state.present);
        for snapshot in [&state.present, good] {
            let names = self
                .parameters
                .ids()
                .map(|id| (self.parameters.name(id).to_owned(), self.parameters.shape(id).len()));
            NamedTensor::check(&snapshot.parameters, names)?;
            self.optimizer.check(&snapshot.optimizer, &self.parameters)?;
        }
        self.progress = restore(&state.present, &mut self.parameters, &mut self.optimizer)?;
        self.good.progress = restore(good, &mut self.good.parameters, &mut self.good.optimizer)?;
        self.plateau = state.plateau;
        self.tape.forget_passes();
        Ok(())
    }

    pub(super) fn check_between_steps(&self) -> Result<(), ComputeError> {
        if self.is_in_flight() { Err(ComputeError::MidStep) } else { self.check_no_step_in_hand() }
    }

    pub(super) fn check_no_step_in_hand(&self) -> Result<(), ComputeError> {
        let is_between = self.is_idle() && self.accumulation.is_first();
        if is_between { Ok(()) } else { Err(ComputeError::MidStep) }
    }
}

fn snapshot<B: Backend>(
    parameters: &Parameters<B>,
    optimizer: &Optimizer<B>,
    Progress { step, passes }: Progress,
) -> Snapshot<B::Elem> {
    let tensor = |id| NamedTensor {
        name: parameters.name(id).to_owned(),
        numbers: parameters.read(id).into_iter().collect(),
    };
    Snapshot {
        step,
        passes,
        parameters: parameters.ids().map(tensor).collect(),
        optimizer: optimizer.save(parameters),
    }
}

fn restore<B: Backend>(
    snapshot: &Snapshot<B::Elem>,
    parameters: &mut Parameters<B>,
    optimizer: &mut Optimizer<B>,
) -> Result<Progress, ComputeError> {
    for tensor in &snapshot.parameters {
        parameters.write(parameters.find(&tensor.name)?, &tensor.numbers)?;
    }
    optimizer.load(&snapshot.optimizer, parameters)?;
    Ok(Progress { step: snapshot.step, passes: snapshot.passes })
}
