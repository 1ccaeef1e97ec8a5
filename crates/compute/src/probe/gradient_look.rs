//! A look at how the gradient travels back through time.
//!
//! With a loss at every step, ∂L/∂h_t is dominated by the losses near t and hides what becomes of the
//! gradient on its way. So the probe also walks the tape back from the last step's loss alone:
//! ‖∂L_T/∂h_t‖ is the curve that vanishes or explodes. L_T is counted as in L, so that both curves have
//! one scale and meet at the last step. If the sequences differ in length, L_T is the sum over each one's
//! own last step. In a layer that walks in reverse, step T is where the walk begins and nothing travels on
//! from: its curve shows what the layers above send down, and [`super::JacobianProbe`] what its own
//! recurrence makes of a gradient.

use crate::backend::Backend;
use crate::tape::{GradientScope, Pass, Tape, Var};
use crate::{Parameters, Real};

/// Where a [`GradientProbe`] looks.
#[derive(Debug, Clone)]
pub struct ProbePoints {
    /// The loss, `[1]`.
    pub loss: Var,
    /// How much each prediction counts in the loss, `[T·B]`, time-major; or a packed tensor of one number
    /// a row.
    pub weights: Var,
    /// The hidden states of each layer and direction, `[T, B, H]`, packed or not.
    pub hidden: Vec<Var>,
}

/// What a look found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GradientLook {
    /// ‖∂L/∂h_t‖ over batch and units, for each layer and t = 0 … T−1.
    pub total: Vec<Vec<f64>>,
    /// ‖∂L_T/∂h_t‖, L_T the last step's share of the loss, for each layer and t.
    pub last_loss: Vec<Vec<f64>>,
}

/// A look in progress: made after a backward pass, before the weights are updated.
pub struct GradientProbe<B: Backend> {
    points: ProbePoints,
    weights: Vec<B::Elem>,
    look: GradientLook,
    pass: Pass,
}

impl<B: Backend> GradientProbe<B> {
    /// Takes down the norms of the backward pass that has just ended and prepares the walk from the
    /// last step's loss.
    pub fn begin(points: ProbePoints, tape: &mut Tape<B>) -> Self {
        let total = points.norms(tape);
        let weights: Vec<B::Elem> = tape.read(points.weights).into_iter().collect();
        tape.set(points.weights, &points.last_only(&weights, tape));
        tape.zero_gradients();
        tape.set_gradient(points.loss, &[B::Elem::ONE]);
        let look = GradientLook { total, last_loss: Vec::new() };
        Self { points, weights, look, pass: Pass::backward(GradientScope::Activations) }
    }

    /// Walks one part further. Returns what was found at the end, with the loss weights as they were.
    pub fn advance(&mut self, tape: &mut Tape<B>, parameters: &mut Parameters<B>) -> Option<GradientLook> {
        if !tape.advance(&mut self.pass, parameters) {
            return None;
        }
        self.look.last_loss = self.points.norms(tape);
        tape.set(self.points.weights, &self.weights);
        Some(std::mem::take(&mut self.look))
    }
}

impl ProbePoints {
    fn norms<B: Backend>(&self, tape: &Tape<B>) -> Vec<Vec<f64>> {
        self.hidden.iter().map(|&hidden| tape.gradient_norms_by_step(hidden)).collect()
    }

    /// The loss weights with only those of each sequence's last prediction left.
    fn last_only<B: Backend>(&self, weights: &[B::Elem], tape: &Tape<B>) -> Vec<B::Elem> {
        let keep = |is_last: bool, weight: B::Elem| if is_last { weight } else { B::Elem::ZERO };
        if let Some(packing) = self.weights.packing().map(|packing| tape.packing(packing)) {
            let is_last = packing.places().map(|(step, sequence)| step + 1 == packing.lengths()[sequence]);
            return is_last.zip(weights).map(|(is_last, &weight)| keep(is_last, weight)).collect();
        }
        let batch = self.hidden.first().and_then(|hidden| hidden.shape().dims().get(1).copied());
        let first_of_last = weights.len().saturating_sub(batch.unwrap_or(1));
        weights.iter().enumerate().map(|(row, &weight)| keep(row >= first_of_last, weight)).collect()
    }
}
