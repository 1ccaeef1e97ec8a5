//! Elman's simple recurrent layer over a whole sequence (Elman, "Finding Structure in Time", 1990;
//! PyTorch's `nn.RNN` with tanh).
//!
//! Shapes: `a_x [T, B, H]` is the input's share `x · W_ihᵀ + b_ih` (see [`mod@super::linear`]); state
//! `h [T+1, B, H]` with the initial state in slot 0; `W_hh [H, H]`, `b_hh [H]`.
//!
//! 1. Forward: `a[t] = a_x[t] + h[t] · W_hhᵀ + b_hh`.
//! 2. `h[t+1] = tanh(a[t])`.
//! 3. Backward: `da[t] = dh[t+1] ⊙ (1 − h[t+1]²)`.
//! 4. `dh[t] += da[t] · W_hh`.
//! 5. `da_x += da`; `dW_hh += Σ_t da[t]ᵀ · h[t]`; `db_hh += Σ da`.

use super::Op;
use super::recurrence::{BackwardPart, CellWeights, Recurrence};
use crate::ComputeError;
use crate::backend::{At, Backend, CellStep};
use crate::tape::{Context, GradientScope, Gradients, Recorder, Var};

/// The tensors of a recorded Elman layer.
#[derive(Debug, Clone, Copy)]
pub struct ElmanOutput {
    /// `[T+1, B, H]`, the initial state in slot 0. After a backward pass its gradient is ∂L/∂h_t, all
    /// paths counted.
    pub hidden: Var,
    /// `[T, B, H]`: tanh of the pre-activation. Its gradient is that of the pre-activation.
    pub gates: Var,
}

struct Elman<B: Backend> {
    preactivation: Var,
    initial_hidden: Var,
    output: ElmanOutput,
    recurrence: Recurrence<B>,
}

/// Records an Elman layer over input projections `[T, B, H]` from an initial state `[B, H]`.
///
/// # Errors
/// If the shapes do not fit or a size is zero.
pub fn elman<B: Backend>(
    recorder: &mut Recorder<B>,
    preactivation: Var,
    initial_hidden: Var,
    weights: CellWeights,
) -> Result<ElmanOutput, ComputeError> {
    let recurrence = Recurrence::new("Elman", 1, preactivation.shape(), initial_hidden.shape(), weights)?;
    let dims = recurrence.dims;
    let output = ElmanOutput {
        hidden: recorder.output([dims.steps + 1, dims.batch, dims.hidden]),
        gates: recorder.intermediate(preactivation.shape()),
    };
    recorder.push(Elman { preactivation, initial_hidden, output, recurrence });
    Ok(output)
}

impl<B: Backend> Op<B> for Elman<B> {
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
        let ElmanOutput { hidden, gates } = self.output;
        if step == 0 {
            self.recurrence.begin_forward(context, &[(self.initial_hidden, hidden)]);
        }
        let dims = self.recurrence.dims;
        let at = CellStep { batch: dims.batch, hidden: dims.hidden, step };
        let start = step * dims.batch * dims.hidden;
        let [a_x, a, h] = context.values.many_mut([self.preactivation, gates, hidden]);
        let bias = context.parameters.value(self.recurrence.bias());
        let share = At(&*a_x, self.preactivation.start() + start);
        context.backend.add_row(share, bias, At(a, start), dims.batch, dims.hidden); // (1)
        self.recurrence.project(context.backend, step, h, a); // (1)
        context.backend.elman_forward(at, a, h); // (2)
    }

    fn backward_parts(&self, scope: GradientScope) -> usize {
        let weight_parts = match scope {
            GradientScope::Everything => self.recurrence.weight_part_count(),
            GradientScope::Activations => 0,
        };
        self.recurrence.dims.steps + 1 + weight_parts
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let ElmanOutput { hidden, gates } = self.output;
        let dims = self.recurrence.dims;
        if part == 0 {
            self.recurrence.begin_backward(context);
        }
        match BackwardPart::new(part, dims.steps) {
            BackwardPart::Step(step) => {
                let at = CellStep { batch: dims.batch, hidden: dims.hidden, step };
                let [d_h, d_a] = context.gradients.many_mut([hidden, gates]);
                context.backend.elman_backward(at, context.values.at(gates).0, d_h, d_a); // (3)
                self.recurrence.push_back(context.backend, step, d_a, d_h); // (4)
            }
            BackwardPart::Sums => {
                let [d_x, d_a] = context.gradients.many_mut([self.preactivation, gates]);
                context.backend.add(At(&*d_a, 0), self.preactivation.at(d_x), gates.shape().len()); // (5)
                self.recurrence.initial_gradients(context, &[(self.initial_hidden, hidden)]);
                if context.scope == GradientScope::Everything {
                    self.recurrence.bias_gradient(context, gates); // (5)
                }
            }
            BackwardPart::Weights(part) => self.recurrence.weight_gradient(context, part, gates, hidden), // (5)
        }
    }
}
