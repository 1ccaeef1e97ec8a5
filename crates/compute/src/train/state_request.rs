//! A run's state, asked for while the device works on.

use super::checkpoint::{Companions, Snapshot, TrainerState};
use super::{Progress, Trainer};
use crate::backend::{At, Backend, DeviceError};
use crate::optimise::{OptimizerState, PlateauState};
use crate::{ComputeError, NamedTensor, Var};

/// What [`Trainer::save`] gives, but for the last good weights, on its way from the device.
///
/// It is the state after the last step that was begun in full, which need not have landed. If one up to it
/// diverges, the state is worthless; that step lands before the state arrives.
pub struct StateRequest<B: Backend> {
    backend: B,
    transfer: B::Transfer,
    /// Names and lengths of what was asked for, in its order.
    parameters: Vec<(String, usize)>,
    memories: Vec<(String, usize)>,
    tensors: Vec<(String, usize)>,
    progress: Progress,
    plateau: PlateauState,
    rule: &'static str,
    updates: u32,
}

impl<B: Backend> Trainer<B> {
    /// Asks for the run's state, and for tensors of the tape that belong to it, which will be found among the
    /// [`Companions`] under these names.
    ///
    /// # Errors
    /// If a step is half done. Steps may be in flight.
    pub fn request_state(&self, tensors: &[(&str, Var)]) -> Result<StateRequest<B>, ComputeError> {
        self.check_no_step_in_hand()?;
        let parameter = |id| (self.parameters.name(id).to_owned(), self.parameters.value(id));
        let parameters: Vec<(String, &B::Buffer)> = self.parameters.ids().map(parameter).collect();
        let lens: Vec<usize> = self.parameters.ids().map(|id| self.parameters.shape(id).len()).collect();
        let memories = self.optimizer.memories(&self.parameters);
        let values = parameters.iter().zip(&lens).map(|((_, value), &len)| (At(*value, 0), len));
        let remembered = memories.iter().map(|&(_, memory, len)| (At(memory, 0), len));
        let carried = tensors.iter().map(|&(_, var)| self.tape.part(var));
        let parts: Vec<_> = values.chain(remembered).chain(carried).collect();
        Ok(StateRequest {
            backend: self.backend.clone(),
            transfer: self.backend.request_numbers(&parts),
            parameters: parameters.iter().zip(lens).map(|((name, _), len)| (name.clone(), len)).collect(),
            memories: memories.iter().map(|(name, _, len)| (name.clone(), *len)).collect(),
            tensors: tensors.iter().map(|(name, var)| ((*name).to_owned(), self.tape.part(*var).1)).collect(),
            progress: self.progress,
            plateau: self.plateau,
            rule: self.config.rule.name(),
            updates: self.optimizer.step(),
        })
    }
}

impl<B: Backend> StateRequest<B> {
    /// The state, once it has arrived; then never again.
    ///
    /// # Errors
    /// If the device failed before.
    pub fn fetch(&mut self) -> Result<Option<TrainerState<B::Elem>>, DeviceError> {
        let Some(numbers) = self.backend.fetch_numbers(&mut self.transfer)? else { return Ok(None) };
        let mut rest = numbers.as_slice();
        let mut take = |names: &mut Vec<(String, usize)>| -> Vec<NamedTensor<B::Elem>> {
            let tensor = |(name, len)| {
                let (numbers, behind) = rest.split_at(len);
                rest = behind;
                NamedTensor { name, numbers: numbers.to_vec() }
            };
            std::mem::take(names).into_iter().map(tensor).collect()
        };
        let parameters = take(&mut self.parameters);
        let memories = take(&mut self.memories);
        let tensors = take(&mut self.tensors);
        let Progress { step, passes } = self.progress;
        let optimizer = OptimizerState { rule: self.rule.to_owned(), step: self.updates, memories };
        Ok(Some(TrainerState {
            present: Snapshot { step, passes, parameters, optimizer },
            last_good: None,
            plateau: self.plateau,
            companions: Companions { tensors, ..Companions::default() },
        }))
    }
}
