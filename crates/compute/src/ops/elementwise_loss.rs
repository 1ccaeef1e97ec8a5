//! What the losses share that compare numbers with numbers: each op has its equations in its own file,
//! and is one [`ElementwiseLoss`] summed over the rows of its prediction.

use super::Op;
use super::parts::RowParts;
use super::row_loss::{LossOutput, WeightedRows};
use crate::ComputeError;
use crate::backend::{Backend, ElementwiseLoss, LossRows};
use crate::tape::{Context, GradientScope, Recorder, Var, at_least_one, same_packing, same_shape};

/// What a number costs, in multiply-adds of a product: exponential and logarithm are scalar.
const ELEMENT_COST: usize = 400;

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
    fn parts<B: Backend>(&self) -> RowParts {
        RowParts::new::<B>(self.prediction.shape().rows(), self.width().saturating_mul(ELEMENT_COST))
    }

    fn width(&self) -> usize {
        self.prediction.shape().width()
    }

    fn extent<B: Backend>(&self, part: usize, rows: usize) -> LossRows {
        let range = self.parts::<B>().range_within(part, rows);
        LossRows { first: range.start, rows: range.len(), width: self.width() }
    }
}

impl<B: Backend> Op<B> for Elementwise {
    fn forward_parts(&self) -> usize {
        self.parts::<B>().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let rows = context.rows(self.prediction);
        let extent = self.extent::<B>(part, rows);
        let [x, y, l] = context.values.many_mut([self.prediction, self.targets, self.rows.output.row_losses]);
        let (x, y) = (self.prediction.at(&*x), self.targets.at(&*y));
        context.backend.elementwise_loss_forward(self.kind, extent, x, y, l);
        if part + 1 == self.parts::<B>().count() {
            self.rows.sum(context, rows);
        }
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts::<B>().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        if self.prediction.is_constant() {
            return;
        }
        let extent = self.extent::<B>(part, context.rows(self.prediction));
        let (x, y) = (context.values.at(self.prediction), context.values.at(self.targets));
        let w = context.values.at(self.rows.weights);
        let [d_x, d_loss] = context.gradients.many_mut([self.prediction, self.rows.output.loss]);
        let (d_x, d_loss) = (self.prediction.at(d_x), self.rows.output.loss.at(&*d_loss));
        context.backend.elementwise_loss_backward(self.kind, extent, x, y, w, d_loss, d_x);
    }
}
