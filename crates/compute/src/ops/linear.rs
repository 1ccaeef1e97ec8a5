//! Linear layer (PyTorch's `nn.Linear`), also the input projections of a recurrent layer over all
//! time steps at once.
//!
//! Shapes: `x [N, I]`, `W [O, I]`, `b [O]`, `y [N, O]`, with any leading shape of N rows.
//!
//! 1. Forward: `y = x · Wᵀ + b`.
//! 2. Backward: `dx += dy · W`.
//! 3. `dW += dyᵀ · x`.
//! 4. `db += Σ_n dy[n]`.

use super::Op;
use super::packed::{PackedWeight, packed_numbers};
use super::parts::RowParts;
use crate::backend::{At, Backend, Gemm, Write};
use crate::tape::{Context, GradientScope, Gradients, Recorder, Shape, Var, same_shape};
use crate::{ComputeError, ParameterId};

struct Linear<B: Backend> {
    input: Var,
    weight: ParameterId,
    bias: ParameterId,
    output: Var,
    /// Wᵀ for (1).
    packed_forward: PackedWeight<B>,
    /// W for (2).
    packed_backward: PackedWeight<B>,
}

/// Records `x · Wᵀ + b`. `weight_shape` is `[O, I]`; the output has the input's shape with O for I.
///
/// # Errors
/// If the weight does not take inputs of this width.
pub fn linear<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    (weight, weight_shape): (ParameterId, Shape),
    bias: ParameterId,
) -> Result<Var, ComputeError> {
    let outputs = weight_shape.rows();
    same_shape("linear", "weight", [outputs, input.shape().width()], weight_shape)?;
    let output = recorder.output(input.shape().with_width(outputs));
    let packed_forward = PackedWeight::transposed(weight, outputs, weight_shape.width());
    let packed_backward = PackedWeight::plain(weight, outputs, weight_shape.width());
    recorder.push(Linear { input, weight, bias, output, packed_forward, packed_backward });
    Ok(output)
}

impl<B: Backend> Linear<B> {
    fn rows(&self) -> usize {
        self.input.shape().rows()
    }

    fn inputs(&self) -> usize {
        self.input.shape().width()
    }

    fn outputs(&self) -> usize {
        self.output.shape().width()
    }

    fn batch_parts(&self) -> RowParts {
        RowParts::new(self.rows(), self.inputs() * self.outputs())
    }

    fn weight_parts(&self) -> RowParts {
        RowParts::of_weights(self.outputs(), self.inputs() * self.rows())
    }
}

impl<B: Backend> Op<B> for Linear<B> {
    fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        packed_numbers(&self.packed_forward, &self.packed_backward, gradients)
    }

    fn allocate(&mut self, backend: &B, gradients: Gradients) {
        self.packed_forward.allocate(backend);
        if gradients == Gradients::Kept {
            self.packed_backward.allocate(backend);
        }
    }

    fn forward_parts(&self) -> usize {
        self.batch_parts().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let (inputs, outputs, range) = (self.inputs(), self.outputs(), self.batch_parts().range(part));
        let backend = context.backend;
        if part == 0 {
            self.packed_forward.refresh(backend, context.parameters);
        }
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let from = self.input.start() + range.start * inputs;
        let to = self.output.start() + range.start * outputs;
        let gemm = Gemm { m: range.len(), k: inputs, n: outputs };
        // (1)
        backend.fill_rows(context.parameters.value(self.bias), At(y, to), range.len(), outputs);
        backend.gemm(gemm, At(x, from), self.packed_forward.get(), At(y, to), Write::Accumulate);
    }

    /// The parts of (2), with (4) and the packing in the first of them, then those of (3).
    fn backward_parts(&self, scope: GradientScope) -> usize {
        let weight_parts = match scope {
            GradientScope::Everything => self.weight_parts().count(),
            GradientScope::Activations => 0,
        };
        self.batch_parts().count() + weight_parts
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let (rows, inputs, outputs) = (self.rows(), self.inputs(), self.outputs());
        let (batch_parts, weight_parts) = (self.batch_parts(), self.weight_parts());
        let backend = context.backend;
        if part == 0 {
            self.packed_backward.refresh(backend, context.parameters);
            if context.scope == GradientScope::Everything {
                let d_bias = context.parameters.gradient_mut(self.bias);
                backend.sum_rows(context.gradients.at(self.output), d_bias, rows, outputs); // (4)
            }
        }
        if part < batch_parts.count() {
            let range = batch_parts.range(part);
            let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
            let from = self.output.start() + range.start * outputs;
            let to = self.input.start() + range.start * inputs;
            let gemm = Gemm { m: range.len(), k: outputs, n: inputs };
            backend.gemm(gemm, At(d_y, from), self.packed_backward.get(), At(d_x, to), Write::Accumulate); // (2)
        } else {
            let range = weight_parts.range(part - batch_parts.count());
            let gemm = Gemm { m: range.len(), k: rows, n: inputs };
            let (d_y, x) = (context.gradients.at(self.output), context.values.at(self.input));
            let d_weight = context.parameters.gradient_mut(self.weight);
            backend.gemm_transposed(gemm, d_y, outputs, range.start, x, d_weight); // (3)
        }
    }
}
