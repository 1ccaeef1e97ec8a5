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

use super::cell::{Cell, StepAt};
use super::state::RunningState;
use crate::backend::{At, Backend, CellSize, LstmGradient, LstmTrace};
use crate::tape::{Context, Gradients, Var};

/// The cell of an LSTM layer.
pub(super) struct Lstm<B: Backend> {
    output: Var,
    gates: Var,
    cells: RunningState<B>,
}

impl<B: Backend> Lstm<B> {
    pub(super) fn new(output: Var, gates: Var, cells: RunningState<B>) -> Self {
        Self { output, gates, cells }
    }
}

impl<B: Backend> Cell<B> for Lstm<B> {
    fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        self.cells.scratch_numbers(gradients)
    }

    fn allocate(&mut self, backend: &B, gradients: Gradients) {
        self.cells.allocate(backend, gradients);
    }

    fn second_state(&mut self) -> Option<&mut RunningState<B>> {
        Some(&mut self.cells)
    }

    fn recurrent_share(&self) -> Var {
        self.gates
    }

    fn forward(&mut self, at: StepAt, _hidden: &RunningState<B>, context: &mut Context<'_, B>) {
        let size = CellSize { rows: at.rows.count, hidden: at.hidden };
        let cells = self.cells.output();
        let [a, c, h] = context.values.many_mut([self.gates, cells, self.output]);
        let a = at.of(self.gates.at(a), 4 * at.hidden);
        let (c, h) = (at.of(cells.at(c), at.hidden), at.of(self.output.at(h), at.hidden));
        context.backend.lstm_forward(size, a, self.cells.current(), c, h); // (2), (3), (4)
    }

    fn backward(&mut self, at: StepAt, hidden: &mut RunningState<B>, context: &mut Context<'_, B>) {
        let size = CellSize { rows: at.rows.count, hidden: at.hidden };
        let cells = self.cells.output();
        let [d_h, d_c, d_a] = context.gradients.many_mut([self.output, cells, self.gates]);
        let (carried_cells, previous) = self.cells.carried_and_before();
        let trace = LstmTrace {
            gates: at.of(context.values.at(self.gates), 4 * at.hidden),
            previous: at.of(At(previous, 0), at.hidden),
            cells: at.of(context.values.at(cells), at.hidden),
        };
        let gradient = LstmGradient {
            hidden: at.of(self.output.at(d_h), at.hidden),
            cells: at.of(cells.at(d_c), at.hidden),
            carried_hidden: hidden.current(),
            carried_cells,
            gates: at.of(self.gates.at(d_a), 4 * at.hidden),
        };
        context.backend.lstm_backward(size, trace, gradient); // (5), (6), (7)
    }
}
