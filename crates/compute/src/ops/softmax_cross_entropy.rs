//! Softmax and cross-entropy in one (PyTorch's `functional.cross_entropy`), with a weight for each
//! row.
//!
//! Shapes: `logits z [N, V]`, `targets c [N]`, weights `w [N]`, probabilities `p [N, V]`, loss `[1]`.
//! With `w = 1/N` the loss is the mean, PyTorch's default. A weight of 0 leaves a row out: padding,
//! or every step but the last.
//!
//! 1. Forward: `p[n] = softmax(z[n])`.
//! 2. `loss = Σ_n w[n] · −ln p[n, c[n]]`, in nats.
//! 3. Backward: `dz[n] += dloss · w[n] · (p[n] − onehot(c[n]))`.

use super::Op;
use crate::ComputeError;
use crate::backend::Backend;
use crate::tape::{Context, IndexVar, Recorder, Shape, Var, same_shape};

/// The tensors of a recorded softmax cross-entropy.
#[derive(Debug, Clone, Copy)]
pub struct CrossEntropyOutput {
    /// `[1]`, in nats.
    pub loss: Var,
    /// `[N, V]`, written by the forward pass.
    pub probabilities: Var,
}

struct SoftmaxCrossEntropy {
    logits: Var,
    targets: IndexVar,
    weights: Var,
    output: CrossEntropyOutput,
}

/// Records the loss of `logits` against `targets`.
///
/// # Errors
/// If there is not one target below V and one weight for each row of logits.
pub fn softmax_cross_entropy<B: Backend>(
    recorder: &mut Recorder<B>,
    logits: Var,
    targets: IndexVar,
    weights: Var,
) -> Result<CrossEntropyOutput, ComputeError> {
    let (rows, width) = (logits.shape().rows(), logits.shape().width());
    let targets_shape = Shape::from([targets.len(), targets.table_size()]);
    same_shape("softmax cross-entropy", "targets (count, classes)", [rows, width], targets_shape)?;
    same_shape("softmax cross-entropy", "weights", [rows], weights.shape())?;
    let output = CrossEntropyOutput {
        loss: recorder.output([1]),
        probabilities: recorder.intermediate([rows, width]),
    };
    recorder.push(SoftmaxCrossEntropy { logits, targets, weights, output });
    Ok(output)
}

impl<B: Backend> Op<B> for SoftmaxCrossEntropy {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (rows, width) = (self.logits.shape().rows(), self.logits.shape().width());
        let CrossEntropyOutput { loss, probabilities } = self.output;
        let targets = &context.indices[self.targets.id()];
        let [z, w, p, l] = context.values.many_mut([self.logits, self.weights, probabilities, loss]);
        let (z, w, l) = (self.logits.at(&*z), self.weights.at(&*w), loss.at(l));
        context.backend.softmax_cross_entropy_forward(z, targets, w, p, l, rows, width); // (1), (2)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (rows, width) = (self.logits.shape().rows(), self.logits.shape().width());
        let targets = &context.indices[self.targets.id()];
        let p = context.values.at(self.output.probabilities).0;
        let w = context.values.at(self.weights);
        let [d_z, d_loss] = context.gradients.many_mut([self.logits, self.output.loss]);
        let (d_z, d_loss) = (self.logits.at(d_z), self.output.loss.at(&*d_loss));
        context.backend.softmax_cross_entropy_backward(p, targets, w, d_loss, d_z, rows, width); // (3)
    }
}
