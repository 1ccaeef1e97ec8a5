//! What a training has asked its device for: a look inside, and the state of the run.

use super::rows::Rows;
use super::snapshot::Look;
use crate::{RawLook, RunState};
use rnn_compute::{
    Backend, ComputeError, DeviceError, Divergence, GradientLook, StateRequest, StepOutcome, Trainer,
};

/// The look at one step, on its way.
pub(super) struct ComingLook<B: Backend<Elem = f32>> {
    backend: B,
    step: u32,
    symbols: Vec<String>,
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
    pub(super) fn request(backend: B, trainer: &Trainer<B>, rows: &Rows, symbols: Vec<String>) -> Self {
        let transfer = trainer.tape().request(&Look::tensors(rows.graph()));
        Self { backend, step: trainer.step(), symbols, transfer, landed: None }
    }

    /// Takes from a landing what belongs to the look. Returns whether the look can still come: not if the step
    /// was another, or was not looked at after all.
    pub(super) fn hear(
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
    pub(super) fn take(&mut self) -> Result<Option<RawLook>, DeviceError> {
        if self.landed.is_none() {
            return Ok(None);
        }
        let Some(numbers) = self.backend.fetch_numbers(&mut self.transfer)? else { return Ok(None) };
        let (step, symbols) = (self.step, std::mem::take(&mut self.symbols));
        let look = self.landed.take().map(|Landed { gradient, parameter_norms }| RawLook {
            step,
            symbols,
            numbers,
            gradient,
            parameter_norms,
        });
        Ok(look)
    }
}

/// The state of a run, on its way.
pub(super) struct ComingState<B: Backend> {
    request: StateRequest<B>,
    position: usize,
}

impl<B: Backend<Elem = f32>> ComingState<B> {
    /// Asks for everything that the coming steps depend on.
    ///
    /// # Errors
    /// If a step is half done.
    pub(super) fn request(trainer: &Trainer<B>, rows: &Rows) -> Result<Self, ComputeError> {
        let (position, states) = rows.carried();
        let tensors: Vec<_> = states.into_iter().map(|var| ("state", var)).collect();
        Ok(Self { request: trainer.request_state(&tensors)?, position })
    }

    /// The state, once it has arrived; then never again.
    ///
    /// # Errors
    /// If the device failed.
    pub(super) fn take(&mut self, rows: &Rows) -> Result<Option<RunState>, DeviceError> {
        let Some(mut trainer) = self.request.fetch()? else { return Ok(None) };
        let tensors = std::mem::take(&mut trainer.companions.tensors);
        let tensors: Vec<Vec<f32>> = tensors.into_iter().map(|tensor| tensor.numbers).collect();
        Ok(Some(RunState { trainer, place: rows.place_of(self.position, &tensors) }))
    }
}
