//! How well each source state answers a query: additive and dot scores, equation (1) of
//! [`super::attention`].
//!
//! Shapes: query `q [B, A]`, keys `k [S, B, A]`, weight `v [1, A]`, scores `e [B, S]`. Sums over s are over
//! the steps that the source has.
//!
//! Additive (Bahdanau, Cho and Bengio, 2015), of projected queries and keys, with `u = tanh(q[b] + k[s, b])`:
//!
//! 1. Forward: `e[b, s] = v · u`.
//! 2. Backward: `dk[s, b] += g` and `dq[b] += Σ_s g`, `g = de[b, s] · v ⊙ (1 − u²)`.
//! 3. `dv += Σ_b Σ_s de[b, s] · u`.
//!
//! Dot (Luong, Pham and Manning, 2015), with `c = 1`, or `c = 1/√A` (Vaswani et al., 2017):
//!
//! 4. Forward: `e[b, s] = c · q[b] · k[s, b]`.
//! 5. Backward: `dq[b] += c · Σ_s de[b, s] · k[s, b]`.
//! 6. `dk[s, b] += c · de[b, s] · q[b]`.
//!
//! The backward pass computes u anew instead of keeping it: a decoder of T steps would hold T·S·B·A numbers.

use super::Op;
use super::attention::SourceLayout;
use super::parts::RowParts;
use crate::backend::{Backend, Write};
use crate::tape::{Context, GradientScope, PackingVar, Recorder, Shape, Var, same_shape};
use crate::{ComputeError, ParameterId};

/// Multiply-adds that take as long as a tanh and what is done with it.
const TANH_COST: usize = 32;

/// What the dot product of a query and a key is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DotScale {
    /// 1.
    One,
    /// 1/√K, K being the width of a key: keeps the variance of the scores at that of their factors. The
    /// default, as in PyTorch's `functional.scaled_dot_product_attention`.
    #[default]
    InverseRoot,
}

struct AdditiveScores {
    sources: SourceLayout,
    query: Var,
    keys: Var,
    weight: ParameterId,
    scores: Var,
}

/// Records additive scores `[B, S]`. Query and keys have been projected to one width A, and are tensors of
/// their own; `weight_shape` is `[1, A]`.
///
/// # Errors
/// If shapes do not fit, or the keys are packed.
pub fn additive_scores<B: Backend>(
    recorder: &mut Recorder<B>,
    query: Var,
    keys: Var,
    lengths: Option<PackingVar>,
    (weight, weight_shape): (ParameterId, Shape),
) -> Result<Var, ComputeError> {
    let op = "additive attention";
    let sources = SourceLayout::of_states(op, "keys", keys, lengths)?;
    let width = keys.shape().width();
    same_shape(op, "query", [sources.batch, width], query.shape())?;
    same_shape(op, "weight", [1, width], weight_shape)?;
    let scores = recorder.output([sources.batch, sources.steps]);
    recorder.push(AdditiveScores { sources, query, keys, weight, scores });
    Ok(scores)
}

impl AdditiveScores {
    fn parts<B: Backend>(&self) -> RowParts {
        let cost = self.sources.steps.saturating_mul(self.keys.shape().width());
        RowParts::new::<B>(self.sources.batch, cost.saturating_mul(TANH_COST))
    }
}

impl<B: Backend> Op<B> for AdditiveScores {
    fn forward_parts(&self) -> usize {
        self.parts::<B>().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let dims = self.sources.dims(context, self.keys.shape().width(), self.parts::<B>().range(part));
        let weight = context.parameters.value(self.weight);
        let [query, keys, scores] = context.values.many_mut([self.query, self.keys, self.scores]);
        let (query, keys, scores) = (self.query.at(&*query), self.keys.at(&*keys), self.scores.at(scores));
        context.backend.additive_scores_forward(dims, keys, query, weight, scores); // (1)
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts::<B>().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let dims = self.sources.dims(context, self.keys.shape().width(), self.parts::<B>().range(part));
        let (query, keys) = (context.values.at(self.query), context.values.at(self.keys));
        let [d_query, d_keys, d_scores] = context.gradients.many_mut([self.query, self.keys, self.scores]);
        let (d_query, d_keys) = (self.query.at(d_query), self.keys.at(d_keys));
        let d_scores = self.scores.at(&*d_scores);
        let (weight, d_weight) = context.parameters.value_with_gradient_mut(self.weight);
        let d_weight = (context.scope == GradientScope::Everything).then_some(d_weight);
        // (2), (3)
        context
            .backend
            .additive_scores_backward(dims, keys, query, weight, d_scores, d_keys, d_query, d_weight);
    }
}

struct DotScores {
    sources: SourceLayout,
    query: Var,
    keys: Var,
    scale: f64,
    scores: Var,
}

/// Records dot scores `[B, S]`. Query and keys are tensors of their own, of one width.
///
/// # Errors
/// If shapes do not fit, or the keys are packed.
pub fn dot_scores<B: Backend>(
    recorder: &mut Recorder<B>,
    query: Var,
    keys: Var,
    lengths: Option<PackingVar>,
    scale: DotScale,
) -> Result<Var, ComputeError> {
    let op = "dot attention";
    let sources = SourceLayout::of_states(op, "keys", keys, lengths)?;
    let width = keys.shape().width();
    same_shape(op, "query", [sources.batch, width], query.shape())?;
    let scale = match scale {
        DotScale::One => 1.0,
        DotScale::InverseRoot => 1.0 / libm::sqrt(width as f64),
    };
    let scores = recorder.output([sources.batch, sources.steps]);
    recorder.push(DotScores { sources, query, keys, scale, scores });
    Ok(scores)
}

impl DotScores {
    fn parts<B: Backend>(&self) -> RowParts {
        RowParts::new::<B>(self.sources.batch, self.sources.steps.saturating_mul(self.keys.shape().width()))
    }
}

impl<B: Backend> Op<B> for DotScores {
    fn forward_parts(&self) -> usize {
        self.parts::<B>().count()
    }

    fn forward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let dims = self.sources.dims(context, self.keys.shape().width(), self.parts::<B>().range(part));
        let [query, keys, scores] = context.values.many_mut([self.query, self.keys, self.scores]);
        let (query, keys, scores) = (self.query.at(&*query), self.keys.at(&*keys), self.scores.at(scores));
        context.backend.source_dots(dims, self.scale, query, keys, scores, Write::Overwrite); // (4)
    }

    fn backward_parts(&self, _scope: GradientScope) -> usize {
        self.parts::<B>().count()
    }

    fn backward(&mut self, part: usize, context: &mut Context<'_, B>) {
        let dims = self.sources.dims(context, self.keys.shape().width(), self.parts::<B>().range(part));
        let (query, keys) = (context.values.at(self.query), context.values.at(self.keys));
        let [d_query, d_keys, d_scores] = context.gradients.many_mut([self.query, self.keys, self.scores]);
        let (d_query, d_keys) = (self.query.at(d_query), self.keys.at(d_keys));
        let d_scores = || self.scores.at(&*d_scores);
        context.backend.source_sums(dims, self.scale, d_scores(), keys, d_query, Write::Accumulate); // (5)
        if !self.keys.is_constant() {
            context.backend.source_products(dims, self.scale, d_scores(), query, d_keys); // (6)
        }
    }
}
