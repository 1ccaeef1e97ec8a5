//! What a training has asked its device for: a look inside, and the state of the run.

use super::{Batches, FirstSequence, Look};
use crate::{RawLook, RunState};
use rnn_compute::{
    Backend, ComputeError, DeviceError, Divergence, GradientLook, StateRequest, StepOutcome, Trainer,
};

/// The look at one step, on its way.
pub(crate) struct ComingLook<B: Backend<Elem = f32>> {
    backend: B,
    step: u32,
    symbols: Vec<String>,
    target: Option<f32>,
    transfer: B::Transfer,
    landed: Option<Landed>,
}

/// What the step's landing told.
struct Landed {
    gradient: GradientLook,
    parameter_norms: Vec<f64>,
}

impl<B: Backend<Elem = f32>> ComingLook<B> {
    /// Asks for what the step has left on the tape that is now begun in full.
    pub(crate) fn request(backend: B, trainer: &Trainer<B>, batches: &impl Batches) -> Self {
        let FirstSequence { symbols, question } = batches.first_sequence();
        let mut tensors = Look::tensors(batches.layers());
        tensors.extend(question.map(|(_, answer)| answer));
        let transfer = trainer.tape().request(&tensors);
        let target = question.map(|(target, _)| target);
        Self { backend, step: trainer.step(), symbols, target, transfer, landed: None }
    }

    /// Takes from a landing what belongs to the look. Returns whether the look can still come: not if the step
    /// was another, or was not looked at after all.
    pub(crate) fn hear(
        &mut self,
        landing: &mut Result<StepOutcome, Divergence>,
        trainer: &Trainer<B>,
    ) -> bool {
        let Ok(StepOutcome { step, look, .. }) = landing else { return false };
        if *step != self.step {
            return true;
        }
        let parameter_norms = trainer.norms().gradient.clone();
        self.landed = look.take().map(|gradient| Landed { gradient, parameter_norms });
        self.landed.is_some()
    }

    /// The look, once everything about it has arrived; then never again.
    ///
    /// # Errors
    /// If the device failed.
    pub(crate) fn take(&mut self) -> Result<Option<RawLook>, DeviceError> {
        if self.landed.is_none() {
            return Ok(None);
        }
        let Some(numbers) = self.backend.fetch_numbers(&mut self.transfer)? else { return Ok(None) };
        let (step, target, symbols) = (self.step, self.target, std::mem::take(&mut self.symbols));
        let look = self.landed.take().map(|Landed { gradient, parameter_norms }| RawLook {
            step,
            symbols,
            target,
            numbers,
            gradient,
            parameter_norms,
        });
        Ok(look)
    }
}

/// The state of a run, on its way.
pub(crate) struct ComingState<B: Backend> {
    request: StateRequest<B>,
    position: usize,
}

impl<B: Backend<Elem = f32>> ComingState<B> {
    /// Asks for everything that the coming steps depend on.
    ///
    /// # Errors
    /// If a step is half done.
    pub(crate) fn request(trainer: &Trainer<B>, batches: &impl Batches) -> Result<Self, ComputeError> {
        let (position, states) = batches.carried();
        let tensors: Vec<_> = states.into_iter().map(|var| ("state", var)).collect();
        Ok(Self { request: trainer.request_state(&tensors)?, position })
    }

    /// The state, once it has arrived; then never again.
    ///
    /// # Errors
    /// If the device failed.
    pub(crate) fn take(&mut self, batches: &impl Batches) -> Result<Option<RunState>, DeviceError> {
        let Some(mut trainer) = self.request.fetch()? else { return Ok(None) };
        let tensors = std::mem::take(&mut trainer.companions.tensors);
        let tensors: Vec<Vec<f32>> = tensors.into_iter().map(|tensor| tensor.numbers).collect();
        Ok(Some(RunState { trainer, place: batches.place_of(self.position, &tensors) }))
    }
}
