//! What a training has asked its device for: a look inside, and the state of the run.

use super::{Batches, FirstSequence, Look, of_first_sequence};
use crate::{RawLook, RunState, WindowFacts};
use rnn_compute::{
    Backend, ComputeError, DeviceError, Divergence, GradientLook, StateRequest, StepOutcome, Trainer,
};

/// The look at one step, on its way.
pub(crate) struct ComingLook<B: Backend<Elem = f32>> {
    backend: B,
    step: u32,
    symbols: Vec<String>,
    target: Option<f32>,
    window: WindowFacts,
    numbers: ComingNumbers<B>,
    gradients: ComingNumbers<B>,
    inputs: ComingNumbers<B>,
    landed: Option<Landed>,
}

/// Numbers on their way, and then those numbers; none where none were asked for.
struct ComingNumbers<B: Backend<Elem = f32>> {
    transfer: Option<B::Transfer>,
    numbers: Vec<f32>,
}

/// What the step's landing told.
struct Landed {
    gradient: GradientLook,
    parameter_norms: Vec<f64>,
}

impl<B: Backend<Elem = f32>> ComingNumbers<B> {
    fn new(transfer: Option<B::Transfer>) -> Self {
        Self { transfer, numbers: Vec::new() }
    }

    /// Whether they are there.
    fn have_come(&mut self, backend: &B) -> Result<bool, DeviceError> {
        if let Some(transfer) = &mut self.transfer {
            let Some(numbers) = backend.fetch_numbers(transfer)? else { return Ok(false) };
            (self.transfer, self.numbers) = (None, numbers);
        }
        Ok(true)
    }
}

impl<B: Backend<Elem = f32>> ComingLook<B> {
    /// Asks for what the step has left on the tape that is now begun in full. `inputs` are the vectors that
    /// its first sequence has read.
    pub(crate) fn request(
        backend: B,
        trainer: &mut Trainer<B>,
        batches: &impl Batches,
        inputs: Option<B::Transfer>,
    ) -> Self {
        let FirstSequence { symbols, question, scores, window } = batches.first_sequence();
        let mut tensors = Look::tensors(batches.layers());
        tensors.extend(scores.into_iter().flat_map(of_first_sequence));
        tensors.extend(question.map(|(_, answer)| answer));
        let numbers = trainer.tape().request(&tensors);
        Self {
            backend,
            step: trainer.step(),
            symbols,
            target: question.map(|(target, _)| target),
            window,
            numbers: ComingNumbers::new(Some(numbers)),
            gradients: ComingNumbers::new(trainer.take_watched_gradients()),
            inputs: ComingNumbers::new(inputs),
            landed: None,
        }
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
        for part in [&mut self.numbers, &mut self.gradients, &mut self.inputs] {
            if !part.have_come(&self.backend)? {
                return Ok(None);
            }
        }
        let look = self.landed.take().map(|Landed { gradient, parameter_norms }| RawLook {
            step: self.step,
            symbols: std::mem::take(&mut self.symbols),
            target: self.target,
            window: std::mem::take(&mut self.window),
            numbers: std::mem::take(&mut self.numbers.numbers),
            gradients: std::mem::take(&mut self.gradients.numbers),
            inputs: std::mem::take(&mut self.inputs.numbers),
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
        let (position, states) = (batches.position(), batches.carried());
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
