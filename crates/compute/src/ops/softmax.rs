//! Softmax and its logarithm over the last dimension (PyTorch's `functional.softmax` and
//! `functional.log_softmax` with `dim=-1`).
//!
//! Shapes: `x` and `y [N, V]`, with any leading shape of N rows.
//!
//! 1. Softmax forward: `y[n, j] = e^x[n, j] / Σ_k e^x[n, k]`.
//! 2. Its logarithm: `y[n, j] = x[n, j] − ln Σ_k e^x[n, k]`.
//! 3. Softmax backward: `dx[n, j] += y[n, j] · (dy[n, j] − Σ_k dy[n, k] · y[n, k])`.
//! 4. Its logarithm: `dx[n, j] += dy[n, j] − e^y[n, j] · Σ_k dy[n, k]`.

use super::Op;
use crate::ComputeError;
use crate::backend::{Backend, SoftmaxKind};
use crate::tape::{Context, Recorder, Var, at_least_one};

struct SoftmaxOp {
    kind: SoftmaxKind,
    input: Var,
    output: Var,
}

/// Records a softmax of each row; the output is packed as the input is.
///
/// # Errors
/// If a row holds no number.
pub fn softmax<B: Backend>(recorder: &mut Recorder<B>, input: Var) -> Result<Var, ComputeError> {
    record(recorder, input, SoftmaxKind::Softmax)
}

/// Records the logarithm of a softmax of each row; the output is packed as the input is.
///
/// # Errors
/// If a row holds no number.
pub fn log_softmax<B: Backend>(recorder: &mut Recorder<B>, input: Var) -> Result<Var, ComputeError> {
    record(recorder, input, SoftmaxKind::LogSoftmax)
}

fn record<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    kind: SoftmaxKind,
) -> Result<Var, ComputeError> {
    let width = at_least_one("number of classes", input.shape().width())?;
    let output = recorder.output_like(input, width);
    recorder.push(SoftmaxOp { kind, input, output });
    Ok(output)
}

impl<B: Backend> Op<B> for SoftmaxOp {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (rows, width) = (context.rows(self.input), self.input.shape().width());
        let [x, y] = context.values.many_mut([self.input, self.output]);
        context.backend.softmax(self.kind, self.input.at(&*x), self.output.at(y), rows, width); // (1), (2)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if self.input.is_constant() {
            return;
        }
        let (rows, width) = (context.rows(self.input), self.input.shape().width());
        let y = context.values.at(self.output);
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
        context.backend.softmax_backward(self.kind, y, d_y, d_x, rows, width); // (3), (4)
    }
}
