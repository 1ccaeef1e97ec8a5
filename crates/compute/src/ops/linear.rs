//! Linear layer (PyTorch's `nn.Linear`).
//!
//! Shapes: `x [N, I]`, `W [O, I]`, `b [O]`, `y [N, O]`, with any leading shape of N rows.
//!
//! 1. Forward: `y = x · Wᵀ + b`.
//! 2. Backward: `dx += dy · W`; `dW += dyᵀ · x`.
//! 3. `db += Σ_n dy[n]`.

use super::Op;
use super::projection::{RowBias, RowProjection};
use crate::backend::Backend;
use crate::tape::{Context, GradientScope, Recorder, Shape, Var, same_shape};
use crate::{ComputeError, ParameterId};

struct Linear {
    output: Var,
    bias: Option<ParameterId>,
    projection: RowProjection,
}

/// Records `x · Wᵀ + b`. `weight_shape` is `[O, I]`; the output has the input's shape with O for I.
///
/// # Errors
/// If the weight does not take inputs of this width.
pub fn linear<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    (weight, weight_shape): (ParameterId, Shape),
    bias: impl Into<Option<ParameterId>>,
) -> Result<Var, ComputeError> {
    let outputs = weight_shape.rows();
    same_shape("linear", "weight", [outputs, input.shape().width()], weight_shape)?;
    let output = recorder.output_like(input, outputs);
    let projection = RowProjection::new(recorder, input, (weight, weight_shape), output);
    recorder.push(Linear { output, bias: bias.into(), projection });
    Ok(output)
}

impl<B: Backend> Op<B> for Linear {
    fn forward_parts(&self) -> usize {
        self.projection.forward_parts::<B>()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        self.projection.forward(part, self.bias.map(RowBias::Parameter), context); // (1)
    }

    /// (3), then the parts of (2).
    fn backward_parts(&self, scope: GradientScope) -> usize {
        1 + self.projection.backward_parts::<B>(scope)
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        if part > 0 {
            return self.projection.backward(part - 1, context); // (2)
        }
        if let (Some(bias), GradientScope::Everything) = (self.bias, context.scope) {
            let (rows, width) = (context.rows(self.output), self.output.shape().width());
            let d_bias = context.parameters.gradient_mut(bias);
            context.backend.sum_rows(context.gradients.at(self.output), d_bias, rows, width); // (3)
        }
    }
}
