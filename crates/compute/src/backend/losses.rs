//! Losses by row: the comparison of numbers with numbers, and the weighted sum over rows.
//!
//! Written once for all backends in the program's memory: next to the products that lead up to a loss
//! they take no time.

use super::host::Host;
use super::{At, Memory};
use crate::Real;

/// How a number x is compared with its target y. The equations are those of the op of the same name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ElementwiseLoss {
    /// Of a logit x; `ops/binary_cross_entropy.rs`.
    BinaryCrossEntropy,
    /// `ops/squared_error.rs`.
    Squared,
    /// `ops/absolute_error.rs`.
    Absolute,
    /// `ops/huber.rs`.
    Huber {
        /// Where it turns from quadratic to linear.
        delta: f64,
    },
}

/// The rows that one call of a kernel treats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LossRows {
    /// The first row.
    pub first: usize,
    /// How many rows from there on.
    pub rows: usize,
    /// Numbers in a row.
    pub width: usize,
}

/// Losses of numbers, by row.
pub trait Losses: Memory {
    /// `row_losses[r] = Σ_f loss(prediction[r, f], targets[r, f])`.
    fn elementwise_loss_forward(
        &self,
        kind: ElementwiseLoss,
        extent: LossRows,
        prediction: At<&Self::Buffer>,
        targets: At<&Self::Buffer>,
        row_losses: &mut Self::Buffer,
    );
    /// `d_prediction[r, f] += d_loss[0] · weights[r] · ∂loss/∂x (prediction[r, f], targets[r, f])`. Rows of
    /// weight 0 are left alone.
    #[expect(clippy::too_many_arguments, reason = "four inputs, a gradient, a kind and an extent")]
    fn elementwise_loss_backward(
        &self,
        kind: ElementwiseLoss,
        extent: LossRows,
        prediction: At<&Self::Buffer>,
        targets: At<&Self::Buffer>,
        weights: At<&Self::Buffer>,
        d_loss: At<&Self::Buffer>,
        d_prediction: At<&mut Self::Buffer>,
    );
    /// `loss[0] = Σ_r weights[r] · row_losses[r]`, without the rows of weight 0.
    fn weighted_sum(
        &self,
        weights: At<&Self::Buffer>,
        row_losses: At<&Self::Buffer>,
        loss: At<&mut Self::Buffer>,
        rows: usize,
    );
}

impl ElementwiseLoss {
    /// Equation (1) of each op, for one number.
    fn value<R: Real>(self, x: R, y: R) -> R {
        let error = x - y;
        match self {
            Self::BinaryCrossEntropy => {
                let positive = if x < R::ZERO { R::ZERO } else { x };
                positive - x * y + (-magnitude(x)).exp().ln_1p()
            }
            Self::Squared => error * error,
            Self::Absolute => magnitude(error),
            Self::Huber { delta } => {
                let (delta, half) = (R::from_f64(delta), R::from_f64(0.5));
                if magnitude(error) > delta {
                    delta * (magnitude(error) - half * delta)
                } else {
                    half * error * error
                }
            }
        }
    }

    /// Equation (2) of each op: the derivative of one number's loss by x.
    fn slope<R: Real>(self, x: R, y: R) -> R {
        let error = x - y;
        match self {
            Self::BinaryCrossEntropy => x.sigmoid() - y,
            Self::Squared => error + error,
            Self::Absolute => sign(error),
            Self::Huber { delta } => {
                let delta = R::from_f64(delta);
                if magnitude(error) > delta { delta * sign(error) } else { error }
            }
        }
    }
}

/// |x|; NaN stays NaN.
fn magnitude<R: Real>(x: R) -> R {
    if x < R::ZERO { -x } else { x }
}

/// 1, −1, or x itself if it is 0 or NaN.
fn sign<R: Real>(x: R) -> R {
    if x > R::ZERO {
        R::ONE
    } else if x < R::ZERO {
        -R::ONE
    } else {
        x
    }
}

impl<H: Host> Losses for H {
    fn elementwise_loss_forward(
        &self,
        kind: ElementwiseLoss,
        LossRows { first, rows, width }: LossRows,
        At(prediction, start): At<&Vec<H::Elem>>,
        At(targets, targets_start): At<&Vec<H::Elem>>,
        row_losses: &mut Vec<H::Elem>,
    ) {
        for r in first..first + rows {
            let x = &prediction[start + r * width..][..width];
            let y = &targets[targets_start + r * width..][..width];
            let sum: f64 = x.iter().zip(y).map(|(&x, &y)| kind.value(x, y).to_f64()).sum();
            row_losses[r] = H::Elem::from_f64(sum);
        }
    }

    fn elementwise_loss_backward(
        &self,
        kind: ElementwiseLoss,
        LossRows { first, rows, width }: LossRows,
        At(prediction, start): At<&Vec<H::Elem>>,
        At(targets, targets_start): At<&Vec<H::Elem>>,
        At(weights, first_weight): At<&Vec<H::Elem>>,
        At(d_loss, loss_start): At<&Vec<H::Elem>>,
        At(d_prediction, d_start): At<&mut Vec<H::Elem>>,
    ) {
        for r in first..first + rows {
            let weight = weights[first_weight + r];
            if weight == H::Elem::ZERO {
                continue;
            }
            let scale = d_loss[loss_start] * weight;
            let x = &prediction[start + r * width..][..width];
            let y = &targets[targets_start + r * width..][..width];
            let d_x = &mut d_prediction[d_start + r * width..][..width];
            for (d_x, (&x, &y)) in d_x.iter_mut().zip(x.iter().zip(y)) {
                *d_x += scale * kind.slope(x, y);
            }
        }
    }

    fn weighted_sum(
        &self,
        At(weights, first_weight): At<&Vec<H::Elem>>,
        At(row_losses, first_loss): At<&Vec<H::Elem>>,
        At(loss, loss_start): At<&mut Vec<H::Elem>>,
        rows: usize,
    ) {
        let weights = &weights[first_weight..first_weight + rows];
        let row_losses = &row_losses[first_loss..first_loss + rows];
        // Each product in the backend's precision, their sum in `f64`.
        let products = weights.iter().zip(row_losses).filter(|&(&weight, _)| weight != H::Elem::ZERO);
        let sum: f64 = products.map(|(&weight, &row_loss)| (weight * row_loss).to_f64()).sum();
        loss[loss_start] = H::Elem::from_f64(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ElementwiseLoss; 4] = [
        ElementwiseLoss::BinaryCrossEntropy,
        ElementwiseLoss::Squared,
        ElementwiseLoss::Absolute,
        ElementwiseLoss::Huber { delta: 1.5 },
    ];

    #[test]
    fn binary_cross_entropy_keeps_its_tails() {
        let kind = ElementwiseLoss::BinaryCrossEntropy;
        // −ln σ(30) = ln(1 + e^−30) = e^−30 to thirteen digits: 1 + e^−30 alone would round to 1 in `f32`.
        let small = kind.value(30.0_f32, 1.0);
        assert!((f64::from(small) / libm::exp(-30.0) - 1.0).abs() < 1e-6, "{small:e}");
        for x in [1e3_f32, 1e30] {
            assert_eq!([kind.value(x, 0.0), kind.value(-x, 1.0)], [x; 2]);
            assert_eq!([kind.value(x, 1.0), kind.value(-x, 0.0)], [0.0; 2]);
            assert_eq!([kind.slope(x, 1.0), kind.slope(-x, 0.0)], [0.0; 2]);
            assert_eq!([kind.slope(x, 0.0), kind.slope(-x, 1.0)], [1.0, -1.0]);
        }
    }

    #[test]
    fn nan_shows_in_every_loss_and_slope() {
        for kind in KINDS {
            for [x, y] in [[f64::NAN, 0.5], [0.5, f64::NAN]] {
                assert!(kind.value(x, y).is_nan() && kind.slope(x, y).is_nan(), "{kind:?} of {x}, {y}");
            }
        }
    }

    #[test]
    fn corners_have_the_slopes_that_pytorch_gives_them() {
        assert_eq!(ElementwiseLoss::Absolute.slope(0.5, 0.5), 0.0);
        let huber = ElementwiseLoss::Huber { delta: 1.5 };
        assert_eq!([huber.slope(2.0, 0.5), huber.slope(-4.0, 0.0), huber.slope(0.5, 0.0)], [1.5, -1.5, 0.5]);
        assert_eq!([huber.value(2.0, 0.5), huber.value(-4.0, 0.0)], [1.125, 4.875]);
    }
}
