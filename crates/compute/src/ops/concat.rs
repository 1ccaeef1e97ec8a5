//! Tensors joined along the last dimension (PyTorch's `torch.cat` with `dim=-1`): the two directions of a
//! recurrent layer, or a state beside what attention found.
//!
//! Shapes: `x_i [N, W_i]` with one leading shape of N rows, `y [N, Σ W_i]`.
//!
//! 1. Forward: `y[n] = (x_1[n], x_2[n], …)`.
//! 2. Backward: `dx_i += dy[:, W_1 + … + W_(i−1) …]`.

use super::Op;
use crate::ComputeError;
use crate::backend::{At, Backend, ColumnBlock, Write};
use crate::tape::{Context, Recorder, Var, same_packing, same_shape};

struct Concat {
    inputs: Vec<Var>,
    output: Var,
}

/// Records the inputs side by side; the output is packed as they are.
///
/// # Errors
/// If there is no input, their rows are not of one leading shape, or one is packed otherwise than the
/// first.
pub fn concat<B: Backend>(recorder: &mut Recorder<B>, inputs: &[Var]) -> Result<Var, ComputeError> {
    let Some(&first) = inputs.first() else {
        return Err(ComputeError::ZeroSize { what: "number of tensors to be joined" });
    };
    let mut width = 0_usize;
    for &input in inputs {
        same_shape("concat", "input", first.shape().with_width(input.shape().width()), input.shape())?;
        same_packing("concat", "input", first.packing(), input.packing())?;
        width = width.saturating_add(input.shape().width());
    }
    let output = recorder.output_like(first, width);
    recorder.push(Concat { inputs: inputs.to_vec(), output });
    Ok(output)
}

impl Concat {
    /// Each input with the column of the output where it begins.
    fn places(&self) -> impl Iterator<Item = (Var, usize)> + '_ {
        self.inputs.iter().scan(0, |column, &input| {
            let first = *column;
            *column += input.shape().width();
            Some((input, first))
        })
    }
}

impl<B: Backend> Op<B> for Concat {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (rows, target_stride) = (context.rows(self.output), self.output.shape().width());
        for (input, column) in self.places() {
            let width = input.shape().width();
            let block = ColumnBlock { rows, width, source_stride: width, target_stride };
            let [x, y] = context.values.many_mut([input, self.output]);
            let y = At(y, self.output.start() + column);
            context.backend.move_columns(block, input.at(&*x), y, Write::Overwrite); // (1)
        }
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (rows, source_stride) = (context.rows(self.output), self.output.shape().width());
        for (input, column) in self.places().filter(|(input, _)| !input.is_constant()) {
            let width = input.shape().width();
            let block = ColumnBlock { rows, width, source_stride, target_stride: width };
            let [d_x, d_y] = context.gradients.many_mut([input, self.output]);
            let d_y = At(&*d_y, self.output.start() + column);
            context.backend.move_columns(block, d_y, input.at(d_x), Write::Accumulate); // (2)
        }
    }
}
