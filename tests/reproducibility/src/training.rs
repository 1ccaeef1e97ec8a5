//! What the cases share: a hundred steps of Adam with clipping.

use crate::digest::Digest;
use rnn_compute::optimise::{Adam, OptimizerRule};
use rnn_compute::{
    ComputeError, Cpu, Divergence, Gradients, Initialisation, ParameterList, Parameters, ProbePoints,
    Recorder, Tape, Trainer, TrainerConfig,
};
use serde::Serialize;
use thiserror::Error;

/// Enough for a wrong bit to spread through all weights.
const STEPS: usize = 100;
const LEARNING_RATE: f64 = 0.01;
/// Low enough that most steps are clipped.
const CLIP_NORM: f64 = 0.25;

/// What came of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Of each step, to see which was the first to differ.
    pub losses: Vec<f64>,
    /// Of all bits of the losses, of the gradients' norms and of the weights after the last step.
    pub digest: String,
}

/// Why there is no outcome.
#[derive(Debug, Error)]
pub enum TrainingError {
    /// The engine refused a size or an input.
    #[error(transparent)]
    Compute(#[from] ComputeError),
    /// A loss or a gradient was not finite.
    #[error("the loss of step {} is {}, or its gradient is not finite", .0.step, .0.loss)]
    Diverged(Divergence),
}

/// Trains from the weights that `seed` gives. `write_inputs` gets the number of the step, from 0.
pub(crate) fn train(
    list: &ParameterList,
    (recorder, points): (Recorder<Cpu>, ProbePoints),
    seed: u32,
    mut write_inputs: impl FnMut(&mut Tape<Cpu>, usize) -> Result<(), ComputeError>,
) -> Result<Outcome, TrainingError> {
    let mut parameters = Parameters::new(Cpu, list);
    Initialisation::PyTorch.draw(&mut parameters, seed);
    let config = TrainerConfig {
        rule: OptimizerRule::Adam(Adam::default()),
        learning_rate: LEARNING_RATE,
        clip_norm: Some(CLIP_NORM),
        seed,
        ..TrainerConfig::default()
    };
    let tape = recorder.finish(Cpu, Gradients::Kept);
    let mut trainer = Trainer::new(&Cpu, config, (tape, points), parameters, Parameters::new(Cpu, list));

    let mut losses = Vec::with_capacity(STEPS);
    let mut digest = Digest::new();
    while losses.len() < STEPS {
        write_inputs(trainer.tape_mut(), losses.len())?;
        // A trainer that is never told to yield ends its step.
        if let Some(outcome) = trainer.advance(&mut || false) {
            let outcome = outcome.map_err(TrainingError::Diverged)?;
            digest.update(&outcome.loss.to_bits().to_le_bytes());
            digest.update(&outcome.grad_norm.to_bits().to_le_bytes());
            losses.push(outcome.loss);
        }
    }
    let parameters = trainer.parameters();
    for id in parameters.ids() {
        for weight in parameters.read(id) {
            digest.update(&weight.to_bits().to_le_bytes());
        }
    }
    Ok(Outcome { losses, digest: digest.hex() })
}
