//! A range of columns (PyTorch's `x[..., first:last]`). A range of rows needs no op: see [`Var::slice`].
//!
//! Shapes: `x [N, I]` with any leading shape of N rows, `y [N, W]`, first column f.
//!
//! 1. Forward: `y[n, j] = x[n, f + j]`.
//! 2. Backward: `dx[n, f + j] += dy[n, j]`.

use super::Op;
use crate::ComputeError;
use crate::backend::{At, Backend, ColumnBlock, Write};
use crate::tape::{Context, Recorder, Var, at_least_one, same_shape};
use std::ops::Range;

struct Slice {
    input: Var,
    first: usize,
    output: Var,
}

/// Records the columns `columns` of the input; the output is packed as the input is.
///
/// # Errors
/// If the range is empty or reaches past the last column.
pub fn slice<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    columns: Range<usize>,
) -> Result<Var, ComputeError> {
    let width = at_least_one("number of columns", columns.len())?;
    if columns.end > input.shape().width() {
        same_shape("slice", "input", input.shape().with_width(columns.end), input.shape())?;
    }
    let output = recorder.output_like(input, width);
    recorder.push(Slice { input, first: columns.start, output });
    Ok(output)
}

impl<B: Backend> Op<B> for Slice {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (rows, width) = (context.rows(self.output), self.output.shape().width());
        let source_stride = self.input.shape().width();
        let block = ColumnBlock { rows, width, source_stride, target_stride: width };
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let x = At(&*x, self.input.start() + self.first);
        context.backend.move_columns(block, x, self.output.at(y), Write::Overwrite); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if self.input.is_constant() {
            return;
        }
        let (rows, width) = (context.rows(self.output), self.output.shape().width());
        let target_stride = self.input.shape().width();
        let block = ColumnBlock { rows, width, source_stride: width, target_stride };
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let d_x = At(d_x, self.input.start() + self.first);
        context.backend.move_columns(block, self.output.at(&*d_y), d_x, Write::Accumulate); // (2)
    }
}
