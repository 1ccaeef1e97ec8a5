//! Softmax over the steps that a source has, equation (2) of [`super::attention`]. PyTorch's counterpart is
//! `softmax(scores.masked_fill(mask, -inf), dim=1)`.
//!
//! Shapes: scores `e [B, S]`, weights `a [B, S]`, 0 behind a source's length `ℓ[b]`.
//!
//! 1. Forward: `a[b, s] = exp e[b, s] / Σ_(s' < ℓ[b]) exp e[b, s']`.
//! 2. Backward: `de[b, s] += a[b, s] · (da[b, s] − Σ_s' a[b, s'] · da[b, s'])`.

use super::Op;
use super::attention::SourceLayout;
use crate::ComputeError;
use crate::backend::Backend;
use crate::tape::{Context, PackingVar, Recorder, Var};

struct MaskedSoftmax {
    sources: SourceLayout,
    scores: Var,
    weights: Var,
}

/// Records the weights `[B, S]` of scores of that shape.
///
/// # Errors
/// If the scores are no matrix, or the lengths are those of other sources.
pub fn masked_softmax<B: Backend>(
    recorder: &mut Recorder<B>,
    scores: Var,
    lengths: Option<PackingVar>,
) -> Result<Var, ComputeError> {
    let (op, what, found) = ("masked softmax", "scores", scores.shape());
    let &[batch, steps] = found.dims() else {
        return Err(ComputeError::Rank { op, what, expected: 2, found });
    };
    let sources = SourceLayout::new(op, steps, batch, lengths)?;
    let weights = recorder.output(found);
    recorder.push(MaskedSoftmax { sources, scores, weights });
    Ok(weights)
}

impl<B: Backend> Op<B> for MaskedSoftmax {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let dims = self.sources.dims(context, 1, 0..self.sources.batch);
        let [scores, weights] = context.values.many_mut([self.scores, self.weights]);
        context.backend.masked_softmax_forward(dims, self.scores.at(scores), self.weights.at(weights)); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let dims = self.sources.dims(context, 1, 0..self.sources.batch);
        let weights = context.values.at(self.weights);
        let [d_scores, d_weights] = context.gradients.many_mut([self.scores, self.weights]);
        let (d_scores, d_weights) = (self.scores.at(d_scores), self.weights.at(&*d_weights));
        context.backend.masked_softmax_backward(dims, weights, d_weights, d_scores); // (2)
    }
}
