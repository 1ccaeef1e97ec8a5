//! Long short-term memory (Hochreiter and Schmidhuber, 1997; forget gate: Gers, Schmidhuber and Cummins,
//! 2000; PyTorch's `nn.LSTM`).
//!
//! Shapes: `a [T, B, 4H]`, gates in PyTorch's order i, f, g, o; `h, c [T, B, H]`; `s, s_c` are hidden and
//! cell state before the step.
//!
//! 1. Forward: `a[t] = x[t] · W_ihᵀ + b_ih + s · W_hhᵀ + b_hh`.
//! 2. `i = σ(a_i)`, `f = σ(a_f)`, `g = tanh(a_g)`, `o = σ(a_o)`.
//! 3. `c[t] = f ⊙ s_c + i ⊙ g`.
//! 4. `h[t] = o ⊙ tanh(c[t])`.
//! 5. Backward: `dh[t] += ds`, `dc[t] += ds_c + dh[t] ⊙ o ⊙ (1 − tanh²(c[t]))`.
//! 6. `da_i = dc ⊙ g ⊙ i(1 − i)`, `da_f = dc ⊙ s_c ⊙ f(1 − f)`, `da_g = dc ⊙ i ⊙ (1 − g²)`,
//!    `da_o = dh ⊙ tanh(c[t]) ⊙ o(1 − o)`.
//! 7. `ds_c = dc[t] ⊙ f`, `ds = da[t] · W_hh`.

use super::cell::{Cell, Run};
use super::state::StateVars;
use crate::backend::{Backend, LstmSteps, LstmStepsBack, StateKind};
use crate::tape::{Context, Var};

/// The cell of an LSTM layer.
pub(super) struct Lstm {
    hidden: StateVars,
    cells: StateVars,
    gates: Var,
}

impl Lstm {
    pub(super) fn new(hidden: StateVars, cells: StateVars, gates: Var) -> Self {
        Self { hidden, cells, gates }
    }
}

impl<B: Backend> Cell<B> for Lstm {
    fn second_state(&self) -> Option<StateVars> {
        Some(self.cells)
    }

    fn recurrent_share(&self) -> Var {
        self.gates
    }

    fn passes_by(&self) -> Option<StateKind> {
        Some(StateKind::Cells)
    }

    fn forward(&self, run: Run<'_, B>, context: &mut Context<'_, B>) {
        let (hidden, cells) = (self.hidden, self.cells);
        let weight = run.weight.of(context.parameters, context.packed);
        let vars = [self.gates, hidden.output, cells.output, hidden.last, cells.last];
        let [a, h, c, h_last, c_last] = context.values.many_mut(vars);
        let tensors = LstmSteps {
            gates: self.gates.at(a),
            hidden: hidden.output.at(h),
            cells: cells.output.at(c),
            last: [hidden.last.at(h_last), cells.last.at(c_last)],
        };
        context.backend.lstm_steps(run.steps, weight, run.walk, tensors); // (1), (2), (3), (4)
    }

    fn backward(&self, run: Run<'_, B>, context: &mut Context<'_, B>) {
        let (hidden, cells) = (self.hidden.output, self.cells.output);
        let weight = run.weight.of(context.parameters, context.packed);
        let [d_h, d_c, d_a] = context.gradients.many_mut([hidden, cells, self.gates]);
        let tensors = LstmStepsBack {
            gates: context.values.at(self.gates),
            cells: context.values.at(cells),
            d_hidden: hidden.at(d_h),
            d_cells: cells.at(d_c),
            d_gates: self.gates.at(d_a),
        };
        context.backend.lstm_steps_back(run.steps, weight, run.walk, tensors); // (5), (6), (7)
    }
}
