//! Huber's loss (Huber, 1964; PyTorch's `functional.huber_loss`): quadratic near the target, linear
//! beyond a distance of δ, so that outliers pull less. With a weight for each row.
//!
//! Shapes: prediction `x [N, F]`, targets `y [N, F]`, with any leading shape of N rows; weights `w [N]`,
//! loss `[1]`. With `w = 1 / (N·F)` the loss is PyTorch's mean, with 1 its sum. The targets' gradient is
//! not computed.
//!
//! With `e = x − y`:
//! 1. Forward: `l[n] = Σ_f { e²/2 where |e| ≤ δ; δ (|e| − δ/2) elsewhere }`, `loss = Σ_n w[n] · l[n]`.
//! 2. Backward: `dx[n, f] += dloss · w[n] · { e where |e| ≤ δ; δ · sign(e) elsewhere }`.

use super::elementwise_loss::elementwise;
use super::row_loss::LossOutput;
use crate::ComputeError;
use crate::backend::{Backend, ElementwiseLoss};
use crate::tape::{Recorder, Var};

/// Where Huber's loss turns from quadratic to linear.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HuberConfig {
    /// δ, above 0.
    pub delta: f64,
}

impl Default for HuberConfig {
    /// PyTorch's default.
    fn default() -> Self {
        Self { delta: 1.0 }
    }
}

/// Records Huber's loss of `prediction`.
///
/// # Errors
/// If δ is not a number above 0, the targets' shape is another, there is not one weight for each row,
/// one of them is packed in another way, or there is nothing to compare.
pub fn huber<B: Backend>(
    recorder: &mut Recorder<B>,
    prediction: Var,
    targets: Var,
    weights: Var,
    HuberConfig { delta }: HuberConfig,
) -> Result<LossOutput, ComputeError> {
    if !(delta > 0.0 && delta.is_finite()) {
        let (what, expected) = ("Huber's δ", "finite and above 0");
        return Err(ComputeError::Constant { what, expected, found: delta.to_string() });
    }
    elementwise(recorder, ("Huber loss", ElementwiseLoss::Huber { delta }), prediction, targets, weights)
}
