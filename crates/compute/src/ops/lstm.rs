//! Long short-term memory over a whole sequence (Hochreiter and Schmidhuber, 1997; forget gate: Gers,
//! Schmidhuber and Cummins, 2000; PyTorch's `nn.LSTM`).
//!
//! Shapes: `a_x [T, B, 4H]` is the input's share `x · W_ihᵀ + b_ih` (see [`mod@super::linear`]); states
//! `h, c [T+1, B, H]` with the initial states in slot 0; `W_hh [4H, H]`, `b_hh [4H]`. Gates in PyTorch's
//! order i, f, g, o.
//!
//! 1. Forward: `a[t] = a_x[t] + h[t] · W_hhᵀ + b_hh`.
//! 2. `i = σ(a_i)`, `f = σ(a_f)`, `g = tanh(a_g)`, `o = σ(a_o)`.
//! 3. `c[t+1] = f ⊙ c[t] + i ⊙ g`.
//! 4. `h[t+1] = o ⊙ tanh(c[t+1])`.
//! 5. Backward: `dc[t+1] += dh[t+1] ⊙ o ⊙ (1 − tanh²(c[t+1]))`.
//! 6. `da_i = dc ⊙ g ⊙ i(1 − i)`, `da_f = dc ⊙ c[t] ⊙ f(1 − f)`, `da_g = dc ⊙ i ⊙ (1 − g²)`,
//!    `da_o = dh[t+1] ⊙ tanh(c[t+1]) ⊙ o(1 − o)`.
//! 7. `dc[t] += dc[t+1] ⊙ f`.
//! 8. `dh[t] += da[t] · W_hh`.
//! 9. `da_x += da`; `dW_hh += Σ_t da[t]ᵀ · h[t]`; `db_hh += Σ da`.

use super::Op;
use super::recurrence::{BackwardPart, CellWeights, Recurrence};
use crate::ComputeError;
use crate::backend::{At, Backend, CellStep};
use crate::tape::{Context, GradientScope, Gradients, Recorder, Var, same_shape};

/// The tensors of a recorded LSTM layer.
#[derive(Debug, Clone, Copy)]
pub struct LstmOutput {
    /// h, `[T+1, B, H]`, the initial state in slot 0. After a backward pass its gradient is ∂L/∂h_t,
    /// all paths counted.
    pub hidden: Var,
    /// c, `[T+1, B, H]`, the initial state in slot 0. Its gradient is ∂L/∂c_t.
    pub cells: Var,
    /// i, f, g, o, `[T, B, 4H]`. Its gradient is that of the pre-activations.
    pub gates: Var,
}

struct Lstm<B: Backend> {
    preactivation: Var,
    initial_hidden: Var,
    initial_cells: Var,
    output: LstmOutput,
    recurrence: Recurrence<B>,
}

/// Records an LSTM layer over input projections `[T, B, 4H]` from initial states `[B, H]`.
///
/// # Errors
/// If the shapes do not fit or a size is zero.
pub fn lstm<B: Backend>(
    recorder: &mut Recorder<B>,
    preactivation: Var,
    (initial_hidden, initial_cells): (Var, Var),
    weights: CellWeights,
) -> Result<LstmOutput, ComputeError> {
    let recurrence = Recurrence::new("LSTM", 4, preactivation.shape(), initial_hidden.shape(), weights)?;
    same_shape("LSTM", "initial cell state", initial_hidden.shape(), initial_cells.shape())?;
    let dims = recurrence.dims;
    let output = LstmOutput {
        hidden: recorder.output([dims.steps + 1, dims.batch, dims.hidden]),
        cells: recorder.output([dims.steps + 1, dims.batch, dims.hidden]),
        gates: recorder.intermediate(preactivation.shape()),
    };
    recorder.push(Lstm { preactivation, initial_hidden, initial_cells, output, recurrence });
    Ok(output)
}

impl<B: Backend> Lstm<B> {
    /// Each initial state with the tensor whose slot 0 it fills.
    fn states(&self) -> [(Var, Var); 2] {
        [(self.initial_hidden, self.output.hidden), (self.initial_cells, self.output.cells)]
    }
}

impl<B: Backend> Op<B> for Lstm<B> {
    fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        self.recurrence.scratch_numbers(gradients)
    }

    fn allocate(&mut self, backend: &B, gradients: Gradients) {
        self.recurrence.allocate(backend, gradients);
    }

    fn forward_parts(&self) -> usize {
        self.recurrence.dims.steps
    }

    fn forward(&mut self, step: usize, context: &mut Context<'_, B>) {
        let LstmOutput { hidden, cells, gates } = self.output;
        if step == 0 {
            let states = self.states();
            self.recurrence.begin_forward(context, &states);
        }
        let dims = self.recurrence.dims;
        let at = CellStep { batch: dims.batch, hidden: dims.hidden, step };
        let (width, start) = (4 * dims.hidden, step * dims.batch * 4 * dims.hidden);
        let [a_x, a, c, h] = context.values.many_mut([self.preactivation, gates, cells, hidden]);
        let bias = context.parameters.value(self.recurrence.bias());
        let share = At(&*a_x, self.preactivation.start() + start);
        context.backend.add_row(share, bias, At(a, start), dims.batch, width); // (1)
        self.recurrence.project(context.backend, step, h, a); // (1)
        context.backend.lstm_forward(at, a, c, h); // (2), (3), (4)
    }

    fn backward_parts(&self, scope: GradientScope) -> usize {
        let weight_parts = match scope {
            GradientScope::Everything => self.recurrence.weight_part_count(),
            GradientScope::Activations => 0,
        };
        self.recurrence.dims.steps + 1 + weight_parts
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let LstmOutput { hidden, cells, gates } = self.output;
        let dims = self.recurrence.dims;
        if part == 0 {
            self.recurrence.begin_backward(context);
        }
        match BackwardPart::new(part, dims.steps) {
            BackwardPart::Step(step) => {
                let at = CellStep { batch: dims.batch, hidden: dims.hidden, step };
                let [d_h, d_c, d_a] = context.gradients.many_mut([hidden, cells, gates]);
                let (a, c) = (context.values.at(gates).0, context.values.at(cells).0);
                context.backend.lstm_backward(at, a, c, d_h, d_c, d_a); // (5), (6), (7)
                self.recurrence.push_back(context.backend, step, d_a, d_h); // (8)
            }
            BackwardPart::Sums => {
                let [d_x, d_a] = context.gradients.many_mut([self.preactivation, gates]);
                context.backend.add(At(&*d_a, 0), self.preactivation.at(d_x), gates.shape().len()); // (9)
                self.recurrence.initial_gradients(context, &self.states());
                if context.scope == GradientScope::Everything {
                    self.recurrence.bias_gradient(context, gates); // (9)
                }
            }
            BackwardPart::Weights(part) => self.recurrence.weight_gradient(context, part, gates, hidden), // (9)
        }
    }
}
