//! Max pooling (PyTorch's `nn.MaxPool2d`).
//!
//! Shapes: `x [N, C, H, W]`, `y [N, C, OH, OW]` with `OH = ⌊(H + 2·padding − kernel) / stride⌋ + 1` and OW
//! alike. Padding is never the largest, whatever the numbers are.
//!
//! 1. Forward: `y[n, c, oy, ox]` is the largest number of the window at `(oy, ox)`.
//! 2. Backward: `dx` at that number's place `+= dy[n, c, oy, ox]`; of equal numbers at the first, line by line.
//!
//! The place is searched for again in the backward pass, which costs as much as the forward pass and no
//! memory.

use super::Op;
use super::convolution::four_dims;
use super::parts::RowParts;
use crate::ComputeError;
use crate::backend::{Backend, ImagePoolDims, Windows};
use crate::tape::{Context, GradientScope, Recorder, Var};

/// Multiply-adds that take as long as one comparison.
const COMPARISON_COST: usize = 32;

/// A square window and how it moves over the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPoolConfig {
    /// Height and width of the window.
    pub kernel: usize,
    /// From one window to the next, in both directions.
    pub stride: usize,
    /// Padding on each side of the image, at most half the kernel.
    pub padding: usize,
}

impl MaxPoolConfig {
    /// Windows side by side and no padding, PyTorch's default.
    #[must_use]
    pub fn of_kernel(kernel: usize) -> Self {
        Self { kernel, stride: kernel, padding: 0 }
    }
}

struct MaxPool {
    windows: Windows,
    input: Var,
    output: Var,
}

/// Records max pooling of `[N, C, H, W]` to `[N, C, OH, OW]`.
///
/// # Errors
/// If the kernel is larger than the padded image, the padding is more than half the kernel, or a size or the
/// stride is zero.
pub fn max_pool<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    config: MaxPoolConfig,
) -> Result<Var, ComputeError> {
    let op = "max pooling";
    let [images, channels, height, width] = four_dims(op, "input", input)?;
    let MaxPoolConfig { kernel, stride, padding } = config;
    let windows = Windows::new(op, [height, width], [kernel, kernel], stride, padding)?;
    if padding > kernel / 2 {
        return Err(ComputeError::Padding { op, largest: kernel / 2, found: padding });
    }
    let output = recorder.output([images, channels, windows.positions[0], windows.positions[1]]);
    recorder.push(MaxPool { windows, input, output });
    Ok(output)
}

impl MaxPool {
    fn parts<B: Backend>(&self) -> RowParts {
        let [images, channels, height, width] = [0, 1, 2, 3].map(|axis| self.output.shape().dims()[axis]);
        let [kernel_height, kernel_width] = self.windows.kernel;
        let cost = [height, width, kernel_height, kernel_width, COMPARISON_COST];
        RowParts::new::<B>(images.saturating_mul(channels), cost.into_iter().fold(1, usize::saturating_mul))
    }

    fn dims<B: Backend>(&self, part: usize) -> ImagePoolDims {
        let range = self.parts::<B>().range(part);
        ImagePoolDims { windows: self.windows, first: range.start, count: range.len() }
    }
}

impl<B: Backend> Op<B> for MaxPool {
    fn forward_parts(&self) -> usize {
        self.parts::<B>().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let [x, y] = context.values.many_mut([self.input, self.output]);
        context.backend.max_pool_forward(self.dims::<B>(part), self.input.at(x), self.output.at(y)); // (1)
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts::<B>().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let x = context.values.at(self.input);
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
        context.backend.max_pool_backward(self.dims::<B>(part), x, d_y, d_x); // (2)
    }
}
