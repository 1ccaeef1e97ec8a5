//! What a cell adds to the walk that all layers share.

use super::StepRows;
use super::state::RunningState;
use crate::backend::{At, Backend};
use crate::tape::{Context, Gradients, Var};

/// One kind of cell: what happens at a step between the recurrent product and the new state.
pub(super) trait Cell<B: Backend> {
    /// Numbers that [`Cell::allocate`] will ask for.
    fn scratch_numbers(&self, _gradients: Gradients) -> u64 {
        0
    }

    /// Allocates what the cell keeps for itself.
    fn allocate(&mut self, _backend: &B, _gradients: Gradients) {}

    /// The state that the cell has beside h.
    fn second_state(&mut self) -> Option<&mut RunningState<B>> {
        None
    }

    /// Where the recurrent product goes, and where its gradient comes from: `[T, B, G·H]`.
    fn recurrent_share(&self) -> Var;

    /// Whether the recurrent bias is kept apart from the input's share, because the cell treats the
    /// two shares differently.
    fn has_separate_shares(&self) -> bool {
        false
    }

    /// Computes a step from its pre-activations; `hidden` is the state before it.
    fn forward(&mut self, at: StepAt, hidden: &RunningState<B>, context: &mut Context<'_, B>);

    /// Computes the gradient of the pre-activations of a step; `hidden` carries ds. What flows past the
    /// gates to the state before is left in ds if [`Cell::passes_by`].
    fn backward(&mut self, at: StepAt, hidden: &mut RunningState<B>, context: &mut Context<'_, B>);

    /// Whether [`Cell::backward`] leaves a part of ds that the product is to be added to.
    fn passes_by(&self) -> bool {
        false
    }
}

/// A step of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepAt {
    /// Its rows.
    pub(super) rows: StepRows,
    /// H.
    pub(super) hidden: usize,
}

impl StepAt {
    /// The part of a tensor `[T, B, width]` that belongs to the step.
    pub(super) fn of<T>(self, At(buffer, start): At<T>, width: usize) -> At<T> {
        At(buffer, start + self.rows.first * width)
    }
}
