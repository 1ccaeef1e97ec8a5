//! A step that several trainers take together, each on its share of the batch.
//!
//! With the weights of the whole batch in every share's loss, so that the loss of the step is the sum of
//! the shares',
//! 1. `L = Σ_k L_k`
//! 2. `∂L/∂w = Σ_k ∂L_k/∂w`
//!
//! Each trainer works out its share, hands it over ([`Trainer::share`]) and waits. Whoever carries the
//! shares adds them up in an order that never changes ([`Share::add`]) and gives every trainer the same sum
//! ([`Trainer::complete`]), from which each does the same clipping and the same update: weights and
//! optimisers stay alike to the last bit, and nothing else has to be exchanged.
//!
//! # What goes wrong
//! A share whose loss is not finite is handed over like any other, without gradients: the sum is not finite
//! either, and every trainer goes back to the same last good weights. A share that never comes leaves the
//! step half done: [`Trainer::abandon`] takes it back, and it can be taken again in another way.
//!
//! # What is not shared
//! State from window to window stays with the share whose sequences it belongs to. A look inside is that of
//! one share. Running statistics of batch norm are each share's own, as in PyTorch's data parallelism.
//! Dropout draws the same mask for two shares of one seed, so that shares need seeds of their own.

use super::{Phase, Trainer};
use crate::backend::Backend;
use crate::{ComputeError, Real};

/// What one share of a batch, or the sum of several, adds to a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Share<R> {
    /// Its part of the loss, L_k.
    pub loss: f64,
    /// ∂L_k/∂w, one trained parameter after the other.
    pub gradients: Vec<R>,
}

impl<R: Real> Share<R> {
    /// (1), (2) Adds another share of the same step.
    ///
    /// # Errors
    /// If it has another number of gradients; then nothing is added.
    pub fn add(&mut self, other: &Self) -> Result<(), ComputeError> {
        check_length(&other.gradients, self.gradients.len())?;
        self.loss += other.loss;
        for (sum, gradient) in self.gradients.iter_mut().zip(&other.gradients) {
            *sum += *gradient;
        }
        Ok(())
    }
}

impl<B: Backend> Trainer<B> {
    /// Sets whether the coming steps are taken together with others.
    ///
    /// # Errors
    /// If a step is half done.
    pub fn set_shared(&mut self, is_shared: bool) -> Result<(), ComputeError> {
        self.check_between_steps()?;
        self.is_shared = is_shared;
        Ok(())
    }

    /// Whether this trainer's share is worked out and the sum of all is awaited.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self.phase, Phase::Waiting)
    }

    /// Puts this trainer's share into `share`, whose memory is used again.
    ///
    /// # Errors
    /// If it is not [waiting](Self::is_waiting).
    pub fn share(&self, share: &mut Share<B::Elem>) -> Result<(), ComputeError> {
        self.check_waiting()?;
        share.loss = self.ledger.known_loss().unwrap_or(f64::NAN);
        share.gradients.resize(self.parameters.trained_count(), B::Elem::ZERO);
        self.parameters.read_gradients(&mut share.gradients);
        Ok(())
    }

    /// Goes on with the sum of all shares; [`Trainer::advance`] then ends the step.
    ///
    /// # Errors
    /// If it is not [waiting](Self::is_waiting), or there are not as many gradients as it has.
    pub fn complete(&mut self, sum: &Share<B::Elem>) -> Result<(), ComputeError> {
        self.check_waiting()?;
        check_length(&sum.gradients, self.parameters.trained_count())?;
        self.ledger.set_loss(sum.loss);
        self.parameters.write_gradients(&sum.gradients);
        self.keep_as_good();
        self.phase = Phase::Update;
        Ok(())
    }

    /// Takes back the step in hand, if there is one, as if it had not begun: weights, optimiser and what
    /// dropout draws are those of before. What lies on the tape and the running statistics of batch norm
    /// have moved on; they are the caller's to restore.
    pub fn abandon(&mut self) {
        let begun = match self.phase {
            // Between two micro-batches the present one has not begun.
            Phase::Idle => self.accumulation.passes() - 1,
            _ => self.accumulation.passes(),
        };
        self.progress.passes = self.progress.passes.wrapping_sub(begun);
        self.requests.look |= self.probe.take().is_some() || matches!(self.phase, Phase::Look(_));
        self.watched.forget();
        self.end_step();
    }

    fn check_waiting(&self) -> Result<(), ComputeError> {
        if self.is_waiting() { Ok(()) } else { Err(ComputeError::NotWaiting) }
    }
}

fn check_length<R>(gradients: &[R], expected: usize) -> Result<(), ComputeError> {
    if gradients.len() == expected {
        return Ok(());
    }
    Err(ComputeError::Length { what: "a share's gradients".to_owned(), expected, found: gradients.len() })
}
