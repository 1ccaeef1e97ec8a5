//! Gated recurrent unit over a whole sequence (Cho et al., 2014, with the reset gate applied after
//! the recurrent product, as in PyTorch's `nn.GRU` and cuDNN).
//!
//! Shapes: `a_x [T, B, 3H]` is the input's share `x · W_ihᵀ + b_ih` (see [`mod@super::linear`]); state
//! `h [T+1, B, H]` with the initial state in slot 0; `W_hh [3H, H]`, `b_hh [3H]`. Gates in PyTorch's
//! order r, z, n.
//!
//! 1. Forward: `a_h[t] = h[t] · W_hhᵀ + b_hh`, kept apart from `a_x` since the reset gate scales it.
//! 2. `r = σ(a_xr + a_hr)`, `z = σ(a_xz + a_hz)`, `n = tanh(a_xn + r ⊙ a_hn)`.
//! 3. `h[t+1] = (1 − z) ⊙ n + z ⊙ h[t]`.
//! 4. Backward: `da_n = dh[t+1] ⊙ (1 − z) ⊙ (1 − n²)`, `da_z = dh[t+1] ⊙ (h[t] − n) ⊙ z(1 − z)`,
//!    `da_r = da_n ⊙ a_hn ⊙ r(1 − r)`.
//! 5. `da_x = (da_r, da_z, da_n)`, `da_h = (da_r, da_z, r ⊙ da_n)`.
//! 6. `dh[t] += z ⊙ dh[t+1] + da_h[t] · W_hh`.
//! 7. `dW_hh += Σ_t da_h[t]ᵀ · h[t]`; `db_hh += Σ da_h`.

use super::Op;
use super::recurrence::{BackwardPart, CellWeights, Recurrence};
use crate::ComputeError;
use crate::backend::{At, Backend, CellStep};
use crate::tape::{Context, GradientScope, Gradients, Recorder, Var};

/// The tensors of a recorded GRU layer.
#[derive(Debug, Clone, Copy)]
pub struct GruOutput {
    /// `[T+1, B, H]`, the initial state in slot 0. After a backward pass its gradient is ∂L/∂h_t, all
    /// paths counted.
    pub hidden: Var,
    /// r, z, n, `[T, B, 3H]`. Its gradient is that of the input's share of the pre-activations.
    pub gates: Var,
}

struct Gru<B: Backend> {
    preactivation: Var,
    initial_hidden: Var,
    /// a_h, `[T, B, 3H]`.
    recurrent: Var,
    output: GruOutput,
    recurrence: Recurrence<B>,
}

/// Records a GRU layer over input projections `[T, B, 3H]` from an initial state `[B, H]`.
///
/// # Errors
/// If the shapes do not fit or a size is zero.
pub fn gru<B: Backend>(
    recorder: &mut Recorder<B>,
    preactivation: Var,
    initial_hidden: Var,
    weights: CellWeights,
) -> Result<GruOutput, ComputeError> {
    let recurrence = Recurrence::new("GRU", 3, preactivation.shape(), initial_hidden.shape(), weights)?;
    let dims = recurrence.dims;
    let recurrent = recorder.intermediate(preactivation.shape());
    let output = GruOutput {
        hidden: recorder.output([dims.steps + 1, dims.batch, dims.hidden]),
        gates: recorder.intermediate(preactivation.shape()),
    };
    recorder.push(Gru { preactivation, initial_hidden, recurrent, output, recurrence });
    Ok(output)
}

impl<B: Backend> Op<B> for Gru<B> {
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
        let GruOutput { hidden, gates } = self.output;
        if step == 0 {
            self.recurrence.begin_forward(context, &[(self.initial_hidden, hidden)]);
        }
        let dims = self.recurrence.dims;
        let at = CellStep { batch: dims.batch, hidden: dims.hidden, step };
        let (width, start) = (3 * dims.hidden, step * dims.batch * 3 * dims.hidden);
        let vars = [self.preactivation, gates, self.recurrent, hidden];
        let [a_x, a, a_h, h] = context.values.many_mut(vars);
        let bias = context.parameters.value(self.recurrence.bias());
        context.backend.fill_rows(bias, At(a_h, start), dims.batch, width); // (1)
        self.recurrence.project(context.backend, step, h, a_h); // (1)
        let share = At(&*a_x, self.preactivation.start() + start);
        context.backend.copy(share, At(a, start), dims.batch * width);
        context.backend.gru_forward(at, a, a_h, h); // (2), (3)
    }

    fn backward_parts(&self, scope: GradientScope) -> usize {
        let weight_parts = match scope {
            GradientScope::Everything => self.recurrence.weight_part_count(),
            GradientScope::Activations => 0,
        };
        self.recurrence.dims.steps + 1 + weight_parts
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let GruOutput { hidden, gates } = self.output;
        let dims = self.recurrence.dims;
        if part == 0 {
            self.recurrence.begin_backward(context);
        }
        match BackwardPart::new(part, dims.steps) {
            BackwardPart::Step(step) => {
                let at = CellStep { batch: dims.batch, hidden: dims.hidden, step };
                let [d_h, d_a, d_a_h] = context.gradients.many_mut([hidden, gates, self.recurrent]);
                let [a, a_h, h] = [gates, self.recurrent, hidden].map(|var| context.values.at(var).0);
                context.backend.gru_backward(at, a, a_h, h, d_h, d_a, d_a_h); // (4), (5), (6)
                self.recurrence.push_back(context.backend, step, d_a_h, d_h); // (6)
            }
            BackwardPart::Sums => {
                let [d_x, d_a] = context.gradients.many_mut([self.preactivation, gates]);
                context.backend.add(At(&*d_a, 0), self.preactivation.at(d_x), gates.shape().len()); // (5)
                self.recurrence.initial_gradients(context, &[(self.initial_hidden, hidden)]);
                if context.scope == GradientScope::Everything {
                    self.recurrence.bias_gradient(context, self.recurrent); // (7)
                }
            }
            BackwardPart::Weights(part) => {
                self.recurrence.weight_gradient(context, part, self.recurrent, hidden); // (7)
            }
        }
    }
}
