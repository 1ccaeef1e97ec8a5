//! The update rules of the optimisers.

use super::Memory;

/// What all optimisers read at each step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Update {
    /// Step size.
    pub learning_rate: f64,
    /// Every gradient is multiplied by this first: below 1 where the norm is clipped.
    pub gradient_scale: f64,
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
    pub weight_decay: f64,
}

/// Update rules. Each moves a whole parameter along its gradient.
pub trait Updates: Memory {
    /// `velocity = momentum · velocity + g`, `value −= lr · velocity`.
    fn sgd(
        &self,
        update: Update,
        momentum: f64,
        value: &mut Self::Buffer,
        gradient: &Self::Buffer,
        velocity: &mut Self::Buffer,
    );
    /// `square = α · square + (1 − α) · g²`, `value −= lr · g / (√square + ε)`.
    fn rmsprop(
        &self,
        update: Update,
        alpha: f64,
        epsilon: f64,
        value: &mut Self::Buffer,
        gradient: &Self::Buffer,
        square: &mut Self::Buffer,
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
}
