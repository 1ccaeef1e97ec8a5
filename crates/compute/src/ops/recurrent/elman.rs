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

use super::cell::{Cell, Run};
use super::state::StateVars;
use crate::backend::{Backend, ElmanSteps, ElmanStepsBack, Nonlinearity};
use crate::tape::{Context, Var};

/// The cell of an Elman layer.
pub(super) struct Elman {
    nonlinearity: Nonlinearity,
    hidden: StateVars,
    gates: Var,
}

impl Elman {
    pub(super) fn new(nonlinearity: Nonlinearity, hidden: StateVars, gates: Var) -> Self {
        Self { nonlinearity, hidden, gates }
    }
}

impl<B: Backend> Cell<B> for Elman {
    fn recurrent_share(&self) -> Var {
        self.gates
    }

    fn forward(&self, run: Run<'_, B>, context: &mut Context<'_, B>) {
        let StateVars { output, last, .. } = self.hidden;
        let weight = run.weight.of(context.parameters, context.packed);
        let [a, h, h_last] = context.values.many_mut([self.gates, output, last]);
        let tensors = ElmanSteps { gates: self.gates.at(a), hidden: output.at(h), last: last.at(h_last) };
        // (1), (2)
        context.backend.elman_steps(run.steps, self.nonlinearity, weight, run.walk, tensors);
    }

    fn backward(&self, run: Run<'_, B>, context: &mut Context<'_, B>) {
        let output = self.hidden.output;
        let weight = run.weight.of(context.parameters, context.packed);
        let [d_h, d_a] = context.gradients.many_mut([output, self.gates]);
        let tensors = ElmanStepsBack {
            hidden: context.values.at(output),
            d_hidden: output.at(d_h),
            d_gates: self.gates.at(d_a),
        };
        // (3), (4), (5)
        context.backend.elman_steps_back(run.steps, self.nonlinearity, weight, run.walk, tensors);
    }
}
