//! Symbols as the inputs of a layer: what the layer makes of a symbol is the same wherever it occurs, so
//! the share of every symbol of the vocabulary is computed once and looked up.
//!
//! Shapes: table `E [V, I]`, shares `P [V, G·H]`, `a_x [N, G·H]`.
//!
//! 1. `P = E · W_ihᵀ + b`, or `P = W_ihᵀ + b` where a symbol is a one-hot vector; `a_x[n] = P[id[n]]`.
//! 2. Backward: `dP[id[n]] += da[n]`.
//! 3. `dE += dP · W_ih`; `dW_ih += dPᵀ · E`, or `dW_ih += dPᵀ`.
//!
//! which is the sum of a linear layer over all N rows in another order, with V rows in each product.

use super::LayerWeights;
use super::input::{SymbolInput, SymbolTable};
use crate::backend::{At, Backend, BiasRows, Gemm, StepRows, Write};
use crate::ops::parts::RowParts;
use crate::ops::projection::RowBias;
use crate::ops::scratch::Scratch;
use crate::ops::weight_gradient::WeightGradient;
use crate::tape::{Context, GradientScope, Gradients, PackedId, PackedUse, Recorder, Shape, Var};
use crate::{ParameterId, Real};

/// The share of every symbol.
pub(super) struct SymbolProjection<B: Backend> {
    input: SymbolInput,
    output: Var,
    weight: ParameterId,
    inputs: usize,
    /// W_ih for (1) and for (3), where there is a product.
    packed: Option<[PackedId; 2]>,
    /// P.
    shares: Scratch<B::Buffer>,
    /// dP.
    d_shares: Scratch<B::Buffer>,
    /// Version of the parameters that P was computed from.
    version: Option<u64>,
}

impl<B: Backend> SymbolProjection<B> {
    pub(super) fn new(
        recorder: &mut Recorder<B>,
        input: SymbolInput,
        width: usize,
        LayerWeights { input: weight, inputs, .. }: LayerWeights,
    ) -> Self {
        let steps = input.ids.len() / input.batch;
        let output = recorder.packed_intermediate([steps, input.batch, width], input.ids.packing());
        let packed = match input.table {
            SymbolTable::Embedding(..) => Some(
                [PackedUse::Forward, PackedUse::Backward]
                    .map(|purpose| recorder.packed_weight(weight, [width, inputs], purpose)),
            ),
            SymbolTable::OneHot => None,
        };
        let (shares, d_shares) = (Scratch::new(), Scratch::new());
        Self { input, output, weight, inputs, packed, shares, d_shares, version: None }
    }

    pub(super) fn output(&self) -> Var {
        self.output
    }

    /// V.
    fn symbols(&self) -> usize {
        self.input.ids.table_size()
    }

    /// G·H.
    fn width(&self) -> usize {
        self.output.shape().width()
    }

    fn shares_shape(&self) -> Shape {
        Shape::from([self.symbols(), self.width()])
    }

    fn row_parts(&self) -> RowParts {
        RowParts::new::<B>(self.symbols(), self.inputs * self.width())
    }

    fn weight_sum(&self) -> WeightGradient {
        WeightGradient::new::<B>(self.symbols(), [self.width(), self.inputs])
    }

    pub(super) fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        let copies = if gradients == Gradients::Kept { 2 } else { 1 };
        self.shares_shape().planned_len().saturating_mul(copies)
    }

    pub(super) fn allocate(&mut self, backend: &B, gradients: Gradients) {
        let len = self.shares_shape().len();
        self.shares.set(backend.zeros(len));
        if gradients == Gradients::Kept {
            self.d_shares.set(backend.zeros(len));
        }
    }

    pub(super) fn forward_parts(&self) -> usize {
        self.row_parts().count()
    }

    /// A part of (1), unless the weights are those of the last time.
    pub(super) fn forward(&mut self, part: usize, bias: RowBias, context: &mut Context<'_, B>) {
        let version = context.parameters.version();
        if self.version == Some(version) {
            return;
        }
        let (inputs, width, parts) = (self.inputs, self.width(), self.row_parts());
        let (range, is_last) = (parts.range(part), part + 1 == parts.count());
        let (backend, shares) = (context.backend, self.shares.get_mut());
        let start = range.start * width;
        if let (SymbolTable::Embedding(table, _), Some([packed, _])) = (self.input.table, self.packed) {
            if part == 0 {
                context.packed.refresh(packed, backend, context.parameters);
            }
            let gemm = Gemm { m: range.len(), k: inputs, n: width };
            let bias = bias.of(context.parameters);
            let table = At(context.parameters.value(table), range.start * inputs);
            let weight = context.packed.get(packed);
            backend.project(gemm, table, weight, bias, At(shares, start));
        } else {
            backend.fill_bias(bias.of(context.parameters), At(&mut *shares, start), range.len(), width);
            if is_last {
                // The rows are columns of the weight, so that it is taken whole, with the last part.
                let weight = At(context.parameters.value(self.weight), 0);
                backend.add_transposed(weight, At(shares, 0), width, inputs);
            }
        }
        if is_last {
            self.version = Some(version);
        }
    }

    /// Puts the shares of the symbols of these rows in place, (1).
    pub(super) fn forward_step(&self, rows: StepRows, context: &mut Context<'_, B>) {
        let (ids, width) = (self.input.ids, self.width());
        let At(target, start) = context.values.at_mut(self.output);
        let target = At(target, start + rows.first * width);
        let ids = At(&context.indices[ids.id()], ids.start() + rows.first);
        context.backend.gather(At(self.shares.get(), 0), ids, target, rows.count, width);
    }

    /// Before the last step is walked back.
    pub(super) fn begin_backward(&mut self, context: &Context<'_, B>) {
        let len = self.shares_shape().len();
        context.backend.fill(At(self.d_shares.get_mut(), 0), len, Real::ZERO);
    }

    /// Collects the gradient of the shares of these rows, (2).
    pub(super) fn backward_step(&mut self, rows: StepRows, context: &Context<'_, B>) {
        let (ids, width) = (self.input.ids, self.width());
        let At(source, start) = context.gradients.at(self.output);
        let source = At(source, start + rows.first * width);
        let ids = At(&context.indices[ids.id()], ids.start() + rows.first);
        let d_shares = At(self.d_shares.get_mut(), 0);
        context.backend.scatter_add(source, ids, d_shares, rows.count, width);
    }

    /// dP, whose rows sum up to the gradient of the bias, and how many they are.
    pub(super) fn bias_rows(&self) -> BiasRows<'_, B::Buffer> {
        (At(self.d_shares.get(), 0), self.symbols())
    }

    pub(super) fn backward_parts(&self, scope: GradientScope) -> usize {
        match scope {
            GradientScope::Everything => 1 + self.weight_sum().parts(),
            GradientScope::Activations => 0,
        }
    }

    /// A part of (3): the table's, then the weight's.
    pub(super) fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        match part.checked_sub(1) {
            None => self.table_gradient(context),
            Some(part) => self.weight_gradient(part, context),
        }
    }

    fn table_gradient(&self, context: &mut Context<'_, B>) {
        if let (SymbolTable::Embedding(table, _), Some([_, packed])) = (self.input.table, self.packed) {
            context.packed.refresh(packed, context.backend, context.parameters);
            let gemm = Gemm { m: self.symbols(), k: self.width(), n: self.inputs };
            let (d_shares, weight) = (At(self.d_shares.get(), 0), context.packed.get(packed));
            let d_table = At(context.parameters.gradient_mut(table), 0);
            context.backend.gemm(gemm, d_shares, weight, d_table, Write::Accumulate);
        }
    }

    fn weight_gradient(&self, part: usize, context: &mut Context<'_, B>) {
        let d_shares = At(self.d_shares.get(), 0);
        match self.input.table {
            SymbolTable::Embedding(table, _) => {
                let (table, d_weight) = context.parameters.value_and_gradient_of(table, self.weight);
                let (backend, part) = (context.backend, (part, self.symbols()));
                self.weight_sum().run(backend, part, d_shares, At(table, 0), d_weight);
            }
            SymbolTable::OneHot if part == 0 => {
                let d_weight = At(context.parameters.gradient_mut(self.weight), 0);
                context.backend.add_transposed(d_shares, d_weight, self.symbols(), self.width());
            }
            SymbolTable::OneHot => {}
        }
    }
}
