//! The product of all rows of a tensor with a weight: a linear layer, and what a recurrent layer makes
//! of its inputs before it walks through time.
//!
//! Shapes: `x [N, I]`, `W [O, I]`, `b [O]`, `y [N, O]`.
//!
//! 1. Forward: `y = x · Wᵀ + b`.
//! 2. Backward: `dx += dy · W`.
//! 3. `dW += dyᵀ · x`.

use super::parts::RowParts;
use super::weight_gradient::WeightGradient;
use crate::backend::{At, Backend, Bias, Gemm, Write};
use crate::tape::{Context, GradientScope, PackedId, PackedUse, Recorder, Shape, Var};
use crate::{ParameterId, Parameters};

/// What is added to every row of a product.
#[derive(Debug, Clone, Copy)]
pub(super) enum RowBias {
    /// A parameter.
    Parameter(ParameterId),
    /// The sum of two.
    Sum(ParameterId, ParameterId),
}

impl RowBias {
    /// Its numbers.
    pub(super) fn of<B: Backend>(self, parameters: &Parameters<B>) -> Bias<'_, B::Buffer> {
        match self {
            Self::Parameter(id) => Bias::Row(parameters.value(id)),
            Self::Sum(first, second) => Bias::Sum(parameters.value(first), parameters.value(second)),
        }
    }
}

/// The product, cut into parts. The bias's gradient is the caller's.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowProjection {
    input: Var,
    output: Var,
    weight: ParameterId,
    packed_forward: PackedId,
    packed_backward: Option<PackedId>,
}

impl RowProjection {
    /// A projection of `input` to `output`, whose widths are those of the weight.
    pub(super) fn new<B: Backend>(
        recorder: &mut Recorder<B>,
        input: Var,
        (weight, shape): (ParameterId, Shape),
        output: Var,
    ) -> Self {
        let sizes = [shape.rows(), shape.width()];
        let packed_forward = recorder.packed_weight(weight, sizes, PackedUse::Forward);
        let packed_backward =
            (!input.is_constant()).then(|| recorder.packed_weight(weight, sizes, PackedUse::Backward));
        Self { input, output, weight, packed_forward, packed_backward }
    }

    fn inputs(&self) -> usize {
        self.input.shape().width()
    }

    fn outputs(&self) -> usize {
        self.output.shape().width()
    }

    fn row_parts<B: Backend>(&self) -> RowParts {
        RowParts::new::<B>(self.input.shape().rows(), self.inputs() * self.outputs())
    }

    fn weight_sum<B: Backend>(&self) -> WeightGradient {
        WeightGradient::new::<B>(self.input.shape().rows(), [self.outputs(), self.inputs()])
    }

    pub(super) fn forward_parts<B: Backend>(&self) -> usize {
        self.row_parts::<B>().count()
    }

    /// A part of (1).
    pub(super) fn forward<B: Backend>(
        &self,
        part: usize,
        bias: impl Into<Option<RowBias>>,
        context: &mut Context<'_, B>,
    ) {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        let range = self.row_parts::<B>().range_within(part, context.rows(self.input));
        let backend = context.backend;
        if part == 0 {
            context.packed.refresh(self.packed_forward, backend, context.parameters);
        }
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let from = self.input.start() + range.start * inputs;
        let to = self.output.start() + range.start * outputs;
        let gemm = Gemm { m: range.len(), k: inputs, n: outputs };
        let (x, weight) = (At(&*x, from), context.packed.get(self.packed_forward));
        match bias.into() {
            Some(bias) => backend.project(gemm, x, weight, bias.of(context.parameters), At(y, to)),
            None => backend.gemm(gemm, x, weight, At(y, to), Write::Overwrite),
        }
    }

    fn input_parts<B: Backend>(&self) -> usize {
        self.packed_backward.map_or(0, |_| self.row_parts::<B>().count())
    }

    /// The parts of (2), unless nobody wants them, then those of (3).
    pub(super) fn backward_parts<B: Backend>(&self, scope: GradientScope) -> usize {
        let weight_parts = match scope {
            GradientScope::Everything => self.weight_sum::<B>().parts(),
            GradientScope::Activations => 0,
        };
        self.input_parts::<B>() + weight_parts
    }

    /// A part of (2) or (3).
    pub(super) fn backward<B: Backend>(&self, part: usize, context: &mut Context<'_, B>) {
        let rows = context.rows(self.input);
        match (self.packed_backward, part.checked_sub(self.input_parts::<B>())) {
            (Some(packed), None) => self.input_gradient(part, packed, rows, context),
            (_, weight_part) => self.weight_gradient(weight_part.unwrap_or(part), rows, context),
        }
    }

    fn input_gradient<B: Backend>(
        &self,
        part: usize,
        packed: PackedId,
        rows: usize,
        context: &mut Context<'_, B>,
    ) {
        let (inputs, outputs) = (self.inputs(), self.outputs());
        let range = self.row_parts::<B>().range_within(part, rows);
        let backend = context.backend;
        if part == 0 {
            context.packed.refresh(packed, backend, context.parameters);
        }
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let from = self.output.start() + range.start * outputs;
        let to = self.input.start() + range.start * inputs;
        let gemm = Gemm { m: range.len(), k: outputs, n: inputs };
        backend.gemm(gemm, At(d_y, from), context.packed.get(packed), At(d_x, to), Write::Accumulate);
    }

    fn weight_gradient<B: Backend>(&self, part: usize, rows: usize, context: &mut Context<'_, B>) {
        let (d_y, x) = (context.gradients.at(self.output), context.values.at(self.input));
        let d_weight = context.parameters.gradient_mut(self.weight);
        self.weight_sum::<B>().run(context.backend, (part, rows), d_y, x, d_weight);
    }
}
