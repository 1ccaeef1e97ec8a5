//! The walk of one layer, part by part. The numbers of the equations are those of the folder.

use super::cell::{Cell, StepAt};
use super::input::InputProjection;
use super::order::Order;
use super::state::RunningState;
use super::{Direction, LayerWeights, RecurrentDims};
use crate::backend::{At, Backend, Gemm, Write};
use crate::ops::Op;
use crate::ops::weight_gradient::WeightGradient;
use crate::tape::{Context, GradientScope, Gradients, PackedId, PackedUse, Recorder};

/// One direction of a recurrent layer.
pub(super) struct Layer<B: Backend, C> {
    dims: RecurrentDims,
    cell: C,
    projection: InputProjection<B>,
    hidden: RunningState<B>,
    weights: LayerWeights,
    order: Order<B>,
    /// W_hh for the way forward and the way back.
    packed: [PackedId; 2],
    /// What is added to every input's share; its gradient on the way back.
    bias: Option<B::Buffer>,
}

impl<B: Backend, C: Cell<B>> Layer<B, C> {
    pub(super) fn new(
        recorder: &mut Recorder<B>,
        dims: RecurrentDims,
        cell: C,
        projection: InputProjection<B>,
        hidden: RunningState<B>,
        weights: LayerWeights,
        direction: Direction,
    ) -> Self {
        let width = projection.output().shape().width();
        let packed = [PackedUse::Forward, PackedUse::Backward]
            .map(|purpose| recorder.packed_weight(weights.recurrent, [width, dims.hidden], purpose));
        let order = Order::new(dims, direction, projection.output().packing());
        Self { dims, cell, projection, hidden, weights, order, packed, bias: None }
    }

    /// G·H.
    fn width(&self) -> usize {
        self.projection.output().shape().width()
    }

    /// The bias of the inputs' share: both biases, unless the cell keeps them apart.
    fn refresh_bias(&mut self, context: &Context<'_, B>) {
        let width = self.width();
        let Some(bias) = &mut self.bias else { return };
        let (backend, parameters) = (context.backend, &context.parameters);
        backend.copy(At(parameters.value(self.weights.input_bias), 0), At(&mut *bias, 0), width);
        if !self.cell.has_separate_shares() {
            backend.add(At(parameters.value(self.weights.recurrent_bias), 0), At(bias, 0), width);
        }
    }

    fn begin_forward(&mut self, context: &mut Context<'_, B>) {
        context.packed.refresh(self.packed[0], context.backend, context.parameters);
        self.order.refresh(context);
        self.hidden.begin_forward(&self.order, context);
        if let Some(second) = self.cell.second_state() {
            second.begin_forward(&self.order, context);
        }
    }

    /// The step that comes `index`-th, (2).
    fn forward_step(&mut self, index: usize, context: &mut Context<'_, B>) {
        let (hidden, width) = (self.dims.hidden, self.width());
        let rows = self.order.rows(index, context);
        if rows.count == 0 {
            return;
        }
        let backend = context.backend;
        self.projection.forward_step(rows, context);
        self.hidden.keep(rows, hidden, backend);
        if let Some(second) = self.cell.second_state() {
            second.keep(rows, hidden, backend);
        }
        let share = self.cell.recurrent_share();
        let At(a, start) = context.values.at_mut(share);
        let start = start + rows.first * width;
        if self.cell.has_separate_shares() {
            let bias = context.parameters.value(self.weights.recurrent_bias);
            backend.fill_rows(bias, At(&mut *a, start), rows.count, width);
        }
        let gemm = Gemm { m: rows.count, k: hidden, n: width };
        let (state, weight) = (At(self.hidden.current(), 0), context.packed.get(self.packed[0]));
        backend.gemm(gemm, state, weight, At(a, start), Write::Accumulate);
        self.cell.forward(StepAt { rows, hidden }, &self.hidden, context);
        self.hidden.take_step(rows, hidden, context);
        if let Some(second) = self.cell.second_state() {
            second.take_step(rows, hidden, context);
        }
    }

    fn end_forward(&mut self, context: &mut Context<'_, B>) {
        self.hidden.end_forward(&self.order, context);
        if let Some(second) = self.cell.second_state() {
            second.end_forward(&self.order, context);
        }
    }

    fn begin_backward(&mut self, context: &mut Context<'_, B>) {
        context.packed.refresh(self.packed[1], context.backend, context.parameters);
        self.projection.begin_backward(context);
        self.hidden.begin_backward(&self.order, context);
        if let Some(second) = self.cell.second_state() {
            second.begin_backward(&self.order, context);
        }
    }

    /// The step that came `index`-th on the way forward, (5).
    fn backward_step(&mut self, index: usize, context: &mut Context<'_, B>) {
        let (hidden, width) = (self.dims.hidden, self.width());
        let rows = self.order.rows(index, context);
        if rows.count == 0 {
            return;
        }
        self.cell.backward(StepAt { rows, hidden }, &mut self.hidden, context);
        if context.scope == GradientScope::Everything {
            self.projection.backward_step(rows, context);
        }
        let At(d_a, start) = context.gradients.at(self.cell.recurrent_share());
        let gemm = Gemm { m: rows.count, k: width, n: hidden };
        let write = if self.cell.passes_by() { Write::Accumulate } else { Write::Overwrite };
        let (from, to) = (At(d_a, start + rows.first * width), At(self.hidden.current_mut(), 0));
        context.backend.gemm(gemm, from, context.packed.get(self.packed[1]), to, write);
    }

    /// (6), and the biases' part of (7).
    fn end_backward(&mut self, context: &mut Context<'_, B>) {
        self.hidden.end_backward(&self.order, context);
        if let Some(second) = self.cell.second_state() {
            second.end_backward(&self.order, context);
        }
        if context.scope == GradientScope::Everything {
            self.bias_gradients(context);
        }
    }

    fn bias_gradients(&mut self, context: &mut Context<'_, B>) {
        let (backend, width) = (context.backend, self.width());
        let Some(d_bias) = &mut self.bias else { return };
        backend.fill(At(&mut *d_bias, 0), width, crate::Real::ZERO);
        let (d_rows, rows) = self.projection.bias_rows(context);
        backend.sum_rows(d_rows, d_bias, rows, width);
        let d_input_bias = context.parameters.gradient_mut(self.weights.input_bias);
        backend.add(At(d_bias, 0), At(d_input_bias, 0), width);
        let d_recurrent_bias = context.parameters.gradient_mut(self.weights.recurrent_bias);
        if self.cell.has_separate_shares() {
            let share = self.cell.recurrent_share();
            let rows = share.packing().map_or(share.shape().rows(), |id| context.packings[id.id()].rows());
            backend.sum_rows(context.gradients.at(share), d_recurrent_bias, rows, width);
        } else {
            backend.add(At(d_bias, 0), At(d_recurrent_bias, 0), width);
        }
    }

    fn weight_sum(&self) -> WeightGradient {
        let RecurrentDims { steps, batch, hidden } = self.dims;
        WeightGradient::new(steps * batch, [self.width(), hidden])
    }

    /// A part of (7), the recurrent weight's.
    fn weight_gradient(&self, part: usize, context: &mut Context<'_, B>) {
        let share = self.cell.recurrent_share();
        let (backend, rows) = (context.backend, context.rows(share));
        let (d_a, before) = (context.gradients.at(share), At(self.hidden.before(), 0));
        let d_weight = context.parameters.gradient_mut(self.weights.recurrent);
        self.weight_sum().run(backend, (part, rows), d_a, before, d_weight);
    }
}

impl<B: Backend, C: Cell<B>> Op<B> for Layer<B, C> {
    fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        let own = (self.width() as u64).saturating_add(self.hidden.scratch_numbers(gradients));
        own.saturating_add(self.projection.scratch_numbers(gradients))
            .saturating_add(self.cell.scratch_numbers(gradients))
    }

    fn allocate(&mut self, backend: &B, gradients: Gradients) {
        self.bias = Some(backend.zeros(self.width()));
        self.order.allocate(backend);
        self.projection.allocate(backend, gradients);
        self.hidden.allocate(backend, gradients);
        self.cell.allocate(backend, gradients);
    }

    /// The inputs' shares, then the steps.
    fn forward_parts(&self) -> usize {
        self.projection.forward_parts() + self.dims.steps
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        if part == 0 {
            self.refresh_bias(context);
        }
        let Some(index) = part.checked_sub(self.projection.forward_parts()) else {
            if let Some(bias) = &self.bias {
                self.projection.forward(part, bias, context);
            }
            return;
        };
        if index == 0 {
            self.begin_forward(context);
        }
        self.forward_step(index, context);
        if index + 1 == self.dims.steps {
            self.end_forward(context);
        }
    }

    /// The steps, the recurrent weight, then what a linear layer does.
    fn backward_parts(&self, scope: GradientScope) -> usize {
        let weight_parts = match scope {
            GradientScope::Everything => self.weight_sum().parts(),
            GradientScope::Activations => 0,
        };
        self.dims.steps + weight_parts + self.projection.backward_parts(scope)
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let steps = self.dims.steps;
        if part == 0 {
            self.begin_backward(context);
        }
        let Some(rest) = part.checked_sub(steps) else {
            self.backward_step(steps - 1 - part, context);
            if part + 1 == steps {
                self.end_backward(context);
            }
            return;
        };
        let weight_parts = match context.scope {
            GradientScope::Everything => self.weight_sum().parts(),
            GradientScope::Activations => 0,
        };
        match rest.checked_sub(weight_parts) {
            None => self.weight_gradient(rest, context),
            Some(rest) => self.projection.backward(rest, context),
        }
    }
}
