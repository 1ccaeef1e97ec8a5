//! Squared error (PyTorch's `functional.mse_loss`), with a weight for each row.
//!
//! Shapes: prediction `x [N, F]`, targets `y [N, F]`, with any leading shape of N rows; weights `w [N]`,
//! loss `[1]`. With `w = 1 / (N·F)` the loss is PyTorch's mean, with 1 its sum. The targets' gradient is
//! not computed.
//!
//! 1. Forward: `l[n] = Σ_f (x[n, f] − y[n, f])²`, `loss = Σ_n w[n] · l[n]`.
//! 2. Backward: `dx[n, f] += dloss · w[n] · 2 (x[n, f] − y[n, f])`.

use super::elementwise_loss::elementwise;
use super::row_loss::LossOutput;
use crate::ComputeError;
use crate::backend::{Backend, ElementwiseLoss};
use crate::tape::{Recorder, Var};

/// Records the squared error of `prediction`.
///
/// # Errors
/// If the targets' shape is another, there is not one weight for each row, one of them is packed in
/// another way, or there is nothing to compare.
pub fn squared_error<B: Backend>(
    recorder: &mut Recorder<B>,
    prediction: Var,
    targets: Var,
    weights: Var,
) -> Result<LossOutput, ComputeError> {
    let kind = ("squared error", ElementwiseLoss::Squared);
    elementwise(recorder, kind, prediction, targets, weights)
}
