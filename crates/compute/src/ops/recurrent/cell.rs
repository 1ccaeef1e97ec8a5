//! What a cell adds to the walk that all layers share.

use super::state::StateVars;
use crate::ParameterId;
use crate::Parameters;
use crate::backend::{Backend, RecurrentWeight, StateKind, Steps};
use crate::tape::{Context, PackedId, PackedWeights, Var};

/// One kind of cell: which tensors its steps read and write.
pub(super) trait Cell<B: Backend> {
    /// The state that the cell has beside h.
    fn second_state(&self) -> Option<StateVars> {
        None
    }

    /// Where the recurrent product goes, and where its gradient comes from: `[T, B, G·H]`.
    fn recurrent_share(&self) -> Var;

    /// Whether the recurrent bias is kept apart from the input's share, because the cell treats the
    /// two shares differently.
    fn has_separate_shares(&self) -> bool {
        false
    }

    /// The state of whose gradient a part reaches the step before past the gates, not through the product.
    fn passes_by(&self) -> Option<StateKind> {
        None
    }

    /// Takes steps, (2).
    fn forward(&self, run: Run<'_, B>, context: &mut Context<'_, B>);

    /// Walks back through steps, (5).
    fn backward(&self, run: Run<'_, B>, context: &mut Context<'_, B>);
}

/// Steps that a cell is to take.
pub(super) struct Run<'a, B: Backend> {
    pub(super) steps: Steps,
    pub(super) weight: WeightIds,
    /// The bias of the state's share.
    pub(super) bias: ParameterId,
    pub(super) walk: &'a mut B::Walk,
}

/// W_hh.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightIds {
    pub(super) matrix: ParameterId,
    /// Laid out for the way that is walked, if the backend wants it so.
    pub(super) packed: Option<PackedId>,
}

impl WeightIds {
    /// Where it lies.
    pub(super) fn of<'a, B: Backend>(
        self,
        parameters: &'a Parameters<B>,
        packed: &'a PackedWeights<B>,
    ) -> RecurrentWeight<'a, B> {
        let packed = self.packed.map(|id| packed.get(id));
        RecurrentWeight { matrix: parameters.value(self.matrix), packed }
    }
}
