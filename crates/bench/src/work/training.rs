//! What the training workloads share: the trainer, and inputs that are written in turn.

use super::Work;
use crate::pattern::BATCHES;
use crate::{BenchError, Part};
use rnn_compute::optimise::{Adam, OptimizerRule};
use rnn_compute::{
    Backend, ComputeError, Divergence, Gradients, Initialisation, ParameterList, Parameters, ProbePoints,
    Recorder, Share, StepOutcome, Tape, Trainer, TrainerConfig,
};
use std::task::Poll;

const SEED: u32 = 1;
/// Adam's customary rate, times three: the losses fall within the steps of a measurement.
const LEARNING_RATE: f64 = 3e-3;
/// The customary bound on the gradient's norm for language models.
const CLIP_NORM: f64 = 1.0;

/// Writes the inputs of a batch.
pub(super) type WriteInputs<B> = Box<dyn Fn(&mut Tape<B>, usize) -> Result<(), ComputeError>>;

/// A model in training, on a whole batch or on a part of it.
pub struct Training<B: Backend> {
    backend: B,
    trainer: Trainer<B>,
    write_inputs: WriteInputs<B>,
    step: u32,
    loss: Option<f64>,
}

impl<B: Backend<Elem = f32>> Training<B> {
    /// A trainer of freshly drawn weights, the same for every part. The weights of the loss are to be those
    /// of the whole batch.
    pub(super) fn new(
        backend: &B,
        (list, recorder, points): (&ParameterList, Recorder<B>, ProbePoints),
        write_inputs: WriteInputs<B>,
        part: Part,
    ) -> Self {
        let mut parameters = Parameters::new(backend.clone(), list);
        Initialisation::PyTorch.draw(&mut parameters, SEED);
        let spare = Parameters::new(backend.clone(), list);
        let tape = recorder.finish(backend.clone(), Gradients::Kept);
        let rule = OptimizerRule::Adam(Adam::default());
        let config = TrainerConfig {
            rule,
            learning_rate: LEARNING_RATE,
            clip_norm: Some(CLIP_NORM),
            // Two parts with one seed would drop the same units.
            seed: part.member,
            ..TrainerConfig::default()
        };
        let trainer = Trainer::new(backend, config, (tape, points), parameters, spare);
        Self { backend: backend.clone(), trainer, write_inputs, step: 0, loss: None }
    }

    /// Works out this part's share of the next step into `share`, whose memory is used again.
    ///
    /// # Errors
    /// If the step before was not completed.
    pub fn share(&mut self, share: &mut Share<f32>) -> Result<(), BenchError> {
        self.trainer.set_shared(true)?;
        self.begin()?;
        Ok(self.trainer.share(share)?)
    }

    /// Ends the step with the sum of all shares.
    ///
    /// # Errors
    /// If no share was worked out, the sum has another number of gradients, or it is not finite.
    pub fn complete(&mut self, sum: &Share<f32>) -> Result<(), BenchError> {
        self.trainer.complete(sum)?;
        self.advance()
    }

    /// Takes note of the oldest step in flight, if its outcome has arrived. Pending if any is left in flight.
    ///
    /// # Errors
    /// If its loss is not finite, or the device has failed.
    pub fn land(&mut self) -> Result<Poll<()>, BenchError> {
        let outcome = self.trainer.land();
        self.note(outcome)?;
        Ok(if self.trainer.is_in_flight() { Poll::Pending } else { Poll::Ready(()) })
    }

    /// Writes the next inputs and works on them.
    fn begin(&mut self) -> Result<(), BenchError> {
        (self.write_inputs)(self.trainer.tape_mut(), self.step as usize % BATCHES)?;
        self.step += 1;
        self.advance()
    }

    /// Works until the step is done, or left to the device, or the shares of others are awaited.
    fn advance(&mut self) -> Result<(), BenchError> {
        // A trainer that is never told to yield goes as far as it can.
        let outcome = self.trainer.advance(&mut || false);
        self.note(outcome)
    }

    fn note(&mut self, outcome: Option<Result<StepOutcome, Divergence>>) -> Result<(), BenchError> {
        match outcome {
            None => {}
            Some(Ok(outcome)) => self.loss = Some(outcome.loss),
            Some(Err(Divergence { step, loss, .. })) => {
                // The numbers of a device that has failed are not finite.
                return Err(match self.backend.failure() {
                    Some(failure) => failure.into(),
                    None => BenchError::Diverged { step, loss },
                });
            }
        }
        Ok(())
    }
}

impl<B: Backend<Elem = f32>> Work for Training<B> {
    fn step(&mut self) -> Result<Poll<()>, BenchError> {
        if self.trainer.is_full() {
            let outcome = self.trainer.land();
            self.note(outcome)?;
        }
        if self.trainer.is_full() {
            return Ok(Poll::Pending);
        }
        self.begin()?;
        Ok(Poll::Ready(()))
    }

    fn loss(&self) -> Option<f64> {
        self.loss
    }
}
