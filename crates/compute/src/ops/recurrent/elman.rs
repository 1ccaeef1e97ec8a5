//! Elman's simple recurrent cell (Elman, "Finding Structure in Time", 1990; PyTorch's `nn.RNN` with
//! tanh or ReLU).
//!
//! Shapes: `a, h [T, B, H]`; `s` is the hidden state before the step.
//!
//! 1. Forward: `a[t] = x[t] · W_ihᵀ + b_ih + s · W_hhᵀ + b_hh`.
//! 2. `h[t] = tanh(a[t])`, or `max(0, a[t])`.
//! 3. Backward: `dh[t] += ds`.
//! 4. `da[t] = dh[t] ⊙ (1 − h[t]²)`, or `dh[t] ⊙ [h[t] > 0]`.
//! 5. `ds = da[t] · W_hh`.

use super::cell::{Cell, StepAt};
use super::state::RunningState;
use crate::backend::{Backend, CellSize, Nonlinearity};
use crate::tape::{Context, Var};

/// The cell of an Elman layer.
pub(super) struct Elman {
    nonlinearity: Nonlinearity,
    output: Var,
    gates: Var,
}

impl Elman {
    pub(super) fn new(nonlinearity: Nonlinearity, output: Var, gates: Var) -> Self {
        Self { nonlinearity, output, gates }
    }
}

impl<B: Backend> Cell<B> for Elman {
    fn recurrent_share(&self) -> Var {
        self.gates
    }

    fn forward(&mut self, at: StepAt, _hidden: &RunningState<B>, context: &mut Context<'_, B>) {
        let size = CellSize { rows: at.rows.count, hidden: at.hidden };
        let [a, h] = context.values.many_mut([self.gates, self.output]);
        let (a, h) = (at.of(self.gates.at(a), at.hidden), at.of(self.output.at(h), at.hidden));
        context.backend.elman_forward(size, self.nonlinearity, a, h); // (2)
    }

    fn backward(&mut self, at: StepAt, hidden: &mut RunningState<B>, context: &mut Context<'_, B>) {
        let size = CellSize { rows: at.rows.count, hidden: at.hidden };
        let [d_h, d_a] = context.gradients.many_mut([self.output, self.gates]);
        let (d_h, d_a) = (at.of(self.output.at(d_h), at.hidden), at.of(self.gates.at(d_a), at.hidden));
        let h = at.of(context.values.at(self.output), at.hidden);
        context.backend.elman_backward(size, self.nonlinearity, h, hidden.current(), d_h, d_a); // (3), (4)
    }
}
