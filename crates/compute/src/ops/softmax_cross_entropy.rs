//! Softmax and cross-entropy in one (PyTorch's `functional.cross_entropy` with `ignore_index` and
//! `label_smoothing`), with a weight for each row.
//!
//! Shapes: `logits z [N, V]` with any leading shape of N rows, `targets c [N]`, weights `w [N]`, target
//! distribution `y [N, V]`, probabilities `p [N, V]`, row losses `l [N]`, loss `[1]`.
//!
//! 1. Forward: `p[n] = softmax(z[n])`.
//! 2. `y[n, j] = (1 − ε) [j = c[n]] + ε/V`, `l[n] = Σ_j −y[n, j] ln p[n, j]`, in nats; 0 where `c[n]` is the
//!    ignored class. `loss = Σ_n w[n] · l[n]`.
//! 3. Backward: `dz[n] += dloss · w[n] · (p[n] − y[n])`; nothing where `c[n]` is the ignored class.
//!
//! ε smooths the labels (Szegedy et al., 2016, “Rethinking the Inception Architecture”). A row is left
//! out in two ways: a weight of 0, or the ignored class as its target. PyTorch's mean is over the rows
//! that are not ignored: weights of 1 over their number, which [`mean_weights`] gives.

use super::Op;
use super::parts::RowParts;
use super::row_loss::WeightedRows;
use crate::backend::{At, Backend, CrossEntropyRows};
use crate::tape::{
    Context, GradientScope, IndexVar, Recorder, Shape, Var, at_least_one, same_packing, same_shape,
};
use crate::{ComputeError, Real};

/// What a logit costs, in multiply-adds of a product.
const LOGIT_COST: usize = 60;

/// How targets are read.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CrossEntropyConfig {
    /// ε, 0 to 1: the part of a target that is spread evenly over all classes. 0, PyTorch's default, for
    /// none.
    pub label_smoothing: f64,
    /// The target of rows that have no loss, such as padding: a class, or V, one past the classes, if
    /// the targets are recorded as indices into V + 1. PyTorch's default of −100 is no index; the
    /// default here is that every row counts.
    pub ignore_index: Option<u32>,
}

/// The tensors of a recorded softmax cross-entropy.
#[derive(Debug, Clone, Copy)]
pub struct CrossEntropyOutput {
    /// `[1]`, in nats.
    pub loss: Var,
    /// The loss of each row before its weight, `[…, 1]`, in nats; its gradient is not used.
    pub row_losses: Var,
    /// `[…, V]`, written by the forward pass; its gradient is not used.
    pub probabilities: Var,
}

/// The weights that make the loss PyTorch's mean: 1 over the number of targets that are not ignored, and
/// 0 for the others. All are 0, and the loss is, if every target is ignored (PyTorch's is then NaN).
#[must_use]
pub fn mean_weights<R: Real>(targets: &[u32], ignore_index: Option<u32>) -> Vec<R> {
    let counts = |target: u32| Some(target) != ignore_index;
    let count = targets.iter().filter(|&&target| counts(target)).count();
    let weight = R::from_f64(1.0 / count.max(1) as f64);
    targets.iter().map(|&target| if counts(target) { weight } else { R::ZERO }).collect()
}

struct SoftmaxCrossEntropy {
    logits: Var,
    targets: IndexVar,
    config: CrossEntropyConfig,
    rows: WeightedRows,
    probabilities: Var,
}

/// Records the loss of `logits` against `targets`.
///
/// # Errors
/// If there is not one target below V and one weight for each row of logits, targets or weights are
/// packed in another way than the logits, there are no logits, ε is outside 0 to 1, or the ignored class
/// is above V.
pub fn softmax_cross_entropy<B: Backend>(
    recorder: &mut Recorder<B>,
    logits: Var,
    targets: IndexVar,
    weights: Var,
    config: CrossEntropyConfig,
) -> Result<CrossEntropyOutput, ComputeError> {
    let op = "softmax cross-entropy";
    let (rows, width) = (logits.shape().rows(), logits.shape().width());
    at_least_one("classes", width)?;
    let CrossEntropyConfig { label_smoothing, ignore_index } = config;
    if !(0.0..=1.0).contains(&label_smoothing) {
        let (what, expected) = ("label smoothing", "0 to 1");
        return Err(ComputeError::Constant { what, expected, found: label_smoothing.to_string() });
    }
    let classes = match ignore_index {
        Some(found) if found as usize > width => {
            return Err(ComputeError::Index { what: "ignored class", size: width.saturating_add(1), found });
        }
        Some(ignored) => width.max(ignored as usize + 1),
        None => width,
    };
    let targets_shape = Shape::from([targets.len(), targets.table_size()]);
    same_shape(op, "targets (count, classes)", [rows, classes], targets_shape)?;
    same_packing(op, "targets", logits.packing(), targets.packing())?;
    let row_losses = recorder.intermediate_like(logits, 1);
    let rows = WeightedRows::record(recorder, op, row_losses, weights)?;
    let probabilities = recorder.intermediate_like(logits, width);
    recorder.push(SoftmaxCrossEntropy { logits, targets, config, rows, probabilities });
    Ok(CrossEntropyOutput { loss: rows.output.loss, row_losses, probabilities })
}

impl SoftmaxCrossEntropy {
    fn parts<B: Backend>(&self) -> RowParts {
        let shape = self.logits.shape();
        RowParts::new::<B>(shape.rows(), shape.width().saturating_mul(LOGIT_COST))
    }

    fn extent<B: Backend>(&self, part: usize, rows: usize) -> CrossEntropyRows {
        let CrossEntropyConfig { label_smoothing, ignore_index: ignored } = self.config;
        let range = self.parts::<B>().range_within(part, rows);
        let width = self.logits.shape().width();
        CrossEntropyRows { first: range.start, rows: range.len(), width, label_smoothing, ignored }
    }
}

impl<B: Backend> Op<B> for SoftmaxCrossEntropy {
    fn forward_parts(&self) -> usize {
        self.parts::<B>().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let rows = context.rows(self.logits);
        let (extent, targets) =
            (self.extent::<B>(part, rows), At(&context.indices[self.targets.id()], self.targets.start()));
        let [z, p, l] =
            context.values.many_mut([self.logits, self.probabilities, self.rows.output.row_losses]);
        context.backend.softmax_cross_entropy_forward(extent, self.logits.at(&*z), targets, p, l); // (1), (2)
        if part + 1 == self.parts::<B>().count() {
            self.rows.sum(context, rows); // (2)
        }
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts::<B>().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        if self.logits.is_constant() {
            return;
        }
        let extent = self.extent::<B>(part, context.rows(self.logits));
        let targets = At(&context.indices[self.targets.id()], self.targets.start());
        let p = context.values.at(self.probabilities).0;
        let w = context.values.at(self.rows.weights);
        let [d_z, d_loss] = context.gradients.many_mut([self.logits, self.rows.output.loss]);
        let (d_z, d_loss) = (self.logits.at(d_z), self.rows.output.loss.at(&*d_loss));
        context.backend.softmax_cross_entropy_backward(extent, p, targets, w, d_loss, d_z); // (3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_weights_leave_out_what_is_ignored() {
        assert_eq!(mean_weights::<f64>(&[2, 0, 1, 0], Some(0)), [0.5, 0.0, 0.5, 0.0]);
        assert_eq!(mean_weights::<f32>(&[2, 0, 1, 0], None), [0.25; 4]);
        assert_eq!(mean_weights::<f32>(&[7, 7], Some(7)), [0.0; 2]);
    }
}
