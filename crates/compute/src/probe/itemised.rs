//! Which loss moved which state: ∂L_j/∂h_t, L_j the share of the loss that the predictions of step j have.
//!
//! The tape is walked back once for each j, with every loss weight but those of step j set to 0. Walking back is
//! linear in the weights, so that the sum over j of ∂L_j/∂h_t is ∂L/∂h_t. A state after step j moves no loss of
//! step j in a layer that walks forward: the numbers make a triangle, t ≤ j. Truncated backpropagation cuts it at
//! the window's first step: what earlier windows' states did is not in it, and no loss of a later window is.

use super::ProbePoints;
use crate::backend::Backend;
use crate::tape::{GradientScope, Pass, Tape};
use crate::{ComputeError, Parameters, Real};

/// A walk back from each loss, one after the other, so that it can be interrupted. To be made after a forward pass.
pub struct ItemisedProbe<B: Backend> {
    points: ProbePoints,
    layer: usize,
    /// T.
    steps: usize,
    /// The loss whose walk is next, or in hand.
    loss_step: usize,
    walk: Option<(Pass, B::Buffer)>,
    norms: Vec<f64>,
}

impl<B: Backend> ItemisedProbe<B> {
    /// Of the states of one of the points' layers.
    ///
    /// # Errors
    /// If there is no such layer, or no loss at each of its steps.
    pub fn begin(points: ProbePoints, layer: usize) -> Result<Self, ComputeError> {
        let what = "layer";
        let (size, found) = (points.hidden.len(), u32::try_from(layer).unwrap_or(u32::MAX));
        let hidden = points.hidden.get(layer).ok_or(ComputeError::Index { what, size, found })?;
        let (steps, batch) = match *hidden.shape().dims() {
            [steps, batch, _] => (steps, batch),
            _ => (0, 0),
        };
        let (expected, found) = (steps * batch, points.weights.shape().len());
        if expected != found {
            let what = "loss weights of a loss at each step".to_owned();
            return Err(ComputeError::Length { what, expected, found });
        }
        Ok(Self { points, layer, steps, loss_step: 0, walk: None, norms: Vec::new() })
    }

    /// Walks one part further. Returns the step whose loss's walk has just ended, with its ∂L_j/∂h on the tape;
    /// nothing while a walk is in hand.
    pub fn advance(&mut self, tape: &mut Tape<B>, parameters: &mut Parameters<B>) -> Option<usize> {
        if self.is_done() {
            return None;
        }
        let (pass, weights) = self.walk.get_or_insert_with(|| {
            let rows = self.points.weights.shape().len();
            let batch = rows / self.steps.max(1);
            let is_of_step: Vec<bool> = (0..rows).map(|row| row / batch.max(1) == self.loss_step).collect();
            let weights = tape.keep_only(self.points.weights, &is_of_step);
            tape.zero_gradients();
            tape.set_gradient(self.points.loss, &[B::Elem::ONE]);
            (Pass::backward(GradientScope::Activations), weights)
        });
        if !tape.advance(pass, parameters) {
            return None;
        }
        tape.put_back(self.points.weights, weights);
        self.walk = None;
        let norms = tape.gradient_norms_by_step(self.points.hidden[self.layer]);
        self.norms.extend_from_slice(&norms[..=self.loss_step]);
        self.loss_step += 1;
        Some(self.loss_step - 1)
    }

    /// Whether every loss's walk has ended.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.loss_step >= self.steps
    }

    /// ‖∂L_j/∂h_t‖ for j = 0 … T−1 and t = 0 … j, one row after the other, as far as the walks have ended.
    #[must_use]
    pub fn norms(&self) -> &[f64] {
        &self.norms
    }
}
