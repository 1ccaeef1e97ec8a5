//! Activations (PyTorch's `nn.ReLU`, `nn.Tanh` and `nn.Sigmoid`).
//!
//! Shapes: `x` and `y` alike, any.
//!
//! 1. Forward: `y = f(x)`.
//! 2. Backward: `dx += dy ⊙ f′(x)`, with f′ from the value y: `[y > 0]` for ReLU (0 at x = 0), `1 − y²` for
//!    tanh, `y (1 − y)` for the logistic function.

use super::Op;
use crate::backend::{Activation, Backend};
use crate::tape::{Context, Recorder, Var};

struct ActivationOp {
    activation: Activation,
    input: Var,
    output: Var,
}

/// Records an activation of every number; the output is packed as the input is.
pub fn activation<B: Backend>(recorder: &mut Recorder<B>, input: Var, activation: Activation) -> Var {
    let output = recorder.output_like(input, input.shape().width());
    recorder.push(ActivationOp { activation, input, output });
    output
}

impl<B: Backend> Op<B> for ActivationOp {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let len = context.rows(self.input) * self.input.shape().width();
        let [x, y] = context.values.many_mut([self.input, self.output]);
        context.backend.activate(self.activation, self.input.at(&*x), self.output.at(y), len); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if self.input.is_constant() {
            return;
        }
        let len = context.rows(self.input) * self.input.shape().width();
        let y = context.values.at(self.output);
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
        context.backend.activate_backward(self.activation, y, d_y, d_x, len); // (2)
    }
}
