//! Activations, number by number.

use super::{At, Memory};

/// A function that is applied to every number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The larger of x and 0.
    Relu,
    /// Hyperbolic tangent.
    Tanh,
    /// The logistic function 1 / (1 + e^−x).
    Sigmoid,
}

/// Activations and their slopes.
pub trait Elementwise: Memory {
    /// `target = f(source)`, `len` numbers.
    fn activate(
        &self,
        activation: Activation,
        source: At<&Self::Buffer>,
        target: At<&mut Self::Buffer>,
        len: usize,
    );
    /// `d_source += d_target · f′`, `len` numbers, the slope f′ taken from the function's value
    /// `target`: 1 or 0, where the value is positive or not; `1 − y²`; `y · (1 − y)`.
    fn activate_backward(
        &self,
        activation: Activation,
        target: At<&Self::Buffer>,
        d_target: At<&Self::Buffer>,
        d_source: At<&mut Self::Buffer>,
        len: usize,
    );
}
