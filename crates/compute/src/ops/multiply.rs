//! Product of two tensors, number by number: one of them a gate, a mask or a second embedding.
//!
//! Shapes: `a`, `b` and `y` alike, any.
//!
//! 1. Forward: `y = a ⊙ b`.
//! 2. Backward: `da += dy ⊙ b`, `db += dy ⊙ a`.

use super::Op;
use crate::ComputeError;
use crate::backend::Backend;
use crate::tape::{Context, Recorder, Var, same_packing, same_shape};

struct Multiply {
    factors: [Var; 2],
    output: Var,
}

/// Records `a ⊙ b`.
///
/// # Errors
/// If the shapes differ, or one is packed otherwise than the other.
pub fn multiply<B: Backend>(recorder: &mut Recorder<B>, a: Var, b: Var) -> Result<Var, ComputeError> {
    same_shape("multiply", "second factor", a.shape(), b.shape())?;
    same_packing("multiply", "second factor", a.packing(), b.packing())?;
    let output = recorder.output_like(a, a.shape().width());
    recorder.push(Multiply { factors: [a, b], output });
    Ok(output)
}

impl<B: Backend> Op<B> for Multiply {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let len = context.rows(self.output) * self.output.shape().width();
        let [first, second] = self.factors;
        let [a, y] = context.values.many_mut([first, self.output]);
        context.backend.copy(first.at(&*a), self.output.at(y), len);
        let [b, y] = context.values.many_mut([second, self.output]);
        context.backend.multiply(second.at(&*b), self.output.at(y), len); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let len = context.rows(self.output) * self.output.shape().width();
        let [first, second] = self.factors;
        for (factor, other) in [(first, second), (second, first)] {
            if !factor.is_constant() {
                let other = context.values.at(other);
                let [d_factor, d_y] = context.gradients.many_mut([factor, self.output]);
                let (d_factor, d_y) = (factor.at(d_factor), self.output.at(&*d_y));
                context.backend.multiply_add(d_y, other, d_factor, len); // (2)
            }
        }
    }
}
