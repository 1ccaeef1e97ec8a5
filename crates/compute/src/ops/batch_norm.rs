//! Batch norm over channels (Ioffe and Szegedy, 2015; PyTorch's `nn.BatchNorm1d` over `[N, C]` and
//! `[N, C, L]`, `nn.BatchNorm2d` over `[N, C, H, W]`).
//!
//! Shapes: `x` and `y [N, C, …]`; scale γ, shift β, running mean and running variance `[C]`. Each channel
//! has n numbers: N times what follows the channels.
//!
//! 1. Forward while training, for each channel: `μ = Σ x / n`, `v = Σ (x − μ)² / n`. Otherwise μ and v are
//!    the running ones.
//! 2. `x̂ = (x − μ) · r` with `r = 1 / √(v + ε)`, `y = x̂ · γ + β`.
//! 3. Running statistics: `μ_run += momentum · (μ − μ_run)`, `v_run += momentum · (v · n/(n−1) − v_run)`.
//! 4. Backward while training: `dx += r · (g − mean(g) − x̂ · mean(g · x̂))` with `g = dy · γ` and means over
//!    the channel. Otherwise `dx += r · g`.
//! 5. `dγ += Σ dy · x̂`, `dβ += Σ dy`.
//!
//! The running statistics move in the forward pass of a training step, once: a pass that is repeated for
//! the same step, to look at something, computes the same and leaves them as they are. A channel of one
//! number has no variance to learn from; then (3) is left out, where PyTorch refuses the batch.

use super::Op;
use super::layer_norm::check_epsilon;
use super::scratch::Scratch;
use crate::backend::{AffineAxis, At, Backend, Moments, NormDims};
use crate::tape::{
    Context, GradientScope, Gradients, Mode, Recorder, Shape, Var, at_least_one, not_packed, same_shape,
};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole, Parameters};

/// The constants of a batch norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// ε, added to the variance.
    pub epsilon: f64,
    /// The share of the newest batch in the running statistics.
    pub momentum: f64,
}

impl Default for BatchNorm {
    /// PyTorch's.
    fn default() -> Self {
        Self { epsilon: 1e-5, momentum: 0.1 }
    }
}

/// The parameters of a batch norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchNormWeights {
    /// γ, `[C]`.
    pub scale: ParameterId,
    /// β, `[C]`.
    pub shift: ParameterId,
    /// `[C]`.
    pub running_mean: ParameterId,
    /// `[C]`.
    pub running_variance: ParameterId,
    /// C.
    pub channels: usize,
}

impl BatchNormWeights {
    /// Declares `{name}.weight`, `.bias`, `.running_mean` and `.running_var`.
    pub fn declare(list: &mut ParameterList, name: &str, channels: usize) -> Self {
        let mut declare = |part: &str, role| list.declare(format!("{name}.{part}"), [channels], role);
        Self {
            scale: declare("weight", ParameterRole::NormScale),
            shift: declare("bias", ParameterRole::NormShift),
            running_mean: declare("running_mean", ParameterRole::RunningMean),
            running_variance: declare("running_var", ParameterRole::RunningVariance),
            channels,
        }
    }
}

struct BatchNormOp<B: Backend> {
    weights: BatchNormWeights,
    momentum: f64,
    dims: NormDims,
    input: Var,
    output: Var,
    /// μ and v of each channel, those that the last forward pass went by.
    moments: Scratch<[B::Buffer; 2]>,
    /// That of the last forward pass, whose statistics the backward pass needs.
    mode: Mode,
    /// The training step with which the running statistics last moved.
    moved: Option<Mode>,
}

/// Records a batch norm of each channel.
///
/// # Errors
/// If the input is packed or is not `[N, C, …]` with the weights' C, a size is zero, ε is negative, or the
/// momentum is not in `[0, 1]`.
pub fn batch_norm<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    weights: BatchNormWeights,
    BatchNorm { epsilon, momentum }: BatchNorm,
) -> Result<Var, ComputeError> {
    let op = "batch norm";
    not_packed(op, "input", input)?;
    let shape = input.shape();
    let [outer, channels, ref following @ ..] = *shape.dims() else {
        let expected = Shape::from([shape.len(), weights.channels]);
        return Err(ComputeError::Shape { op, what: "input", expected, found: shape });
    };
    same_shape(op, "scale", [channels], Shape::from([weights.channels]))?;
    let groups = at_least_one("number of channels", channels)?;
    let inner = following.iter().copied().fold(1, usize::saturating_mul);
    at_least_one("numbers of a channel", outer.saturating_mul(inner))?;
    check_epsilon(epsilon)?;
    if !(0.0..=1.0).contains(&momentum) {
        let (what, expected) = ("momentum of a batch norm", "0 to 1");
        return Err(ComputeError::Constant { what, expected, found: momentum.to_string() });
    }
    let dims = NormDims { outer, groups, inner, affine: AffineAxis::Group, epsilon };
    let output = recorder.output(input.shape());
    let (moments, mode, moved) = (Scratch::new(), Mode::Evaluation, None);
    recorder.push(BatchNormOp { weights, momentum, dims, input, output, moments, mode, moved });
    Ok(output)
}

impl<B: Backend> BatchNormOp<B> {
    /// (3), once a training step.
    fn move_running_statistics(&mut self, backend: &B, parameters: &mut Parameters<B>) {
        let count = (self.dims.outer * self.dims.inner) as f64;
        if self.moved == Some(self.mode) || count < 2.0 {
            return;
        }
        self.moved = Some(self.mode);
        let [mean, variance] = self.moments.get();
        let BatchNormWeights { running_mean, running_variance, channels, .. } = self.weights;
        let unbiased = count / (count - 1.0);
        for (id, found, factor) in [(running_mean, mean, 1.0), (running_variance, variance, unbiased)] {
            backend.move_average(self.momentum, factor, found, parameters.value_mut(id), channels);
        }
    }
}

impl<B: Backend> Op<B> for BatchNormOp<B> {
    fn scratch_numbers(&self, _gradients: Gradients) -> u64 {
        (self.weights.channels as u64).saturating_mul(2)
    }

    fn allocate(&mut self, backend: &B, _gradients: Gradients) {
        let channels = self.weights.channels;
        self.moments.set([backend.zeros(channels), backend.zeros(channels)]);
    }

    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (backend, dims) = (context.backend, self.dims);
        let BatchNormWeights { scale, shift, running_mean, running_variance, channels } = self.weights;
        self.mode = context.mode;
        let [mean, variance] = self.moments.get_mut();
        match self.mode {
            Mode::Training { .. } => {
                backend.moments(dims, context.values.at(self.input), mean, variance); // (1)
                self.move_running_statistics(backend, context.parameters); // (3)
            }
            Mode::Evaluation => {
                for (id, moment) in [(running_mean, mean), (running_variance, variance)] {
                    backend.copy(At(context.parameters.value(id), 0), At(moment, 0), channels); // (1)
                }
            }
        }
        let [mean, variance] = self.moments.get();
        let [scale, shift] = [scale, shift].map(|id| context.parameters.value(id));
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let (x, y) = (self.input.at(&*x), self.output.at(y));
        backend.normalise(dims, x, Moments { mean, variance }, scale, shift, y); // (2)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (backend, dims) = (context.backend, self.dims);
        let BatchNormWeights { scale, shift, .. } = self.weights;
        let [mean, variance] = self.moments.get();
        let x = context.values.at(self.input);
        if !self.input.is_constant() {
            let scale = context.parameters.value(scale);
            let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
            let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
            match self.mode {
                Mode::Training { .. } => {
                    let x = context.values.at(self.input);
                    backend.normalise_backward(dims, x, Moments { mean, variance }, scale, d_y, d_x); // (4)
                }
                Mode::Evaluation => backend.normalise_fixed_backward(dims, variance, scale, d_y, d_x), // (4)
            }
        }
        if context.scope == GradientScope::Everything {
            let d_scale = context.parameters.gradient_mut(scale);
            let d_y = context.gradients.at(self.output);
            backend.scale_gradient(dims, x, Moments { mean, variance }, d_y, d_scale); // (5)
            let d_shift = context.parameters.gradient_mut(shift);
            backend.shift_gradient(dims, context.gradients.at(self.output), d_shift); // (5)
        }
    }

    fn forget(&mut self) {
        self.moved = None;
    }
}
