//! The mean of each channel of each image (PyTorch's `nn.AdaptiveAvgPool2d(1)`, flattened).
//!
//! Shapes: `x [N, C, H, W]`, `y [N, C]`.
//!
//! 1. Forward: `y[n, c] = Σ_h Σ_w x[n, c, h, w] / (H·W)`.
//! 2. Backward: `dx[n, c, h, w] += dy[n, c] / (H·W)`.

use super::Op;
use super::convolution::four_dims;
use crate::ComputeError;
use crate::backend::Backend;
use crate::tape::{Context, Recorder, Var, at_least_one};

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

impl<B: Backend> Op<B> for GlobalAveragePool {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let (x, y) = (self.input.at(&*x), self.output.at(y));
        context.backend.plane_means(x, y, self.output.shape().len(), self.size); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
        context.backend.plane_means_backward(d_y, d_x, self.output.shape().len(), self.size); // (2)
    }
}
