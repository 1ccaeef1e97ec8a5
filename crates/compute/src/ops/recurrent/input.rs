//! A layer's inputs and their share of the pre-activations.
//!
//! Rows of numbers are multiplied by the weight, all at once. Symbols are cheaper: what the layer makes
//! of a symbol is the same wherever it occurs, so the share of every symbol of the vocabulary is computed
//! once and looked up,
//!
//! 1. `P = E · W_ihᵀ + b [V, G·H]`, or `P = W_ihᵀ + b` where a symbol is a one-hot vector; `a_x[n] = P[id[n]]`.
//! 2. Backward: `dP[id[n]] += da[n]`.
//! 3. `dE += dP · W_ih`; `dW_ih += dPᵀ · E`, or `dW_ih += dPᵀ`.
//!
//! which is the same sum in another order, with V rows in place of N in each product.

use super::{LayerWeights, StepRows};
use crate::backend::{At, Backend, Gemm, Write};
use crate::ops::parts::RowParts;
use crate::ops::projection::{RowBias, RowProjection};
use crate::tape::{
    Context, GradientScope, Gradients, IndexVar, PackedId, PackedUse, Recorder, Shape, Var, same_shape,
};
use crate::{ComputeError, ParameterId};

/// What a recurrent layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerInput {
    /// `[T, B, I]`.
    Rows(Var),
    /// Symbols `[T, B]`.
    Symbols(SymbolInput),
}

/// Symbols that a layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SymbolInput {
    /// The symbols, `[T, B]`.
    pub ids: IndexVar,
    /// B.
    pub batch: usize,
    /// What stands for them.
    pub table: SymbolTable,
}

/// What stands for a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolTable {
    /// A row of a table `[V, I]`.
    Embedding(ParameterId, Shape),
    /// A vector of I = V numbers, all 0 but one.
    OneHot,
}

impl LayerInput {
    /// B.
    #[must_use]
    pub fn batch(self) -> usize {
        match self {
            Self::Rows(var) => var.shape().dims().get(1).copied().unwrap_or(0),
            Self::Symbols(input) => input.batch,
        }
    }

    /// T and B, if the input has I numbers a row.
    pub(super) fn check(self, inputs: usize) -> Result<[usize; 2], ComputeError> {
        let op = "recurrent layer";
        match self {
            Self::Rows(var) => match *var.shape().dims() {
                [steps, batch, width] if width == inputs && steps * batch > 0 => Ok([steps, batch]),
                _ => {
                    let expected = Shape::from([1, 1, inputs]);
                    Err(ComputeError::Shape { op, what: "input", expected, found: var.shape() })
                }
            },
            Self::Symbols(SymbolInput { ids, batch, table }) => {
                let symbols = ids.table_size();
                match table {
                    SymbolTable::Embedding(_, shape) => same_shape(op, "table", [symbols, inputs], shape)?,
                    SymbolTable::OneHot => {
                        same_shape(op, "one-hot input", [inputs], Shape::from([symbols]))?;
                    }
                }
                let steps = ids.len().checked_div(batch).unwrap_or(0);
                same_shape(op, "symbols", [steps.max(1), batch.max(1)], Shape::from([steps, batch]))?;
                same_shape(op, "symbols", [steps * batch], Shape::from([ids.len()]))?;
                Ok([steps, batch])
            }
        }
    }
}

/// The inputs' share of the pre-activations of a layer.
pub(super) enum InputProjection<B: Backend> {
    Rows(RowProjection, Var),
    Symbols(SymbolProjection<B>),
}

/// The share of every symbol.
pub(super) struct SymbolProjection<B: Backend> {
    input: SymbolInput,
    output: Var,
    weight: ParameterId,
    inputs: usize,
    /// W_ih for both directions of (3) and (1), where there is a product.
    packed: Option<[PackedId; 2]>,
    /// P.
    shares: Option<B::Buffer>,
    /// dP.
    d_shares: Option<B::Buffer>,
    /// Version of the parameters that P was computed from.
    version: Option<u64>,
}

impl<B: Backend> InputProjection<B> {
    pub(super) fn new(
        recorder: &mut Recorder<B>,
        input: LayerInput,
        width: usize,
        weights: LayerWeights,
    ) -> Self {
        let shape = Shape::from([width, weights.inputs]);
        match input {
            LayerInput::Rows(var) => {
                let output = recorder.intermediate_like(var, width);
                Self::Rows(RowProjection::new(recorder, var, (weights.input, shape), output), output)
            }
            LayerInput::Symbols(input) => {
                let steps = input.ids.len() / input.batch;
                let output = recorder.packed_intermediate([steps, input.batch, width], input.ids.packing());
                let sizes = [width, weights.inputs];
                let packed = match input.table {
                    SymbolTable::Embedding(..) => Some(
                        [PackedUse::Forward, PackedUse::Backward]
                            .map(|purpose| recorder.packed_weight(weights.input, sizes, purpose)),
                    ),
                    SymbolTable::OneHot => None,
                };
                Self::Symbols(SymbolProjection {
                    input,
                    output,
                    weight: weights.input,
                    inputs: weights.inputs,
                    packed,
                    shares: None,
                    d_shares: None,
                    version: None,
                })
            }
        }
    }

    /// `[T, B, G·H]`, which the cell then turns into gates, in place.
    pub(super) fn output(&self) -> Var {
        match self {
            Self::Rows(_, output) => *output,
            Self::Symbols(projection) => projection.output,
        }
    }

    pub(super) fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        match self {
            Self::Rows(..) => 0,
            Self::Symbols(projection) => {
                let copies = if gradients == Gradients::Kept { 2 } else { 1 };
                projection.shares_shape().planned_len().saturating_mul(copies)
            }
        }
    }

    pub(super) fn allocate(&mut self, backend: &B, gradients: Gradients) {
        if let Self::Symbols(projection) = self {
            let len = projection.shares_shape().len();
            projection.shares = Some(backend.zeros(len));
            projection.d_shares = (gradients == Gradients::Kept).then(|| backend.zeros(len));
        }
    }

    pub(super) fn forward_parts(&self) -> usize {
        match self {
            Self::Rows(projection, _) => projection.forward_parts(),
            Self::Symbols(projection) => projection.row_parts().count(),
        }
    }

    /// A part of what can be computed before the first step. `bias [G·H]` is added to every row.
    pub(super) fn forward(&mut self, part: usize, bias: &B::Buffer, context: &mut Context<'_, B>) {
        match self {
            Self::Rows(projection, _) => projection.forward(part, &RowBias::Buffer(bias), context),
            Self::Symbols(projection) => projection.forward(part, bias, context),
        }
    }

    /// Puts the share of a step's inputs in place, (1).
    pub(super) fn forward_step(&self, rows: StepRows, context: &mut Context<'_, B>) {
        if let Self::Symbols(SymbolProjection { input, output, shares: Some(shares), .. }) = self {
            let width = output.shape().width();
            let At(target, start) = context.values.at_mut(*output);
            let target = At(target, start + rows.first * width);
            let ids = At(&context.indices[input.ids.id()], input.ids.start() + rows.first);
            context.backend.gather(At(shares, 0), ids, target, rows.count, width);
        }
    }

    /// Before the last step is walked back.
    pub(super) fn begin_backward(&mut self, context: &Context<'_, B>) {
        if let Self::Symbols(projection) = self {
            let len = projection.shares_shape().len();
            if let Some(d_shares) = &mut projection.d_shares {
                context.backend.fill(At(d_shares, 0), len, crate::Real::ZERO);
            }
        }
    }

    /// Collects the gradient of a step's shares, (2).
    pub(super) fn backward_step(&mut self, rows: StepRows, context: &Context<'_, B>) {
        if let Self::Symbols(SymbolProjection { input, output, d_shares: Some(d_shares), .. }) = self {
            let width = output.shape().width();
            let At(source, start) = context.gradients.at(*output);
            let source = At(source, start + rows.first * width);
            let ids = At(&context.indices[input.ids.id()], input.ids.start() + rows.first);
            context.backend.scatter_add(source, ids, At(d_shares, 0), rows.count, width);
        }
    }

    /// Rows whose sum is the gradient of the bias.
    pub(super) fn bias_rows<'a>(&'a self, context: &'a Context<'_, B>) -> (At<&'a B::Buffer>, usize) {
        match self {
            Self::Symbols(SymbolProjection { input, d_shares: Some(d_shares), .. }) => {
                (At(d_shares, 0), input.ids.table_size())
            }
            _ => (context.gradients.at(self.output()), context.rows(self.output())),
        }
    }

    pub(super) fn backward_parts(&self, scope: GradientScope) -> usize {
        match (self, scope) {
            (Self::Rows(projection, _), scope) => projection.backward_parts(scope),
            (Self::Symbols(_), GradientScope::Activations) => 0,
            (Self::Symbols(projection), GradientScope::Everything) => 1 + projection.weight_parts().count(),
        }
    }

    /// A part of what is left once all steps have been walked back.
    pub(super) fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        match self {
            Self::Rows(projection, _) => projection.backward(part, context),
            Self::Symbols(projection) => match part.checked_sub(1) {
                None => projection.table_gradient(context),
                Some(part) => projection.weight_gradient(part, context),
            },
        }
    }
}

impl<B: Backend> SymbolProjection<B> {
    fn symbols(&self) -> usize {
        self.input.ids.table_size()
    }

    fn width(&self) -> usize {
        self.output.shape().width()
    }

    fn shares_shape(&self) -> Shape {
        Shape::from([self.symbols(), self.width()])
    }

    fn row_parts(&self) -> RowParts {
        RowParts::new(self.symbols(), self.inputs * self.width())
    }

    fn weight_parts(&self) -> RowParts {
        RowParts::of_weights(self.width(), self.inputs * self.symbols())
    }

    /// A part of (1).
    fn forward(&mut self, part: usize, bias: &B::Buffer, context: &mut Context<'_, B>) {
        let version = context.parameters.version();
        if self.version == Some(version) {
            return;
        }
        let (inputs, width) = (self.inputs, self.width());
        let parts = self.row_parts();
        let range = parts.range(part);
        let Some(shares) = &mut self.shares else { return };
        let backend = context.backend;
        backend.fill_rows(bias, At(&mut *shares, range.start * width), range.len(), width);
        match (self.input.table, self.packed) {
            (SymbolTable::Embedding(table, _), Some([packed, _])) => {
                if part == 0 {
                    context.packed.refresh(packed, backend, context.parameters);
                }
                let gemm = Gemm { m: range.len(), k: inputs, n: width };
                let table = At(context.parameters.value(table), range.start * inputs);
                let target = At(shares, range.start * width);
                backend.gemm(gemm, table, context.packed.get(packed), target, Write::Accumulate);
            }
            // The rows are columns of the weight, so that it is taken whole, with the last part.
            _ if part + 1 == parts.count() => {
                let weight = At(context.parameters.value(self.weight), 0);
                backend.add_transposed(weight, At(shares, 0), width, inputs);
            }
            _ => {}
        }
        if part + 1 == parts.count() {
            self.version = Some(version);
        }
    }

    /// (3), the table's part.
    fn table_gradient(&self, context: &mut Context<'_, B>) {
        let (SymbolTable::Embedding(table, _), Some([_, packed]), Some(d_shares)) =
            (self.input.table, self.packed, &self.d_shares)
        else {
            return;
        };
        context.packed.refresh(packed, context.backend, context.parameters);
        let gemm = Gemm { m: self.symbols(), k: self.width(), n: self.inputs };
        let d_table = At(context.parameters.gradient_mut(table), 0);
        let weight = context.packed.get(packed);
        context.backend.gemm(gemm, At(d_shares, 0), weight, d_table, Write::Accumulate);
    }

    /// A part of (3), the weight's.
    fn weight_gradient(&self, part: usize, context: &mut Context<'_, B>) {
        let Some(d_shares) = &self.d_shares else { return };
        let (symbols, width, inputs) = (self.symbols(), self.width(), self.inputs);
        match self.input.table {
            SymbolTable::Embedding(table, _) => {
                let range = self.weight_parts().range(part);
                let gemm = Gemm { m: range.len(), k: symbols, n: inputs };
                let (table, d_weight) = context.parameters.value_and_gradient_of(table, self.weight);
                let d_shares = At(d_shares, 0);
                context.backend.gemm_transposed(gemm, d_shares, width, range.start, At(table, 0), d_weight);
            }
            SymbolTable::OneHot if part == 0 => {
                let d_weight = context.parameters.gradient_mut(self.weight);
                context.backend.add_transposed(At(d_shares, 0), At(d_weight, 0), symbols, width);
            }
            SymbolTable::OneHot => {}
        }
    }
}
