//! Absolute error (PyTorch's `functional.l1_loss`), with a weight for each row.
//!
//! Shapes: prediction `x [N, F]`, targets `y [N, F]`, with any leading shape of N rows; weights `w [N]`,
//! loss `[1]`. With `w = 1 / (N·F)` the loss is PyTorch's mean, with 1 its sum. The targets' gradient is
//! not computed.
//!
//! 1. Forward: `l[n] = Σ_f |x[n, f] − y[n, f]|`, `loss = Σ_n w[n] · l[n]`.
//! 2. Backward: `dx[n, f] += dloss · w[n] · sign(x[n, f] − y[n, f])`, where `sign(0) = 0`.

use super::elementwise_loss::elementwise;
use super::row_loss::LossOutput;
use crate::ComputeError;
use crate::backend::{Backend, ElementwiseLoss};
use crate::tape::{Recorder, Var};

/// Records the absolute error of `prediction`.
///
/// # Errors
/// If the targets' shape is another, there is not one weight for each row, one of them is packed in
/// another way, or there is nothing to compare.
pub fn absolute_error<B: Backend>(
    recorder: &mut Recorder<B>,
    prediction: Var,
    targets: Var,
    weights: Var,
) -> Result<LossOutput, ComputeError> {
    let kind = ("absolute error", ElementwiseLoss::Absolute);
    elementwise(recorder, kind, prediction, targets, weights)
}
