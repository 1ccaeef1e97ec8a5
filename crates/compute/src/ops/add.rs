//! Sum of two tensors, number by number.
//!
//! Shapes: `a`, `b` and `y` alike, any.
//!
//! 1. Forward: `y = a + b`.
//! 2. Backward: `da += dy`, `db += dy`.

use super::Op;
use crate::ComputeError;
use crate::backend::Backend;
use crate::tape::{Context, Recorder, Var, same_packing, same_shape};

struct Add {
    terms: [Var; 2],
    output: Var,
}

/// Records `a + b`.
///
/// # Errors
/// If the shapes differ, or one is packed otherwise than the other.
pub fn add<B: Backend>(recorder: &mut Recorder<B>, a: Var, b: Var) -> Result<Var, ComputeError> {
    same_shape("add", "second term", a.shape(), b.shape())?;
    same_packing("add", "second term", a.packing(), b.packing())?;
    let output = recorder.output_like(a, a.shape().width());
    recorder.push(Add { terms: [a, b], output });
    Ok(output)
}

impl<B: Backend> Op<B> for Add {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let len = context.rows(self.output) * self.output.shape().width();
        let [first, second] = self.terms;
        let [a, y] = context.values.many_mut([first, self.output]);
        context.backend.copy(first.at(&*a), self.output.at(y), len);
        let [b, y] = context.values.many_mut([second, self.output]);
        context.backend.add(second.at(&*b), self.output.at(y), len); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let len = context.rows(self.output) * self.output.shape().width();
        for term in self.terms.into_iter().filter(|term| !term.is_constant()) {
            let [d_term, d_y] = context.gradients.many_mut([term, self.output]);
            context.backend.add(self.output.at(&*d_y), term.at(d_term), len); // (2)
        }
    }
}
