//! Convolution of images (PyTorch's `nn.Conv2d`, with a dilation of 1 and one group; what is called
//! convolution in networks is a cross-correlation).
//!
//! Shapes: `x [N, C, H, W]`, `W [O, C, KH, KW]`, `b [O]`, `y [N, O, OH, OW]` with
//! `OH = ⌊(H + 2·padding − KH) / stride⌋ + 1` and OW alike.
//!
//! It is computed as a product over rows, one for each position `p = (n, oy, ox)` of the window. The row
//! `u[p]` holds what the window sees, C·KH·KW numbers, 0 for padding. `y'[p, o] = y[n, o, oy, ox]` is the
//! output with its channels last.
//!
//! 1. Forward: `y'[p] = u[p] · Wᵀ + b`.
//! 2. Backward: `db += Σ_p dy'[p]`.
//! 3. `dW += dy'ᵀ · u`.
//! 4. `du = dy' · W`, and each of its numbers is added to dx where u took it from.
//!
//! The rows are larger than the images, by KH·KW at a stride of 1. They are laid out a block of lines at a
//! time, and anew in the backward pass.

use super::Op;
use super::parts::part_multiply_adds;
use crate::backend::{At, Backend, ConvolutionLines, Gemm, Windows, Write};
use crate::tape::{
    Context, GradientScope, Gradients, PackedId, PackedUse, Recorder, Shape, Var, at_least_one, same_shape,
};
use crate::{ComputeError, ParameterId};

/// Numbers of u that are laid out at a time: 256 KiB in `f32`, which stay in the second-level cache.
const BLOCK_NUMBERS: usize = 1 << 16;
/// The same where kernels wait in a queue and a block is several of them: 64 MiB.
const QUEUED_BLOCK_NUMBERS: usize = 1 << 24;

/// How the kernel moves over the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvolutionConfig {
    /// From one window to the next, in both directions.
    pub stride: usize,
    /// Zeros on each side of the image.
    pub padding: usize,
}

impl Default for ConvolutionConfig {
    /// PyTorch's: a stride of 1, no padding.
    fn default() -> Self {
        Self { stride: 1, padding: 0 }
    }
}

struct Convolution<B: Backend> {
    windows: Windows,
    input: Var,
    weight: ParameterId,
    bias: Option<ParameterId>,
    output: Var,
    /// Wᵀ for (1).
    packed_forward: PackedId,
    /// W for (4).
    packed_backward: PackedId,
    /// u, or du, of a block.
    seen: Option<B::Buffer>,
    /// y', or dy', of a block.
    channels_last: Option<B::Buffer>,
}

/// Records the convolution of `[N, C, H, W]` with a weight of `weight_shape` `[O, C, KH, KW]`; the output is
/// `[N, O, OH, OW]`.
///
/// # Errors
/// If the weight does not take inputs of this many channels, the kernel is larger than the padded image, or a
/// size or the stride is zero.
pub fn convolution<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    (weight, weight_shape): (ParameterId, Shape),
    bias: Option<ParameterId>,
    config: ConvolutionConfig,
) -> Result<Var, ComputeError> {
    let op = "convolution";
    let [images, channels, height, width] = four_dims(op, "input", input)?;
    let &[outputs, _, kernel_height, kernel_width] = weight_shape.dims() else {
        return Err(ComputeError::Rank { op, what: "weight", expected: 4, found: weight_shape });
    };
    same_shape(op, "weight", [outputs, channels, kernel_height, kernel_width], weight_shape)?;
    at_least_one("channels of an output", outputs)?;
    let kernel = [kernel_height, kernel_width];
    let windows = Windows::new(op, [height, width], kernel, config.stride, config.padding)?;
    let seen = channels.saturating_mul(kernel_height).saturating_mul(kernel_width);
    let output = recorder.output([images, outputs, windows.positions[0], windows.positions[1]]);
    let packed = [PackedUse::Forward, PackedUse::Backward]
        .map(|purpose| recorder.packed_weight(weight, [outputs, seen], purpose));
    recorder.push(Convolution {
        windows,
        input,
        weight,
        bias,
        output,
        packed_forward: packed[0],
        packed_backward: packed[1],
        seen: None,
        channels_last: None,
    });
    Ok(output)
}

/// The sizes `[N, C, H, W]` of images, of which there is at least one with at least one channel.
pub(super) fn four_dims(
    op: &'static str,
    what: &'static str,
    images: Var,
) -> Result<[usize; 4], ComputeError> {
    let found = images.shape();
    let &[count, channels, height, width] = found.dims() else {
        return Err(ComputeError::Rank { op, what, expected: 4, found });
    };
    at_least_one("batch of images", count)?;
    at_least_one("channels of an image", channels)?;
    Ok([count, channels, height, width])
}

impl<B: Backend> Convolution<B> {
    fn inputs(&self) -> usize {
        self.input.shape().dims()[1]
    }

    fn outputs(&self) -> usize {
        self.output.shape().dims()[1]
    }

    /// Numbers of a row of u, C·KH·KW.
    fn seen_len(&self) -> usize {
        let [height, width] = self.windows.kernel;
        self.inputs().saturating_mul(height).saturating_mul(width)
    }

    /// Lines of the output in all, N·OH.
    fn lines(&self) -> usize {
        self.output.shape().dims()[0].saturating_mul(self.windows.positions[0])
    }

    /// Lines of a block, which is also a part. Follows from sizes alone, so that every run adds in the same
    /// order.
    fn lines_per_part(&self) -> usize {
        let line = self.windows.positions[1].saturating_mul(self.seen_len());
        let block = if B::IS_QUEUED { QUEUED_BLOCK_NUMBERS } else { BLOCK_NUMBERS };
        let by_memory = block / line;
        // Half a part, because the backward pass has three products.
        let by_time = part_multiply_adds::<B>() / 2 / line.saturating_mul(self.outputs());
        by_memory.min(by_time).clamp(1, self.lines())
    }

    fn parts(&self) -> usize {
        self.lines().div_ceil(self.lines_per_part())
    }

    fn part(&self, part: usize) -> ConvolutionLines {
        let (windows, inputs, outputs) = (self.windows, self.inputs(), self.outputs());
        let first = part * self.lines_per_part();
        let count = self.lines_per_part().min(self.lines() - first);
        ConvolutionLines { windows, inputs, outputs, first, count }
    }

    /// Numbers of u and of y' for a block.
    fn block_numbers(&self) -> [u64; 2] {
        let rows = (self.lines_per_part() as u64).saturating_mul(self.windows.positions[1] as u64);
        [self.seen_len(), self.outputs()].map(|width| rows.saturating_mul(width as u64))
    }
}

impl<B: Backend> Op<B> for Convolution<B> {
    fn scratch_numbers(&self, _gradients: Gradients) -> u64 {
        self.block_numbers().into_iter().fold(0, u64::saturating_add)
    }

    fn allocate(&mut self, backend: &B, _gradients: Gradients) {
        let [seen, channels_last] = self.block_numbers().map(|numbers| backend.zeros(numbers as usize));
        (self.seen, self.channels_last) = (Some(seen), Some(channels_last));
    }

    fn forward_parts(&self) -> usize {
        self.parts()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let (lines, seen_len, backend) = (self.part(part), self.seen_len(), context.backend);
        let gemm = Gemm { m: lines.count * self.windows.positions[1], k: seen_len, n: lines.outputs };
        if part == 0 {
            context.packed.refresh(self.packed_forward, backend, context.parameters);
        }
        let (Some(seen), Some(rows)) = (&mut self.seen, &mut self.channels_last) else { return };
        // (1)
        backend.unfold(lines, context.values.at(self.input), seen);
        let write = match self.bias {
            Some(bias) => {
                backend.fill_rows(context.parameters.value(bias), At(rows, 0), gemm.m, gemm.n);
                Write::Accumulate
            }
            None => Write::Overwrite,
        };
        backend.gemm(gemm, At(seen, 0), context.packed.get(self.packed_forward), At(rows, 0), write);
        backend.channels_first(lines, rows, context.values.at_mut(self.output));
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let (lines, seen_len, backend) = (self.part(part), self.seen_len(), context.backend);
        let positions = lines.count * self.windows.positions[1];
        if part == 0 {
            context.packed.refresh(self.packed_backward, backend, context.parameters);
        }
        let (Some(seen), Some(d_rows)) = (&mut self.seen, &mut self.channels_last) else { return };
        backend.channels_last(lines, context.gradients.at(self.output), d_rows);
        if context.scope == GradientScope::Everything {
            if let Some(bias) = self.bias {
                let d_bias = context.parameters.gradient_mut(bias);
                backend.sum_rows(At(d_rows, 0), d_bias, positions, lines.outputs); // (2)
            }
            backend.unfold(lines, context.values.at(self.input), seen);
            let gemm = Gemm { m: lines.outputs, k: positions, n: seen_len };
            let d_weight = context.parameters.gradient_mut(self.weight);
            backend.gemm_transposed(gemm, At(d_rows, 0), lines.outputs, 0, At(seen, 0), d_weight); // (3)
        }
        if !self.input.is_constant() {
            let gemm = Gemm { m: positions, k: lines.outputs, n: seen_len };
            let packed = context.packed.get(self.packed_backward);
            backend.gemm(gemm, At(d_rows, 0), packed, At(seen, 0), Write::Overwrite);
            backend.fold(lines, seen, context.gradients.at_mut(self.input)); // (4)
        }
    }
}
