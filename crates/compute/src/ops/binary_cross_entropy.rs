//! Binary cross-entropy of logits (PyTorch's `functional.binary_cross_entropy_with_logits`), with a
//! weight for each row.
//!
//! Shapes: logits `x [N, F]`, targets `y [N, F]` from 0 to 1, with any leading shape of N rows; weights
//! `w [N]`, loss `[1]`, in nats. With `w = 1 / (N·F)` the loss is PyTorch's mean, with 1 its sum. The
//! targets' gradient is not computed.
//!
//! 1. Forward: `l[n] = Σ_f −y ln σ(x) − (1 − y) ln(1 − σ(x))`, computed without ever taking the logarithm
//!    of a rounded σ, as `max(x, 0) − x·y + ln(1 + e^−|x|)`; `loss = Σ_n w[n] · l[n]`.
//! 2. Backward: `dx[n, f] += dloss · w[n] · (σ(x[n, f]) − y[n, f])`.

use super::elementwise_loss::elementwise;
use super::row_loss::LossOutput;
use crate::ComputeError;
use crate::backend::{Backend, ElementwiseLoss};
use crate::tape::{Recorder, Var};

/// Records the binary cross-entropy of `logits`.
///
/// # Errors
/// If the targets' shape is another, there is not one weight for each row, one of them is packed in
/// another way, or there is nothing to compare.
pub fn binary_cross_entropy<B: Backend>(
    recorder: &mut Recorder<B>,
    logits: Var,
    targets: Var,
    weights: Var,
) -> Result<LossOutput, ComputeError> {
    let kind = ("binary cross-entropy", ElementwiseLoss::BinaryCrossEntropy);
    elementwise(recorder, kind, logits, targets, weights)
}
