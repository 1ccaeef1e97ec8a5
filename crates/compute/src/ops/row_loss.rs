//! What the losses share: each has a loss for every row (or sequence), and the sum of these under
//! weights that are written from outside.
//!
//! Shapes: row losses `l [N]`, weights `w [N]`, loss `[1]`. With `w = 1/N` the loss is the mean over rows;
//! a weight of 0 leaves a row out, whatever its numbers are.
//!
//! 1. `loss = Σ_n w[n] · l[n]`.

use crate::ComputeError;
use crate::backend::Backend;
use crate::tape::{Context, Recorder, Var, at_least_one, same_packing, same_shape};

/// The tensors of a recorded loss.
#[derive(Debug, Clone, Copy)]
pub struct LossOutput {
    /// `[1]`.
    pub loss: Var,
    /// The loss of each row before its weight, `[…, 1]`; its gradient is not used.
    pub row_losses: Var,
}

/// (1), and the rows that it sums.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightedRows {
    pub(super) weights: Var,
    pub(super) output: LossOutput,
}

impl WeightedRows {
    /// `row_losses` is what the op computes, packed like its input.
    ///
    /// # Errors
    /// If there are no rows, or not one weight for each, packed alike.
    pub(super) fn record<B: Backend>(
        recorder: &mut Recorder<B>,
        op: &'static str,
        row_losses: Var,
        weights: Var,
    ) -> Result<Self, ComputeError> {
        let rows = at_least_one("rows of a loss", row_losses.shape().len())?;
        if weights.shape().len() != rows {
            same_shape(op, "weights", [rows], weights.shape())?;
        }
        same_packing(op, "weights", row_losses.packing(), weights.packing())?;
        Ok(Self { weights, output: LossOutput { loss: recorder.output([1]), row_losses } })
    }

    /// (1), over the first `rows` rows.
    pub(super) fn sum<B: Backend>(&self, context: &mut Context<'_, B>, rows: usize) {
        let LossOutput { loss, row_losses } = self.output;
        let [w, l, sum] = context.values.many_mut([self.weights, row_losses, loss]);
        context.backend.weighted_sum(self.weights.at(&*w), row_losses.at(&*l), loss.at(sum), rows);
    }
}
