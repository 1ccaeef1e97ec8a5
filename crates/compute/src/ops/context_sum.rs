//! The context: source states summed up by their weights, equation (3) of [`super::attention`]. PyTorch's
//! counterpart is `bmm(weights.unsqueeze(1), values)`.
//!
//! Shapes: weights `a [B, S]`, values `x [S, B, H]`, context `c [B, H]`. Sums over s are over the steps that
//! the source has; a weight behind its length plays no part.
//!
//! 1. Forward: `c[b] = Σ_s a[b, s] · x[s, b]`.
//! 2. Backward: `da[b, s] += dc[b] · x[s, b]`.
//! 3. `dx[s, b] += a[b, s] · dc[b]`.

use super::Op;
use super::attention::SourceLayout;
use super::parts::RowParts;
use crate::ComputeError;
use crate::backend::{Backend, Write};
use crate::tape::{Context, GradientScope, PackingVar, Recorder, Var, same_shape};

struct ContextSum {
    sources: SourceLayout,
    weights: Var,
    values: Var,
    context: Var,
}

/// Records the weighted sum `[B, H]` of values `[S, B, H]`.
///
/// # Errors
/// If shapes do not fit, or the values are packed.
pub fn context_sum<B: Backend>(
    recorder: &mut Recorder<B>,
    weights: Var,
    values: Var,
    lengths: Option<PackingVar>,
) -> Result<Var, ComputeError> {
    let op = "attention context";
    let sources = SourceLayout::of_states(op, "values", values, lengths)?;
    same_shape(op, "weights", [sources.batch, sources.steps], weights.shape())?;
    let context = recorder.output([sources.batch, values.shape().width()]);
    recorder.push(ContextSum { sources, weights, values, context });
    Ok(context)
}

impl ContextSum {
    fn parts<B: Backend>(&self) -> RowParts {
        RowParts::new::<B>(self.sources.batch, self.sources.steps.saturating_mul(self.values.shape().width()))
    }
}

impl<B: Backend> Op<B> for ContextSum {
    fn forward_parts(&self) -> usize {
        self.parts::<B>().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let dims = self.sources.dims(context, self.values.shape().width(), self.parts::<B>().range(part));
        let [weights, values, sums] = context.values.many_mut([self.weights, self.values, self.context]);
        let (weights, values) = (self.weights.at(&*weights), self.values.at(&*values));
        context.backend.source_sums(dims, 1.0, weights, values, self.context.at(sums), Write::Overwrite); // (1)
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts::<B>().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let dims = self.sources.dims(context, self.values.shape().width(), self.parts::<B>().range(part));
        let (weights, values) = (context.values.at(self.weights), context.values.at(self.values));
        let [d_weights, d_values, d_sums] =
            context.gradients.many_mut([self.weights, self.values, self.context]);
        let (d_weights, d_values) = (self.weights.at(d_weights), self.values.at(d_values));
        let d_sums = || self.context.at(&*d_sums);
        context.backend.source_dots(dims, 1.0, d_sums(), values, d_weights, Write::Accumulate); // (2)
        if !self.values.is_constant() {
            context.backend.source_products(dims, 1.0, weights, d_sums(), d_values); // (3)
        }
    }
}
