//! The update rules of the optimisers, and what is measured of an update.
//!
//! Every rule sees `g = gradient + weight_decay · value`. The equations of each are
//! in its file under [`crate::optimise`].

use super::Memory;

/// What all optimisers read at each step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// Step size.
    pub learning_rate: f64,
    /// Weight decay that is a part of the gradient.
    pub weight_decay: f64,
}

/// The constants of stochastic gradient descent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SgdStep {
    /// Decay of the velocity.
    pub momentum: f64,
    /// Whether the step looks ahead along the velocity.
    pub nesterov: bool,
}

/// RMSprop's constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RmsPropStep {
    /// Decay of the running mean of squares.
    pub alpha: f64,
    /// Added to the root of the mean of squares.
    pub epsilon: f64,
    /// Decay of the velocity.
    pub momentum: f64,
}

/// Adam's constants at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamStep {
    /// Decay of the running mean.
    pub beta1: f64,
    /// Decay of the running mean of squares.
    pub beta2: f64,
    /// Added to the root of the mean of squares.
    pub epsilon: f64,
    /// 1 − beta1^t, t counted from 1.
    pub bias_correction1: f64,
    /// 1 − beta2^t.
    pub bias_correction2: f64,
    /// Decoupled weight decay (AdamW); 0 for Adam.
    pub decoupled_decay: f64,
}

/// Update rules. Each moves a whole parameter along its gradient.
pub trait Updates: Memory {
    /// `velocity = momentum · velocity + g`, `value −= lr · velocity`, or with Nesterov's momentum
    /// `value −= lr · (g + momentum · velocity)`.
    fn sgd(
        &self,
        update: Update,
        sgd: SgdStep,
        value: &mut Self::Buffer,
        gradient: &Self::Buffer,
        velocity: &mut Self::Buffer,
    );
    /// `square = α · square + (1 − α) · g²`, `velocity = momentum · velocity + g / (√square + ε)`,
    /// `value −= lr · velocity`.
    fn rmsprop(
        &self,
        update: Update,
        rmsprop: RmsPropStep,
        value: &mut Self::Buffer,
        gradient: &Self::Buffer,
        square: &mut Self::Buffer,
        velocity: &mut Self::Buffer,
    );
    /// `sum += g²`, `value −= lr · g / (√sum + ε)`.
    fn adagrad(
        &self,
        update: Update,
        epsilon: f64,
        value: &mut Self::Buffer,
        gradient: &Self::Buffer,
        sum: &mut Self::Buffer,
    );
    /// Adam and AdamW, see [`crate::optimise`].
    fn adam(
        &self,
        update: Update,
        adam: AdamStep,
        value: &mut Self::Buffer,
        gradient: &Self::Buffer,
        mean: &mut Self::Buffer,
        square: &mut Self::Buffer,
    );
    /// Bounds every number to `±bound`.
    fn clamp(&self, numbers: &mut Self::Buffer, bound: f64);
    /// `Σ (a − b)²`, over all numbers of two buffers of one length, accumulated in `f64`.
    fn squared_distance(&self, a: &Self::Buffer, b: &Self::Buffer) -> f64;
}
