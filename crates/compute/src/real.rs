//! The numbers a backend computes with: `f32` on the page, `f64` in gradient checks.

use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

/// A floating-point number, `f32` or `f64`.
///
/// The transcendental functions come from the `libm` crate, not from the platform, so that the
/// browser and every native target agree to the last bit.
pub trait Real:
    Copy
    + Debug
    + Display
    + Default
    + PartialOrd
    + Send
    + Sync
    + Sum
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// The nearest number to `value`.
    fn from_f64(value: f64) -> Self;
    /// The same number, or the nearest, as `f64`.
    fn to_f64(self) -> f64;
    /// e^self.
    #[must_use]
    fn exp(self) -> Self;
    /// Natural logarithm.
    #[must_use]
    fn ln(self) -> Self;
    /// Natural logarithm of 1 + self, exact also where self is small.
    #[must_use]
    fn ln_1p(self) -> Self;
    /// Hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;
    /// Square root.
    #[must_use]
    fn sqrt(self) -> Self;

    /// The logistic function 1 / (1 + e^−self).
    #[must_use]
    fn sigmoid(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp())
    }
}

macro_rules! impl_real {
    ($real:ty, $exp:path, $ln:path, $ln_1p:path, $tanh:path, $sqrt:path) => {
        impl Real for $real {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            fn from_f64(value: f64) -> Self {
                value as Self
            }
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            fn exp(self) -> Self {
                $exp(self)
            }
            fn ln(self) -> Self {
                $ln(self)
            }
            fn ln_1p(self) -> Self {
                $ln_1p(self)
            }
            fn tanh(self) -> Self {
                $tanh(self)
            }
            fn sqrt(self) -> Self {
                $sqrt(self)
            }
        }
    };
}

impl_real!(f32, libm::expf, libm::logf, libm::log1pf, libm::tanhf, libm::sqrtf);
impl_real!(f64, libm::exp, libm::log, libm::log1p, libm::tanh, libm::sqrt);
