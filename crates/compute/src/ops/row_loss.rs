//! What the losses share: each has a loss for every row (or sequence), and the sum of these under
//! weights that are written from outside.
//!
//! Shapes: row losses `l [N]`, weights `w [N]`, loss `[1]`. With `w = 1/N` the loss is the mean over rows;
//! a weight of 0 leaves a row out, whatever its numbers are.
//!
//! 1. `loss = Σ_n w[n] · l[n]`.

use super::Op;
use super::parts::RowParts;
use crate::ComputeError;
use crate::backend::{Backend, ElementwiseLoss, LossRows};
use crate::tape::{Context, GradientScope, Recorder, Var, at_least_one, same_packing, same_shape};

/// What a number of an element-by-element loss costs, in multiply-adds of a product: exponential and
/// logarithm are scalar.
const ELEMENT_COST: usize = 400;

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

struct Elementwise {
    kind: ElementwiseLoss,
    prediction: Var,
    targets: Var,
    rows: WeightedRows,
}

/// Records a loss that compares `prediction` with `targets` number by number.
///
/// # Errors
/// If the targets have another shape or packing than the prediction, or as [`WeightedRows::record`].
pub(super) fn elementwise<B: Backend>(
    recorder: &mut Recorder<B>,
    (op, kind): (&'static str, ElementwiseLoss),
    prediction: Var,
    targets: Var,
    weights: Var,
) -> Result<LossOutput, ComputeError> {
    same_shape(op, "targets", prediction.shape(), targets.shape())?;
    same_packing(op, "targets", prediction.packing(), targets.packing())?;
    at_least_one("width of a prediction", prediction.shape().width())?;
    let row_losses = recorder.intermediate_like(prediction, 1);
    let rows = WeightedRows::record(recorder, op, row_losses, weights)?;
    recorder.push(Elementwise { kind, prediction, targets, rows });
    Ok(rows.output)
}

impl Elementwise {
    fn parts(&self) -> RowParts {
        RowParts::new(self.prediction.shape().rows(), self.width().saturating_mul(ELEMENT_COST))
    }

    fn width(&self) -> usize {
        self.prediction.shape().width()
    }

    fn extent(&self, part: usize, rows: usize) -> LossRows {
        let range = self.parts().range_within(part, rows);
        LossRows { first: range.start, rows: range.len(), width: self.width() }
    }
}

impl<B: Backend> Op<B> for Elementwise {
    fn forward_parts(&self) -> usize {
        self.parts().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let rows = context.rows(self.prediction);
        let extent = self.extent(part, rows);
        let [x, y, l] = context.values.many_mut([self.prediction, self.targets, self.rows.output.row_losses]);
        let (x, y) = (self.prediction.at(&*x), self.targets.at(&*y));
        context.backend.elementwise_loss_forward(self.kind, extent, x, y, l);
        if part + 1 == self.parts().count() {
            self.rows.sum(context, rows);
        }
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        if self.prediction.is_constant() {
            return;
        }
        let extent = self.extent(part, context.rows(self.prediction));
        let (x, y) = (context.values.at(self.prediction), context.values.at(self.targets));
        let w = context.values.at(self.rows.weights);
        let [d_x, d_loss] = context.gradients.many_mut([self.prediction, self.rows.output.loss]);
        let (d_x, d_loss) = (self.prediction.at(d_x), self.rows.output.loss.at(&*d_loss));
        context.backend.elementwise_loss_backward(self.kind, extent, x, y, w, d_loss, d_x);
    }
}
