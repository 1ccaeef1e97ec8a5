//! Gated recurrent unit (Cho et al., 2014, with the reset gate applied after the recurrent product, as
//! in PyTorch's `nn.GRU` and cuDNN).
//!
//! Shapes: `a_x, a_h [T, B, 3H]`, gates in PyTorch's order r, z, n; `h [T, B, H]`; `s` is the hidden state
//! before the step.
//!
//! 1. Forward: `a_x[t] = x[t] · W_ihᵀ + b_ih`, `a_h[t] = s · W_hhᵀ + b_hh`, kept apart because the reset
//!    gate scales the one and not the other.
//! 2. `r = σ(a_xr + a_hr)`, `z = σ(a_xz + a_hz)`, `n = tanh(a_xn + r ⊙ a_hn)`.
//! 3. `h[t] = (1 − z) ⊙ n + z ⊙ s`.
//! 4. Backward: `dh[t] += ds`.
//! 5. `da_n = dh ⊙ (1 − z) ⊙ (1 − n²)`, `da_z = dh ⊙ (s − n) ⊙ z(1 − z)`, `da_r = da_n ⊙ a_hn ⊙ r(1 − r)`.
//! 6. `da_x = (da_r, da_z, da_n)`, `da_h = (da_r, da_z, r ⊙ da_n)`.
//! 7. `ds = z ⊙ dh + da_h · W_hh`.

use super::cell::{Cell, StepAt};
use super::state::RunningState;
use crate::backend::{At, Backend, CellSize, GruGradient, GruTrace};
use crate::tape::{Context, Var};

/// The cell of a GRU layer.
pub(super) struct Gru {
    output: Var,
    gates: Var,
    /// a_h.
    recurrent: Var,
}

impl Gru {
    pub(super) fn new(output: Var, gates: Var, recurrent: Var) -> Self {
        Self { output, gates, recurrent }
    }
}

impl<B: Backend> Cell<B> for Gru {
    fn recurrent_share(&self) -> Var {
        self.recurrent
    }

    fn has_separate_shares(&self) -> bool {
        true
    }

    fn passes_by(&self) -> bool {
        true
    }

    fn forward(&mut self, at: StepAt, hidden: &RunningState<B>, context: &mut Context<'_, B>) {
        let size = CellSize { rows: at.rows.count, hidden: at.hidden };
        let [a, a_h, h] = context.values.many_mut([self.gates, self.recurrent, self.output]);
        let a = at.of(self.gates.at(a), 3 * at.hidden);
        let a_h = at.of(self.recurrent.at(&*a_h), 3 * at.hidden);
        let h = at.of(self.output.at(h), at.hidden);
        context.backend.gru_forward(size, a, a_h, hidden.current(), h); // (2), (3)
    }

    fn backward(&mut self, at: StepAt, hidden: &mut RunningState<B>, context: &mut Context<'_, B>) {
        let size = CellSize { rows: at.rows.count, hidden: at.hidden };
        let [d_h, d_a, d_a_h] = context.gradients.many_mut([self.output, self.gates, self.recurrent]);
        let (carried, previous) = hidden.carried_and_before();
        let trace = GruTrace {
            gates: at.of(context.values.at(self.gates), 3 * at.hidden),
            recurrent: at.of(context.values.at(self.recurrent), 3 * at.hidden),
            previous: at.of(At(previous, 0), at.hidden),
        };
        let gradient = GruGradient {
            hidden: at.of(self.output.at(d_h), at.hidden),
            carried,
            gates: at.of(self.gates.at(d_a), 3 * at.hidden),
            recurrent: at.of(self.recurrent.at(d_a_h), 3 * at.hidden),
        };
        context.backend.gru_backward(size, trace, gradient); // (4), (5), (6), (7)
    }
}
