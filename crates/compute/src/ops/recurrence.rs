//! What the recurrent layers share: the recurrent product of each step and its gradients.
//!
//! Shapes: state `h [T+1, B, H]` with the initial state in slot 0, `W_hh [G·H, H]`, `b_hh [G·H]`, gate
//! gradients `da [T, B, G·H]`.
//!
//! 1. Forward, step t: `a[t] = … + h[t] · W_hhᵀ + b_hh`.
//! 2. Backward, step t: `dh[t] += da[t] · W_hh`.
//! 3. `dW_hh += Σ_t da[t]ᵀ · h[t]`, one product over all steps.
//! 4. `db_hh += Σ_t Σ_b da[t, b]`.

use super::packed::{PackedWeight, packed_numbers};
use super::parts::RowParts;
use crate::backend::{At, Backend, Gemm, Write};
use crate::tape::{Context, Gradients, Shape, Var, at_least_one, same_shape};
use crate::{ComputeError, ParameterId};

/// The sizes of a recurrent layer over a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecurrentDims {
    /// Time steps, T.
    pub steps: usize,
    /// Sequences side by side, B.
    pub batch: usize,
    /// Hidden units, H.
    pub hidden: usize,
}

/// The recurrent parameters of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellWeights {
    /// `weight_hh`, `[G·H, H]`.
    pub weight: ParameterId,
    /// `bias_hh`, `[G·H]`.
    pub bias: ParameterId,
}

/// The recurrent product of one layer, forward and backward.
pub(super) struct Recurrence<B: Backend> {
    pub(super) dims: RecurrentDims,
    gates: usize,
    weights: CellWeights,
    /// W_hhᵀ for (1).
    packed_forward: PackedWeight<B>,
    /// W_hh for (2).
    packed_backward: PackedWeight<B>,
}

impl<B: Backend> Recurrence<B> {
    /// A recurrence whose pre-activations are `[T, B, G·H]`.
    pub(super) fn new(
        op: &'static str,
        gates: usize,
        preactivation: Shape,
        initial: Shape,
        weights: CellWeights,
    ) -> Result<Self, ComputeError> {
        let hidden = at_least_one("hidden size", initial.width())?;
        let batch = at_least_one("batch", initial.rows())?;
        let steps = at_least_one("sequence length", preactivation.rows() / batch)?;
        same_shape(op, "initial state", [batch, hidden], initial)?;
        same_shape(op, "input projection", [steps, batch, gates * hidden], preactivation)?;
        let dims = RecurrentDims { steps, batch, hidden };
        let packed_forward = PackedWeight::transposed(weights.weight, gates * hidden, hidden);
        let packed_backward = PackedWeight::plain(weights.weight, gates * hidden, hidden);
        Ok(Self { dims, gates, weights, packed_forward, packed_backward })
    }

    fn width(&self) -> usize {
        self.gates * self.dims.hidden
    }

    pub(super) fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        packed_numbers(&self.packed_forward, &self.packed_backward, gradients)
    }

    pub(super) fn allocate(&mut self, backend: &B, gradients: Gradients) {
        self.packed_forward.allocate(backend);
        if gradients == Gradients::Kept {
            self.packed_backward.allocate(backend);
        }
    }

    /// Before the first step forward: lays out the weights and sets slot 0 of a state.
    pub(super) fn begin_forward(&mut self, context: &mut Context<'_, B>, states: &[(Var, Var)]) {
        self.packed_forward.refresh(context.backend, context.parameters);
        for &(initial, state) in states {
            let [from, to] = context.values.many_mut([initial, state]);
            context.backend.copy(initial.at(from), state.at(to), initial.shape().len());
        }
    }

    /// (1) without the bias, added to `target[t]`.
    pub(super) fn project(&self, backend: &B, step: usize, state: &B::Buffer, target: &mut B::Buffer) {
        let RecurrentDims { batch, hidden, .. } = self.dims;
        let gemm = Gemm { m: batch, k: hidden, n: self.width() };
        let (from, to) = (step * batch * hidden, step * batch * self.width());
        backend.gemm(gemm, At(state, from), self.packed_forward.get(), At(target, to), Write::Accumulate);
    }

    /// Before the last step is walked back: lays out the weights.
    pub(super) fn begin_backward(&mut self, context: &Context<'_, B>) {
        self.packed_backward.refresh(context.backend, context.parameters);
    }

    /// (2), added to `d_state[t]`.
    pub(super) fn push_back(&self, backend: &B, step: usize, d_target: &B::Buffer, d_state: &mut B::Buffer) {
        let RecurrentDims { batch, hidden, .. } = self.dims;
        let gemm = Gemm { m: batch, k: self.width(), n: hidden };
        let (from, to) = (step * batch * self.width(), step * batch * hidden);
        backend.gemm(
            gemm,
            At(d_target, from),
            self.packed_backward.get(),
            At(d_state, to),
            Write::Accumulate,
        );
    }

    /// (4): the gradient of the recurrent bias.
    pub(super) fn bias_gradient(&self, context: &mut Context<'_, B>, target: Var) {
        let rows = self.dims.steps * self.dims.batch;
        let d_bias = context.parameters.gradient_mut(self.weights.bias);
        context.backend.sum_rows(context.gradients.at(target), d_bias, rows, self.width());
    }

    /// Hands the gradient that has reached slot 0 of each state to its initial state.
    pub(super) fn initial_gradients(&self, context: &mut Context<'_, B>, states: &[(Var, Var)]) {
        for &(initial, state) in states {
            let [d_initial, d_state] = context.gradients.many_mut([initial, state]);
            context.backend.add(state.at(&*d_state), initial.at(d_initial), initial.shape().len());
        }
    }

    fn weight_parts(&self) -> RowParts {
        let RecurrentDims { steps, batch, hidden } = self.dims;
        RowParts::of_weights(self.width(), steps * batch * hidden)
    }

    pub(super) fn weight_part_count(&self) -> usize {
        self.weight_parts().count()
    }

    /// One part of (3).
    pub(super) fn weight_gradient(&self, context: &mut Context<'_, B>, part: usize, target: Var, state: Var) {
        let RecurrentDims { steps, batch, hidden } = self.dims;
        let range = self.weight_parts().range(part);
        let gemm = Gemm { m: range.len(), k: steps * batch, n: hidden };
        let (d_target, state) = (context.gradients.at(target), context.values.at(state));
        let d_weight = context.parameters.gradient_mut(self.weights.weight);
        context.backend.gemm_transposed(gemm, d_target, self.width(), range.start, state, d_weight);
    }

    /// The recurrent bias.
    pub(super) fn bias(&self) -> ParameterId {
        self.weights.bias
    }
}

/// Parts of a recurrent layer's backward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BackwardPart {
    /// One time step.
    Step(usize),
    /// Everything that is done once all steps are walked.
    Sums,
    /// A part of the weight gradient.
    Weights(usize),
}

impl BackwardPart {
    /// The meaning of part number `part`: steps from the last to the first, then the sums, then the
    /// weights.
    pub(super) fn new(part: usize, steps: usize) -> Self {
        match part.checked_sub(steps) {
            None => Self::Step(steps - 1 - part),
            Some(0) => Self::Sums,
            Some(rest) => Self::Weights(rest - 1),
        }
    }
}
