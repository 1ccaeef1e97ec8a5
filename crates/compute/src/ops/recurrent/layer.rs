//! The walk of one layer, part by part. The numbers of the equations are those of the folder.

use super::cell::{Cell, Run, WeightIds};
use super::input::InputProjection;
use super::order::Order;
use super::state::StateVars;
use super::{Direction, LayerWeights, RecurrentDims};
use crate::backend::{
    At, Backend, EntryGradient, ExitGradient, Memory, PastGates, StateKind, StepRows, WalkSize,
};
use crate::ops::Op;
use crate::ops::projection::RowBias;
use crate::ops::scratch::Scratch;
use crate::ops::weight_gradient::WeightGradient;
use crate::tape::{Context, GradientScope, Gradients, PackedId, PackedUse, Recorder};

/// One direction of a recurrent layer.
pub(super) struct Layer<B: Backend, C> {
    dims: RecurrentDims,
    cell: C,
    projection: InputProjection<B>,
    hidden: StateVars,
    weights: LayerWeights,
    order: Order<B>,
    /// W_hh for the way forward and the way back, if the backend wants it laid out.
    packed: Option<[PackedId; 2]>,
    scratch: Scratch<LayerScratch<B>>,
    /// Steps that the backend takes in one call.
    steps_at_once: usize,
}

struct LayerScratch<B: Backend> {
    walk: B::Walk,
    /// `[G·H]`, for the sum of the biases' gradients.
    bias_sum: B::Buffer,
}

impl<B: Backend, C: Cell<B>> Layer<B, C> {
    pub(super) fn new(
        recorder: &mut Recorder<B>,
        dims: RecurrentDims,
        cell: C,
        projection: InputProjection<B>,
        hidden: StateVars,
        weights: LayerWeights,
        direction: Direction,
    ) -> Self {
        let width = projection.output().shape().width();
        let packed = B::LAYS_OUT_WEIGHTS.then(|| {
            [PackedUse::Forward, PackedUse::Backward]
                .map(|purpose| recorder.packed_weight(weights.recurrent, [width, dims.hidden], purpose))
        });
        let order = Order::new(dims, direction, projection.output().packing());
        let (scratch, steps_at_once) = (Scratch::new(), 1);
        Self { dims, cell, projection, hidden, weights, order, packed, scratch, steps_at_once }
    }

    /// G·H.
    fn width(&self) -> usize {
        self.projection.output().shape().width()
    }

    fn walk_size(&self, gradients: Gradients) -> WalkSize {
        let RecurrentDims { steps, batch, hidden } = self.dims;
        let states = 1 + usize::from(self.cell.second_state().is_some());
        let is_kept = gradients == Gradients::Kept;
        WalkSize {
            steps,
            batch,
            hidden,
            gates: self.width() / hidden.max(1),
            states,
            is_packed: self.order.is_packed(),
            is_kept,
        }
    }

    /// The bias of the inputs' share: both biases, unless the cell keeps them apart.
    fn bias(&self) -> RowBias {
        let LayerWeights { input_bias, recurrent_bias, .. } = self.weights;
        if self.cell.has_separate_shares() {
            RowBias::Parameter(input_bias)
        } else {
            RowBias::Sum(input_bias, recurrent_bias)
        }
    }

    /// W_hh for the way forward (0) or back (1).
    fn weight(&self, way: usize) -> WeightIds {
        WeightIds { matrix: self.weights.recurrent, packed: self.packed.map(|packed| packed[way]) }
    }

    fn refresh_weight(&self, way: usize, context: &mut Context<'_, B>) {
        if let Some(packed) = self.packed {
            context.packed.refresh(packed[way], context.backend, context.parameters);
        }
    }

    /// The rows of the shares of the inputs, of all steps.
    fn all_rows(&self, context: &Context<'_, B>) -> StepRows {
        StepRows { first: 0, count: context.rows(self.projection.output()) }
    }

    /// Parts that the walk has either way.
    fn walk_parts(&self) -> usize {
        self.dims.steps.div_ceil(self.steps_at_once)
    }

    /// The first step of a part of the walk, and how many steps it has.
    fn part_steps(&self, part: usize) -> (usize, usize) {
        let first = part * self.steps_at_once;
        (first, self.steps_at_once.min(self.dims.steps - first))
    }

    /// (1).
    fn begin_forward(&mut self, context: &mut Context<'_, B>) {
        self.refresh_weight(0, context);
        self.order.refresh(context);
        // What each step fetches of its inputs suits a cache; a queue is better served with all at once.
        if B::IS_QUEUED {
            self.projection.forward_step(self.all_rows(context), context);
        }
        let hidden = context.values.at(self.hidden.initial);
        let cells = self.cell.second_state().map(|state| context.values.at(state.initial));
        let walk = &mut self.scratch.get_mut().walk;
        context.backend.enter_walk(walk, self.order.of_rows(), hidden, cells);
    }

    /// The steps of a part, (2).
    fn forward_steps(&mut self, part: usize, context: &mut Context<'_, B>) {
        let (index, count) = self.part_steps(part);
        let steps = self.order.steps(index, count, context);
        if steps.rows.count == 0 {
            return;
        }
        if !B::IS_QUEUED {
            self.projection.forward_step(steps.rows, context);
        }
        let (weight, bias) = (self.weight(0), self.weights.recurrent_bias);
        let walk = &mut self.scratch.get_mut().walk;
        self.cell.forward(Run { steps, weight, bias, walk }, context);
    }

    /// (3).
    fn end_forward(&mut self, context: &mut Context<'_, B>) {
        let (walk, order) = (&self.scratch.get().walk, self.order.of_rows());
        let states = [(StateKind::Hidden, Some(self.hidden)), (StateKind::Cells, self.cell.second_state())];
        for (kind, state) in states {
            let Some(StateVars { output, last, .. }) = state else { continue };
            let [after, to] = context.values.many_mut([output, last]);
            context.backend.leave_walk(walk, order, kind, output.at(&*after), last.at(to));
        }
    }

    /// (4).
    fn begin_backward(&mut self, context: &mut Context<'_, B>) {
        self.refresh_weight(1, context);
        self.projection.begin_backward(context);
        let (walk, order) = (&mut self.scratch.get_mut().walk, self.order.of_rows());
        let gradients = &mut *context.gradients;
        let exit = |state: StateVars, d_last, d_after| ExitGradient {
            d_last: state.last.at(d_last),
            d_after: state.output.at(d_after),
        };
        let hidden = self.hidden;
        match self.cell.second_state() {
            None => {
                let [d_last, d_after] = gradients.many_mut([hidden.last, hidden.output]);
                context.backend.enter_walk_backward(walk, order, exit(hidden, &*d_last, d_after), None);
            }
            Some(cells) => {
                let vars = [hidden.last, hidden.output, cells.last, cells.output];
                let [h_last, h, c_last, c] = gradients.many_mut(vars);
                let (hidden, cells) = (exit(hidden, &*h_last, h), exit(cells, &*c_last, c));
                context.backend.enter_walk_backward(walk, order, hidden, Some(cells));
            }
        }
    }

    /// Back through the steps of a part, (5).
    fn backward_steps(&mut self, part: usize, context: &mut Context<'_, B>) {
        let (index, count) = self.part_steps(part);
        let steps = self.order.steps(index, count, context);
        if steps.rows.count == 0 {
            return;
        }
        let (weight, bias) = (self.weight(1), self.weights.recurrent_bias);
        let walk = &mut self.scratch.get_mut().walk;
        self.cell.backward(Run { steps, weight, bias, walk }, context);
        if !B::IS_QUEUED && context.scope == GradientScope::Everything {
            self.projection.backward_step(steps.rows, context);
        }
    }

    /// (6), and the biases' part of (7).
    fn end_backward(&mut self, context: &mut Context<'_, B>) {
        self.initial_gradients(context);
        if context.scope == GradientScope::Everything {
            if B::IS_QUEUED {
                self.projection.backward_step(self.all_rows(context), context);
            }
            self.bias_gradients(context);
        }
    }

    fn initial_gradients(&mut self, context: &mut Context<'_, B>) {
        let (rows, weight) =
            (self.order.first_rows(context), self.weight(1).of(context.parameters, context.packed));
        let (share, state) = (self.cell.recurrent_share(), self.cell.passes_by());
        let (initial, cells) = (self.hidden.initial, self.cell.second_state());
        let after = cells.map_or(self.hidden.output, |cells| cells.output);
        let gates = self.projection.output();
        let all_gates = context.values.at(gates).0;
        let (backend, gradients, order) = (context.backend, &mut *context.gradients, self.order.of_rows());
        let walk = &mut self.scratch.get_mut().walk;
        type Part<'a, B> = Option<At<&'a mut <B as Memory>::Buffer>>;
        let mut leave =
            |d_share: &B::Buffer, d_after: &B::Buffer, d_hidden: Part<'_, B>, d_cells: Part<'_, B>| {
                let d_after = after.at(d_after);
                let past_gates = state.map(|state| PastGates { state, gates: gates.at(all_gates), d_after });
                let gradient = EntryGradient { d_share: share.at(d_share), past_gates, d_hidden, d_cells };
                backend.leave_walk_backward(rows, weight, walk, order, gradient);
            };
        match cells.map(|cells| cells.initial) {
            Some(cells) if !cells.shares_buffer(initial) => {
                let [d_share, d_after, d_h, d_c] = gradients.many_mut([share, after, initial, cells]);
                leave(d_share, d_after, Some(initial.at(d_h)), Some(cells.at(d_c)));
            }
            cells => {
                let [d_share, d_after, d_h] = gradients.many_mut([share, after, initial]);
                leave(d_share, d_after, Some(initial.at(d_h)), None);
                if let Some(cells) = cells {
                    let [d_share, d_after, d_c] = gradients.many_mut([share, after, cells]);
                    leave(d_share, d_after, None, Some(cells.at(d_c)));
                }
            }
        }
    }

    fn bias_gradients(&mut self, context: &mut Context<'_, B>) {
        let width = self.width();
        let rows = self.all_rows(context).count;
        let share = self.cell.recurrent_share();
        let recurrent = self.cell.has_separate_shares().then(|| (context.gradients.at(share), rows));
        let input = self.projection.bias_rows(context.gradients, rows);
        let LayerWeights { input_bias, recurrent_bias, .. } = self.weights;
        let d_biases = context.parameters.gradients_mut([input_bias, recurrent_bias]);
        let sum = &mut self.scratch.get_mut().bias_sum;
        context.backend.bias_gradients(width, input, recurrent, sum, d_biases);
    }

    fn weight_sum(&self) -> WeightGradient {
        let RecurrentDims { steps, batch, hidden } = self.dims;
        WeightGradient::new::<B>(steps * batch, [self.width(), hidden])
    }

    /// A part of (7), the recurrent weight's.
    fn weight_gradient(&self, part: usize, context: &mut Context<'_, B>) {
        let share = self.cell.recurrent_share();
        let (backend, rows) = (context.backend, context.rows(share));
        let d_a = context.gradients.at(share);
        let before = At(backend.hidden_before(&self.scratch.get().walk), 0);
        let d_weight = context.parameters.gradient_mut(self.weights.recurrent);
        self.weight_sum().run(backend, (part, rows), d_a, before, d_weight);
    }
}

impl<B: Backend, C: Cell<B>> Op<B> for Layer<B, C> {
    fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        (self.width() as u64)
            .saturating_add(B::walk_numbers(self.walk_size(gradients)))
            .saturating_add(self.projection.scratch_numbers(gradients))
    }

    fn allocate(&mut self, backend: &B, gradients: Gradients) {
        let size = self.walk_size(gradients);
        self.steps_at_once = backend.steps_at_once(size).clamp(1, self.dims.steps);
        self.scratch.set(LayerScratch { walk: backend.walk(size), bias_sum: backend.zeros(self.width()) });
        self.order.allocate(backend);
        self.projection.allocate(backend, gradients);
    }

    /// The inputs' shares, then the steps.
    fn forward_parts(&self) -> usize {
        self.projection.forward_parts() + self.walk_parts()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let Some(walk_part) = part.checked_sub(self.projection.forward_parts()) else {
            let bias = self.bias();
            return self.projection.forward(part, bias, context);
        };
        if walk_part == 0 {
            self.begin_forward(context);
        }
        self.forward_steps(walk_part, context);
        if walk_part + 1 == self.walk_parts() {
            self.end_forward(context);
        }
    }

    /// The steps, the recurrent weight, then what a linear layer does.
    fn backward_parts(&self, scope: GradientScope) -> usize {
        let weight_parts = match scope {
            GradientScope::Everything => self.weight_sum().parts(),
            GradientScope::Activations => 0,
        };
        self.walk_parts() + weight_parts + self.projection.backward_parts(scope)
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let walk_parts = self.walk_parts();
        if part == 0 {
            self.begin_backward(context);
        }
        let Some(rest) = part.checked_sub(walk_parts) else {
            self.backward_steps(walk_parts - 1 - part, context);
            if part + 1 == walk_parts {
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
