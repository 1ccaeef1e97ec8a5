//! How a trainer learns, and what its steps find.

use crate::optimise::{Adam, OptimizerRule, Schedule, Warmup};
use crate::probe::GradientLook;

/// How a trainer learns. All of it can be changed between two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainerConfig {
    /// The update rule.
    pub rule: OptimizerRule,
    /// Its step size, on which schedule and warm-up work.
    pub learning_rate: f64,
    /// How the step size changes.
    pub schedule: Schedule,
    /// How it rises before that.
    pub warmup: Warmup,
    /// Every number of the gradient is bounded to ± this, if it is above 0, before the norm is clipped.
    pub clip_value: Option<f64>,
    /// The gradient's global norm is scaled down to this.
    pub clip_norm: Option<f64>,
    /// Micro-batches that make one step: the loss and the gradient of the step are the means of
    /// theirs. 0 counts as 1.
    pub micro_batches: u32,
    /// What is random in a training pass, such as dropout, follows from this.
    pub seed: u32,
}

/// Adam at its paper's step size, and nothing else.
impl Default for TrainerConfig {
    fn default() -> Self {
        Self {
            rule: OptimizerRule::Adam(Adam::default()),
            learning_rate: 0.001,
            schedule: Schedule::Constant,
            warmup: Warmup::default(),
            clip_value: None,
            clip_norm: None,
            micro_batches: 1,
            seed: 0,
        }
    }
}

/// What one training step found.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOutcome {
    /// Steps taken, this one included.
    pub step: u32,
    /// The loss before the update.
    pub loss: f64,
    /// Global norm of the gradient before clipping.
    pub grad_norm: f64,
    /// The step size, as schedule and warm-up made it.
    pub learning_rate: f64,
    /// How the gradient travelled, if it was asked for.
    pub look: Option<GradientLook>,
}

/// The loss or its gradient stopped being a number. The step was not taken; weights, optimiser and
/// step count are again those that last gave a finite loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divergence {
    /// The step that failed.
    pub step: u32,
    /// The loss that was found.
    pub loss: f64,
    /// The gradient's norm, if it came to that.
    pub grad_norm: Option<f64>,
}
