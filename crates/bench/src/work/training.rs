//! What the training workloads share: the trainer, and inputs that are written in turn.

use super::Work;
use crate::pattern::BATCHES;
use crate::{BenchError, Part};
use rnn_compute::optimise::{Adam, OptimizerRule};
use rnn_compute::{
    ComputeError, Cpu, Gradients, Initialisation, ParameterList, Parameters, ProbePoints, Recorder, Share,
    Tape, Trainer, TrainerConfig,
};

const SEED: u32 = 1;
/// Adam's customary rate, times three: the losses fall within the steps of a measurement.
const LEARNING_RATE: f64 = 3e-3;
/// The customary bound on the gradient's norm for language models.
const CLIP_NORM: f64 = 1.0;

/// Writes the inputs of a batch.
pub(super) type WriteInputs = Box<dyn Fn(&mut Tape<Cpu>, usize) -> Result<(), ComputeError>>;

/// A model in training, on a whole batch or on a part of it.
pub struct Training {
    trainer: Trainer<Cpu>,
    write_inputs: WriteInputs,
    step: u32,
    loss: f64,
}

impl Training {
    /// A trainer of freshly drawn weights, the same for every part. The weights of the loss are to be those
    /// of the whole batch.
    pub(super) fn new(
        list: &ParameterList,
        recorder: Recorder<Cpu>,
        points: ProbePoints,
        write_inputs: WriteInputs,
        part: Part,
    ) -> Self {
        let mut parameters = Parameters::new(Cpu, list);
        Initialisation::PyTorch.draw(&mut parameters, SEED);
        let spare = Parameters::new(Cpu, list);
        let tape = recorder.finish(Cpu, Gradients::Kept);
        let rule = OptimizerRule::Adam(Adam::default());
        let config = TrainerConfig {
            rule,
            learning_rate: LEARNING_RATE,
            clip_norm: Some(CLIP_NORM),
            // Two parts with one seed would drop the same units.
            seed: part.member,
            ..TrainerConfig::default()
        };
        let trainer = Trainer::new(&Cpu, config, (tape, points), parameters, spare);
        Self { trainer, write_inputs, step: 0, loss: f64::NAN }
    }

    /// Writes the next inputs and works out this part's share of the step into `share`, whose memory is used
    /// again.
    ///
    /// # Errors
    /// If the step before was not completed.
    pub fn share(&mut self, share: &mut Share<f32>) -> Result<(), BenchError> {
        self.trainer.set_shared(true)?;
        self.step()?;
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

    /// Works until the step is done or the shares of others are awaited.
    fn advance(&mut self) -> Result<(), BenchError> {
        // A trainer that is never told to yield goes as far as it can.
        if let Some(outcome) = self.trainer.advance(&mut || false) {
            let diverged = |divergence: rnn_compute::Divergence| BenchError::Diverged {
                step: divergence.step,
                loss: divergence.loss,
            };
            self.loss = outcome.map_err(diverged)?.loss;
        }
        Ok(())
    }
}

impl Work for Training {
    fn step(&mut self) -> Result<(), BenchError> {
        (self.write_inputs)(self.trainer.tape_mut(), self.step as usize % BATCHES)?;
        self.step += 1;
        self.advance()
    }

    fn loss(&self) -> Option<f64> {
        Some(self.loss)
    }
}
