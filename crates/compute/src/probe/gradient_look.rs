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
    backend: B,
    points: ProbePoints,
    /// The loss weights as they were.
    weights: B::Buffer,
    /// The squares of the norms of both walks, layer by layer, step by step.
    ledger: B::Ledger,
    pending: B::Pending,
    entries: Vec<f64>,
    has_arrived: bool,
    pass: Pass,
}

impl<B: Backend> GradientProbe<B> {
    /// Takes down the norms of the backward pass that has just ended and prepares the walk from the
    /// last step's loss.
    pub fn begin(points: ProbePoints, tape: &mut Tape<B>) -> Self {
        let backend = tape.backend().clone();
        let count = 2 * points.norm_count();
        let mut ledger = backend.ledger(count);
        points.enter_norms(tape, &mut ledger, 0);
        let weights = tape.keep_only(points.weights, &points.is_last(tape));
        tape.zero_gradients();
        tape.set_gradient(points.loss, &[B::Elem::ONE]);
        Self {
            pending: backend.pending(count),
            entries: vec![0.0; count],
            has_arrived: false,
            pass: Pass::backward(GradientScope::Activations),
            backend,
            points,
            weights,
            ledger,
        }
    }

    /// Walks one part further. Returns whether it has arrived, with the loss weights as they were.
    pub fn advance(&mut self, tape: &mut Tape<B>, parameters: &mut Parameters<B>) -> bool {
        if !tape.advance(&mut self.pass, parameters) {
            return false;
        }
        self.points.enter_norms(tape, &mut self.ledger, self.points.norm_count());
        tape.put_back(self.points.weights, &self.weights);
        self.backend.request(&self.ledger, &mut self.pending);
        true
    }

    /// Whether the device has told what was found, after the walk.
    pub(crate) fn has_arrived(&mut self) -> bool {
        self.has_arrived = self.has_arrived || self.backend.fetch(&mut self.pending, &mut self.entries);
        self.has_arrived
    }

    /// What was found, once the device has told.
    pub fn take_look(&mut self) -> Option<GradientLook> {
        if !self.has_arrived() {
            return None;
        }
        let mut norms = self.entries.iter().map(|&square| libm::sqrt(square));
        let [total, last_loss] = [(); 2].map(|()| {
            let layer = |&hidden: &Var| norms.by_ref().take(steps(hidden)).collect();
            self.points.hidden.iter().map(layer).collect()
        });
        Some(GradientLook { total, last_loss })
    }
}

fn steps(hidden: Var) -> usize {
    hidden.shape().dims().first().copied().unwrap_or(0)
}

impl ProbePoints {
    /// Norms of one walk: one for each step of each layer.
    fn norm_count(&self) -> usize {
        self.hidden.iter().map(|&hidden| steps(hidden)).sum()
    }

    fn enter_norms<B: Backend>(&self, tape: &Tape<B>, ledger: &mut B::Ledger, mut entry: usize) {
        for &hidden in &self.hidden {
            entry += tape.enter_gradient_by_step(hidden, ledger, entry);
        }
    }

    /// Of each prediction, whether it is the last of its sequence.
    fn is_last<B: Backend>(&self, tape: &Tape<B>) -> Vec<bool> {
        if let Some(packing) = self.weights.packing().map(|packing| tape.packing(packing)) {
            let is_last = |(step, sequence): (usize, usize)| step + 1 == packing.lengths()[sequence];
            return packing.places().map(is_last).collect();
        }
        let rows = self.weights.shape().len();
        let batch = self.hidden.first().and_then(|hidden| hidden.shape().dims().get(1).copied());
        let first_of_last = rows.saturating_sub(batch.unwrap_or(1));
        (0..rows).map(|row| row >= first_of_last).collect()
    }
}
