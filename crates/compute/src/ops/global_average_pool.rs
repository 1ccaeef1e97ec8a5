//! The mean of each channel of each image (PyTorch's `nn.AdaptiveAvgPool2d(1)`, flattened).
//!
//! Shapes: `x [N, C, H, W]`, `y [N, C]`.
//!
//! 1. Forward: `y[n, c] = Σ_h Σ_w x[n, c, h, w] / (H·W)`.
//! 2. Backward: `dx[n, c, h, w] += dy[n, c] / (H·W)`.

use super::Op;
use super::convolution::four_dims;
use super::parts::RowParts;
use crate::ComputeError;
use crate::backend::{At, Backend};
use crate::tape::{Context, GradientScope, Recorder, Var, at_least_one};

/// Multiply-adds that take as long as one addition, of which each waits for the one before.
const ADDITION_COST: usize = 16;

struct GlobalAveragePool {
    input: Var,
    output: Var,
    /// H·W.
    size: usize,
}

/// Records the mean of each channel: `[N, C, H, W]` to `[N, C]`.
///
/// # Errors
/// If the input has no four dimensions or one of them is zero.
pub fn global_average_pool<B: Backend>(recorder: &mut Recorder<B>, input: Var) -> Result<Var, ComputeError> {
    let [images, channels, height, width] = four_dims("global average pooling", "input", input)?;
    let size = at_least_one("size of an image", height.saturating_mul(width))?;
    let output = recorder.output([images, channels]);
    recorder.push(GlobalAveragePool { input, output, size });
    Ok(output)
}

impl GlobalAveragePool {
    fn parts<B: Backend>(&self) -> RowParts {
        RowParts::new::<B>(self.output.shape().len(), self.size.saturating_mul(ADDITION_COST))
    }
}

impl<B: Backend> Op<B> for GlobalAveragePool {
    fn forward_parts(&self) -> usize {
        self.parts::<B>().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let range = self.parts::<B>().range(part);
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let x = At(&*x, self.input.start() + range.start * self.size);
        let y = At(y, self.output.start() + range.start);
        context.backend.plane_means(x, y, range.len(), self.size); // (1)
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts::<B>().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let range = self.parts::<B>().range(part);
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let d_x = At(d_x, self.input.start() + range.start * self.size);
        let d_y = At(&*d_y, self.output.start() + range.start);
        context.backend.plane_means_backward(d_y, d_x, range.len(), self.size); // (2)
    }
}
