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

use super::cell::{Cell, Run};
use super::state::StateVars;
use crate::backend::{Backend, GruSteps, GruStepsBack, StateKind};
use crate::tape::{Context, Var};

/// The cell of a GRU layer.
pub(super) struct Gru {
    hidden: StateVars,
    gates: Var,
    /// a_h.
    recurrent: Var,
}

impl Gru {
    pub(super) fn new(hidden: StateVars, gates: Var, recurrent: Var) -> Self {
        Self { hidden, gates, recurrent }
    }
}

impl<B: Backend> Cell<B> for Gru {
    fn recurrent_share(&self) -> Var {
        self.recurrent
    }

    fn has_separate_shares(&self) -> bool {
        true
    }

    fn passes_by(&self) -> Option<StateKind> {
        Some(StateKind::Hidden)
    }

    fn forward(&self, run: Run<'_, B>, context: &mut Context<'_, B>) {
        let StateVars { output, last, .. } = self.hidden;
        let weight = run.weight.of(context.parameters, context.packed);
        let bias = context.parameters.value(run.bias);
        let [a, a_h, h, h_last] = context.values.many_mut([self.gates, self.recurrent, output, last]);
        let tensors = GruSteps {
            gates: self.gates.at(a),
            recurrent: self.recurrent.at(a_h),
            bias,
            hidden: output.at(h),
            last: last.at(h_last),
        };
        context.backend.gru_steps(run.steps, weight, run.walk, tensors); // (1), (2), (3)
    }

    fn backward(&self, run: Run<'_, B>, context: &mut Context<'_, B>) {
        let output = self.hidden.output;
        let weight = run.weight.of(context.parameters, context.packed);
        let [d_h, d_a, d_a_h] = context.gradients.many_mut([output, self.gates, self.recurrent]);
        let tensors = GruStepsBack {
            gates: context.values.at(self.gates),
            recurrent: context.values.at(self.recurrent),
            d_hidden: output.at(d_h),
            d_gates: self.gates.at(d_a),
            d_recurrent: self.recurrent.at(d_a_h),
        };
        context.backend.gru_steps_back(run.steps, weight, run.walk, tensors); // (4), (5), (6), (7)
    }
}
