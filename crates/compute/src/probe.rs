//! A look at how the gradient travels back through time.
//!
//! With a loss at every step, ∂L/∂h_t is dominated by the losses near t and hides what becomes of the
//! gradient on its way. So the probe also walks the tape back from the last step's loss alone:
//! ‖∂L_T/∂h_t‖ is the curve that vanishes or explodes. L_T is counted as in L, so that both curves have
//! one scale and meet at the last step.

use crate::backend::Backend;
use crate::tape::{GradientScope, Pass, Tape, Var};
use crate::{Parameters, Real};

/// Where a [`GradientProbe`] looks.
#[derive(Debug, Clone)]
pub struct ProbePoints {
    /// The loss, `[1]`.
    pub loss: Var,
    /// How much each prediction counts in the loss, `[T·B]`, time-major.
    pub weights: Var,
    /// The hidden states of each layer, `[T, B, H]`.
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
        let batch = points.hidden.first().map_or(1, |hidden| hidden.shape().dims()[1]);
        let first_of_last = weights.len() - batch;
        let mut last_only = weights.clone();
        last_only[..first_of_last].fill(B::Elem::ZERO);
        tape.set(points.weights, &last_only);
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
        let by_step = |hidden: &Var| {
            (0..hidden.shape().dims()[0]).map(|step| tape.gradient_norm(hidden.entry(step))).collect()
        };
        self.hidden.iter().map(by_step).collect()
    }
}
