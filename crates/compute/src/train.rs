//! The trainer: forward, backward, clip, update, in parts that can be interrupted.

use crate::backend::{Backend, Update};
use crate::optimise::{Optimizer, OptimizerRule, clip_scale};
use crate::probe::{GradientLook, GradientProbe, ProbePoints};
use crate::tape::{GradientScope, Pass, Tape};
use crate::{Parameters, Real};

/// How a trainer learns. All of it can be changed between two steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainerConfig {
    /// The update rule.
    pub rule: OptimizerRule,
    /// Its step size.
    pub learning_rate: f64,
    /// The gradient's global norm is scaled down to this.
    pub clip_norm: Option<f64>,
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
    /// Norm of each parameter's gradient before clipping, in the order of the parameters.
    pub parameter_norms: Vec<f64>,
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

enum Phase<B: Backend> {
    Idle,
    Forward(Pass),
    Backward(Pass),
    Look(Box<GradientProbe<B>>),
    Update,
}

/// Weights and optimiser as of the last finite loss.
struct Checkpoint<B: Backend> {
    parameters: Parameters<B>,
    optimizer: Optimizer<B>,
    step: u32,
}

/// A model in training: its tape, its weights, and how they change.
pub struct Trainer<B: Backend> {
    config: TrainerConfig,
    tape: Tape<B>,
    points: ProbePoints,
    parameters: Parameters<B>,
    optimizer: Optimizer<B>,
    good: Checkpoint<B>,
    phase: Phase<B>,
    step: u32,
    loss: f64,
    look_is_wanted: bool,
    look: Option<GradientLook>,
}

impl<B: Backend> Trainer<B> {
    /// A trainer at step 0. `spare` is a second set of the same parameters, in which the last good
    /// weights are kept.
    #[must_use]
    pub fn new(
        backend: &B,
        config: TrainerConfig,
        (tape, points): (Tape<B>, ProbePoints),
        parameters: Parameters<B>,
        mut spare: Parameters<B>,
    ) -> Self {
        spare.copy_from(&parameters);
        let optimizer = |parameters: &Parameters<B>| Optimizer::new(backend.clone(), config.rule, parameters);
        Self {
            config,
            tape,
            points,
            optimizer: optimizer(&parameters),
            good: Checkpoint { parameters: spare, optimizer: optimizer(&parameters), step: 0 },
            parameters,
            phase: Phase::Idle,
            step: 0,
            loss: 0.0,
            look_is_wanted: false,
            look: None,
        }
    }

    /// Steps taken.
    #[must_use]
    pub fn step(&self) -> u32 {
        self.step
    }

    /// Whether no step is half done, so that inputs may be written.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    /// The tape, to write inputs and to look at activations.
    pub fn tape_mut(&mut self) -> &mut Tape<B> {
        &mut self.tape
    }

    /// The tape, to look at activations.
    #[must_use]
    pub fn tape(&self) -> &Tape<B> {
        &self.tape
    }

    /// The weights.
    #[must_use]
    pub fn parameters(&self) -> &Parameters<B> {
        &self.parameters
    }

    /// The weights, for another tape of the same model to run with.
    pub fn parameters_mut(&mut self) -> &mut Parameters<B> {
        &mut self.parameters
    }

    /// Changes how the trainer learns, from the next update on. An update rule of another kind is
    /// not taken.
    pub fn set_config(&mut self, config: TrainerConfig) {
        if self.optimizer.set_rule(config.rule) {
            self.good.optimizer.set_rule(config.rule);
            self.config = config;
        }
    }

    /// Asks for a [`GradientLook`] with the next step.
    pub fn request_look(&mut self) {
        self.look_is_wanted = true;
    }

    /// Works on the current step until it is done or `should_yield` says to stop; asked after each
    /// part. The inputs must have been written. Returns the outcome once the step is done.
    ///
    /// # Errors
    /// If the loss or its gradient is not finite.
    pub fn advance(
        &mut self,
        should_yield: &mut dyn FnMut() -> bool,
    ) -> Option<Result<StepOutcome, Divergence>> {
        loop {
            if let Some(outcome) = self.advance_part() {
                return Some(outcome);
            }
            if should_yield() {
                return None;
            }
        }
    }

    fn advance_part(&mut self) -> Option<Result<StepOutcome, Divergence>> {
        match &mut self.phase {
            Phase::Idle => self.phase = Phase::Forward(Pass::forward()),
            Phase::Forward(pass) => {
                if self.tape.advance(pass, &mut self.parameters) {
                    self.loss = self.tape.read_scalar(self.points.loss).to_f64();
                    if !self.loss.is_finite() {
                        return Some(Err(self.restore(None)));
                    }
                    self.begin_backward();
                }
            }
            Phase::Backward(pass) => {
                if self.tape.advance(pass, &mut self.parameters) {
                    self.phase = if std::mem::take(&mut self.look_is_wanted) {
                        Phase::Look(Box::new(GradientProbe::begin(self.points.clone(), &mut self.tape)))
                    } else {
                        Phase::Update
                    };
                }
            }
            Phase::Look(probe) => {
                if let Some(look) = probe.advance(&mut self.tape, &mut self.parameters) {
                    self.look = Some(look);
                    self.phase = Phase::Update;
                }
            }
            Phase::Update => return Some(self.update()),
        }
        None
    }

    /// The loss is finite, so the weights that gave it are good.
    fn begin_backward(&mut self) {
        self.good.parameters.copy_from(&self.parameters);
        self.good.optimizer.copy_from(&self.optimizer);
        self.good.step = self.step;
        self.parameters.zero_gradients();
        self.tape.zero_gradients();
        self.tape.set_gradient(self.points.loss, &[B::Elem::ONE]);
        self.phase = Phase::Backward(Pass::backward(GradientScope::Everything));
    }

    fn update(&mut self) -> Result<StepOutcome, Divergence> {
        let parameter_norms = self.parameters.gradient_norms();
        let grad_norm = libm::sqrt(parameter_norms.iter().map(|norm| norm * norm).sum());
        if !grad_norm.is_finite() {
            return Err(self.restore(Some(grad_norm)));
        }
        let gradient_scale = clip_scale(grad_norm, self.config.clip_norm);
        let update = Update { learning_rate: self.config.learning_rate, gradient_scale };
        self.optimizer.update(update, &mut self.parameters);
        self.step += 1;
        self.phase = Phase::Idle;
        let (step, loss, look) = (self.step, self.loss, self.look.take());
        Ok(StepOutcome { step, loss, grad_norm, parameter_norms, look })
    }

    /// Puts back the weights that last gave a finite loss, after somebody else has found that the
    /// present ones do not: the update of the last step was too large.
    pub fn retreat(&mut self) -> Divergence {
        self.loss = f64::NAN;
        self.restore(None)
    }

    fn restore(&mut self, grad_norm: Option<f64>) -> Divergence {
        let failed = self.step + 1;
        self.parameters.copy_from(&self.good.parameters);
        self.optimizer.copy_from(&self.good.optimizer);
        self.step = self.good.step;
        self.phase = Phase::Idle;
        self.look = None;
        Divergence { step: failed, loss: self.loss, grad_norm }
    }
}
