//! Layer norm over the last dimension (Ba, Kiros and Hinton, 2016; PyTorch's `nn.LayerNorm`).
//!
//! Shapes: `x` and `y [N, H]`, with any leading shape of N rows; scale γ and shift β `[H]`.
//!
//! 1. Forward, for each row: `μ = Σ_j x[j] / H`, `v = Σ_j (x[j] − μ)² / H`.
//! 2. `x̂ = (x − μ) · r` with `r = 1 / √(v + ε)`, `y = x̂ ⊙ γ + β`.
//! 3. Backward: `dx += r · (g − mean(g) − x̂ · mean(g ⊙ x̂))` with `g = dy ⊙ γ` and means over the row.
//! 4. `dγ += Σ_n dy[n] ⊙ x̂[n]`, `dβ += Σ_n dy[n]`.

use super::Op;
use super::scratch::Scratch;
use crate::backend::{AffineAxis, Backend, Moments, NormDims};
use crate::tape::{Context, GradientScope, Gradients, Recorder, Shape, Var, at_least_one, same_shape};
use crate::{ComputeError, ParameterId, ParameterList, ParameterRole};

/// The constants of a layer norm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LayerNorm {
    /// ε, added to the variance.
    pub epsilon: f64,
}

impl Default for LayerNorm {
    /// PyTorch's.
    fn default() -> Self {
        Self { epsilon: 1e-5 }
    }
}

/// The parameters of a layer norm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerNormWeights {
    /// γ, `[H]`.
    pub scale: ParameterId,
    /// β, `[H]`.
    pub shift: ParameterId,
    /// H.
    pub width: usize,
}

impl LayerNormWeights {
    /// Declares `{name}.weight` and `{name}.bias` for rows of `width` numbers.
    pub fn declare(list: &mut ParameterList, name: &str, width: usize) -> Self {
        Self {
            scale: list.declare(format!("{name}.weight"), [width], ParameterRole::NormScale),
            shift: list.declare(format!("{name}.bias"), [width], ParameterRole::NormShift),
            width,
        }
    }
}

struct LayerNormOp<B: Backend> {
    weights: LayerNormWeights,
    epsilon: f64,
    input: Var,
    output: Var,
    /// μ and v of each row.
    moments: Scratch<[B::Buffer; 2]>,
}

/// Records a layer norm of each row; the output is packed as the input is.
///
/// # Errors
/// If the weights are not those of rows of this width, a row holds no number, or ε is negative or not
/// a number.
pub fn layer_norm<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    weights: LayerNormWeights,
    LayerNorm { epsilon }: LayerNorm,
) -> Result<Var, ComputeError> {
    let width = at_least_one("width of a layer norm", input.shape().width())?;
    same_shape("layer norm", "scale", [width], Shape::from([weights.width]))?;
    check_epsilon(epsilon)?;
    let output = recorder.output_like(input, width);
    recorder.push(LayerNormOp { weights, epsilon, input, output, moments: Scratch::new() });
    Ok(output)
}

/// Checks that an ε can be added to a variance.
pub(super) fn check_epsilon(epsilon: f64) -> Result<(), ComputeError> {
    if epsilon.is_finite() && epsilon >= 0.0 {
        return Ok(());
    }
    let (what, expected) = ("epsilon of a norm", "finite and at least 0");
    Err(ComputeError::Constant { what, expected, found: epsilon.to_string() })
}

impl<B: Backend> LayerNormOp<B> {
    fn dims(&self, context: &Context<'_, B>) -> NormDims {
        let (groups, inner) = (context.rows(self.input), self.weights.width);
        NormDims { outer: 1, groups, inner, affine: AffineAxis::Inner, epsilon: self.epsilon }
    }
}

impl<B: Backend> Op<B> for LayerNormOp<B> {
    fn scratch_numbers(&self, _gradients: Gradients) -> u64 {
        (self.input.shape().rows() as u64).saturating_mul(2)
    }

    fn allocate(&mut self, backend: &B, _gradients: Gradients) {
        let rows = self.input.shape().rows();
        self.moments.set([backend.zeros(rows), backend.zeros(rows)]);
    }

    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let dims = self.dims(context);
        let [mean, variance] = self.moments.get_mut();
        let [scale, shift] = [self.weights.scale, self.weights.shift].map(|id| context.parameters.value(id));
        let [x, y] = context.values.many_mut([self.input, self.output]);
        context.backend.moments(dims, self.input.at(&*x), mean, variance); // (1)
        let (x, y) = (self.input.at(&*x), self.output.at(y));
        context.backend.normalise(dims, x, Moments { mean, variance }, scale, shift, y); // (2)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let dims = self.dims(context);
        let [mean, variance] = self.moments.get();
        let LayerNormWeights { scale, shift, .. } = self.weights;
        let backend = context.backend;
        if !self.input.is_constant() {
            let scale = context.parameters.value(scale);
            let x = context.values.at(self.input);
            let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
            let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
            backend.normalise_backward(dims, x, Moments { mean, variance }, scale, d_y, d_x); // (3)
        }
        if context.scope == GradientScope::Everything {
            let x = context.values.at(self.input);
            let d_scale = context.parameters.gradient_mut(scale);
            let d_y = context.gradients.at(self.output);
            backend.scale_gradient(dims, x, Moments { mean, variance }, d_y, d_scale); // (4)
            let d_shift = context.parameters.gradient_mut(shift);
            backend.shift_gradient(dims, context.gradients.at(self.output), d_shift); // (4)
        }
    }
}
