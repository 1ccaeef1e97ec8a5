//! A state, h or c, that runs along with a layer's walk.

use super::order::Order;
use super::{RecurrentDims, StepRows};
use crate::backend::{At, Backend};
use crate::ops::scratch::Scratch;
use crate::tape::{Context, Gradients, Var};

/// A state between two steps, and its gradient on the way back.
pub(super) struct RunningState<B: Backend> {
    initial: Var,
    /// `[T, B, H]`, after each step.
    output: Var,
    last: Var,
    buffers: Scratch<StateBuffers<B>>,
}

struct StateBuffers<B: Backend> {
    /// `[B, H]`: s on the way forward, ds on the way back.
    current: B::Buffer,
    /// `[T, B, H]`: s before each step, in the rows of the step; nothing without gradients.
    before: Option<B::Buffer>,
}

impl<B: Backend> RunningState<B> {
    pub(super) fn new(initial: Var, output: Var, last: Var) -> Self {
        Self { initial, output, last, buffers: Scratch::new() }
    }

    pub(super) fn last(&self) -> Var {
        self.last
    }

    pub(super) fn output(&self) -> Var {
        self.output
    }

    pub(super) fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        let before = if gradients == Gradients::Kept { self.output.shape().planned_len() } else { 0 };
        self.last.shape().planned_len().saturating_add(before)
    }

    pub(super) fn allocate(&mut self, backend: &B, gradients: Gradients) {
        let before = (gradients == Gradients::Kept).then(|| backend.zeros(self.output.shape().len()));
        let current = backend.zeros(self.last.shape().len());
        self.buffers.set(StateBuffers { current, before });
    }

    /// s, or ds, of the sequences that reach the present step, in front.
    pub(super) fn current(&self) -> &B::Buffer {
        &self.buffers.get().current
    }

    pub(super) fn current_mut(&mut self) -> &mut B::Buffer {
        &mut self.buffers.get_mut().current
    }

    /// s before each step, in the rows of the step.
    pub(super) fn before(&self) -> &B::Buffer {
        #[expect(clippy::expect_used, reason = "a tape without gradients is never walked back")]
        self.buffers.get().before.as_ref().expect("kept for the way back")
    }

    /// ds to be written, and s before each step.
    pub(super) fn carried_and_before(&mut self) -> (&mut B::Buffer, &B::Buffer) {
        let StateBuffers { current, before } = self.buffers.get_mut();
        #[expect(clippy::expect_used, reason = "a tape without gradients is never walked back")]
        (current, before.as_ref().expect("kept for the way back"))
    }

    /// (1).
    pub(super) fn begin_forward(&mut self, order: &Order<B>, context: &Context<'_, B>) {
        let RecurrentDims { batch, hidden, .. } = order.dims();
        let (backend, initial) = (context.backend, context.values.at(self.initial));
        let current = At(self.current_mut(), 0);
        match order.sequences() {
            None => backend.copy(initial, current, batch * hidden),
            Some(sequences) => backend.gather(initial, At(sequences, 0), current, batch, hidden),
        }
    }

    /// Before a step: keeps s for the way back.
    pub(super) fn keep(&mut self, rows: StepRows, width: usize, backend: &B) {
        let StateBuffers { current, before } = self.buffers.get_mut();
        if let Some(before) = before {
            backend.copy(At(current, 0), At(before, rows.first * width), rows.count * width);
        }
    }

    /// After a step: s is what the step has written, (2).
    pub(super) fn take_step(&mut self, rows: StepRows, width: usize, context: &Context<'_, B>) {
        let At(output, start) = context.values.at(self.output);
        let from = At(output, start + rows.first * width);
        context.backend.copy(from, At(self.current_mut(), 0), rows.count * width);
    }

    /// (3).
    pub(super) fn end_forward(&self, order: &Order<B>, context: &mut Context<'_, B>) {
        let RecurrentDims { batch, hidden, .. } = order.dims();
        let (backend, last) = (context.backend, context.values.at_mut(self.last));
        let current = At(self.current(), 0);
        match order.ranks() {
            None => backend.copy(current, last, batch * hidden),
            Some(ranks) => backend.gather(current, At(ranks, 0), last, batch, hidden),
        }
    }

    /// (4).
    pub(super) fn begin_backward(&mut self, order: &Order<B>, context: &Context<'_, B>) {
        let RecurrentDims { batch, hidden, .. } = order.dims();
        let (backend, d_last) = (context.backend, context.gradients.at(self.last));
        let current = At(self.current_mut(), 0);
        match order.sequences() {
            None => backend.copy(d_last, current, batch * hidden),
            Some(sequences) => backend.gather(d_last, At(sequences, 0), current, batch, hidden),
        }
    }

    /// (6).
    pub(super) fn end_backward(&self, order: &Order<B>, context: &mut Context<'_, B>) {
        let RecurrentDims { batch, hidden, .. } = order.dims();
        let (backend, d_initial) = (context.backend, context.gradients.at_mut(self.initial));
        let current = At(self.current(), 0);
        match order.sequences() {
            None => backend.add(current, d_initial, batch * hidden),
            Some(sequences) => backend.scatter_add(current, At(sequences, 0), d_initial, batch, hidden),
        }
    }
}
