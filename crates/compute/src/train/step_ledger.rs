//! What a step enters in its ledger, and where.

use super::norms::{StepNorms, UpdateNorms};
use crate::Parameters;
use crate::backend::Backend;
use std::ops::Range;

/// The entry of the loss.
pub(super) const LOSS: usize = 0;
/// Norms of a parameter that are kept: its gradient's before and after clipping by value, and, on request,
/// after clipping by norm, the weight's and the update's.
const NORMS: usize = 5;

/// A step's ledger: the loss, then [`NORMS`] squares of each parameter, norm by norm.
pub(super) struct StepLedger<B: Backend> {
    backend: B,
    ledger: B::Ledger,
    parameters: usize,
}

impl<B: Backend> StepLedger<B> {
    pub(super) fn new(backend: B, parameters: &Parameters<B>) -> Self {
        let parameters = parameters.ids().count();
        Self { ledger: backend.ledger(1 + NORMS * parameters), backend, parameters }
    }

    pub(super) fn entries(&self) -> usize {
        1 + NORMS * self.parameters
    }

    pub(super) fn ledger(&self) -> &B::Ledger {
        &self.ledger
    }

    /// The loss and the entry that it is, for what depends on it.
    pub(super) fn loss(&self) -> (&B::Ledger, usize) {
        (&self.ledger, LOSS)
    }

    /// The same, to be added to.
    pub(super) fn loss_mut(&mut self) -> (&mut B::Ledger, usize) {
        (&mut self.ledger, LOSS)
    }

    /// The loss, if it can be known without waiting.
    pub(super) fn known_loss(&self) -> Option<f64> {
        self.backend.known(&self.ledger, LOSS)
    }

    /// Whether the step is known to have diverged.
    pub(super) fn has_diverged(&self) -> bool {
        let is_finite = |entry| self.backend.known(&self.ledger, entry).is_none_or(f64::is_finite);
        !(is_finite(LOSS) && self.squares(0).all(is_finite))
    }

    pub(super) fn set_loss(&mut self, loss: f64) {
        self.backend.set_entry(&mut self.ledger, LOSS, loss);
    }

    /// Measures all gradients; clips them by value, and then their norm.
    pub(super) fn clip(
        &mut self,
        parameters: &mut Parameters<B>,
        (clip_value, clip_norm): (Option<f64>, Option<f64>),
    ) {
        let mut squares = self.squares(0);
        for (id, entry) in parameters.ids().zip(squares.clone()) {
            parameters.enter_gradient(id, &mut self.ledger, entry);
        }
        if let Some(bound) = clip_value.filter(|&bound| bound > 0.0) {
            parameters.clamp_gradients(bound);
            squares = self.squares(1);
            for (id, entry) in parameters.ids().zip(squares.clone()) {
                parameters.enter_gradient(id, &mut self.ledger, entry);
            }
        }
        if let Some(max_norm) = clip_norm {
            parameters.clip_gradients(&self.ledger, squares, max_norm);
        }
    }

    /// Measures an update that led from `before` to `after`, along the gradients of `after`.
    pub(super) fn enter_update(&mut self, before: &Parameters<B>, after: &Parameters<B>) {
        let [clipped, weight, change] = [2, 3, 4].map(|norm| self.squares(norm));
        for (((id, clipped), weight), change) in after.ids().zip(clipped).zip(weight).zip(change) {
            after.enter_gradient(id, &mut self.ledger, clipped);
            before.enter_value(id, &mut self.ledger, weight);
            after.enter_distance(id, before, &mut self.ledger, change);
        }
    }

    /// Takes the norms from the entries of a ledger; returns the norm of all gradients.
    pub(super) fn take_norms(&self, entries: &[f64], has_update: bool, norms: &mut StepNorms) -> f64 {
        let roots = |norm: usize| entries[self.squares(norm)].iter().map(|&square| libm::sqrt(square));
        norms.gradient.clear();
        norms.gradient.extend(roots(0));
        norms.update = has_update.then(|| UpdateNorms {
            clipped: roots(2).collect(),
            weight: roots(3).collect(),
            change: roots(4).collect(),
        });
        libm::sqrt(entries[self.squares(0)].iter().sum())
    }

    fn squares(&self, norm: usize) -> Range<usize> {
        1 + norm * self.parameters..1 + (norm + 1) * self.parameters
    }
}
