//! Gradients that a look takes down number by number, before the probe's second walk replaces them.

use super::Trainer;
use crate::backend::Backend;
use crate::tape::{Tape, Var};

/// Tensors whose gradients belong to a look, and those gradients on their way.
pub(super) struct WatchedGradients<B: Backend> {
    tensors: Vec<Var>,
    transfer: Option<B::Transfer>,
}

impl<B: Backend> Default for WatchedGradients<B> {
    fn default() -> Self {
        Self { tensors: Vec::new(), transfer: None }
    }
}

impl<B: Backend> WatchedGradients<B> {
    /// Asks for the gradients of the backward pass that has just ended.
    pub(super) fn request(&mut self, tape: &Tape<B>) {
        let is_wanted = !self.tensors.is_empty() && tape.has_gradients();
        self.transfer = is_wanted.then(|| tape.request_gradients(&self.tensors));
    }

    /// What was asked for belongs to a step that is taken back.
    pub(super) fn forget(&mut self) {
        self.transfer = None;
    }
}

impl<B: Backend> Trainer<B> {
    /// Sets the tensors whose gradients are taken down with a look. They belong to the present tape, so that
    /// they must be set again after [`Trainer::replace_tape`].
    pub fn watch_gradients(&mut self, tensors: Vec<Var>) {
        self.watched = WatchedGradients { tensors, transfer: None };
    }

    /// The gradients of the watched tensors on their way, one after the other, of the step that was looked at
    /// last; then never again.
    pub fn take_watched_gradients(&mut self) -> Option<B::Transfer> {
        self.watched.transfer.take()
    }
}
