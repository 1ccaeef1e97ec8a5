//! Attention: a decoder looks back at all states of a source sequence at each of its steps.
//!
//! Shapes: keys `[S, B, K]`, values `[S, B, H]`, a query `[B, Q]` for each decoder step; scores and weights
//! `[B, S]`, context `[B, H]`. S is the longest that a source can be; a source of length ℓ has the steps
//! below ℓ, and what lies behind them is never read. Scores and weights are 0 there. Lengths are at least 1,
//! so that every softmax is over something.
//!
//! 1. `scores[b, s] = score(query[b], keys[s, b])`, one of
//!    - additive: `vᵀ tanh(W_q q + W_k k)` (Bahdanau, Cho and Bengio, 2015), see [`additive_attention`];
//!    - dot: `q · k` (Luong, Pham and Manning, 2015); their general form is that of a query projected to
//!      `W q`;
//!    - scaled dot: `q · k / √K` (Vaswani et al., 2017; PyTorch's `functional.scaled_dot_product_attention`).
//! 2. `weights[b] = softmax(scores[b])` over the steps that the source has.
//! 3. `context[b] = Σ_s weights[b, s] · values[s, b]`.
//!
//! Each is an op of its own, and its gradients stand there.

use super::attention_scores::{DotScale, additive_scores, dot_scores};
use super::context_sum::context_sum;
use super::masked_softmax::masked_softmax;
use crate::backend::{Backend, SourceDims};
use crate::tape::{Context, PackingVar, Recorder, Shape, Var, at_least_one, not_packed, same_shape};
use crate::{ComputeError, ParameterId};
use std::ops::Range;

/// The source states that a decoder may look at.
#[derive(Debug, Clone, Copy)]
pub struct Sources {
    /// What queries are compared with, `[S, B, K]`.
    pub keys: Var,
    /// What is summed up, `[S, B, H]`; may be the keys.
    pub values: Var,
    /// The lengths of the sources; all are S if there are none.
    pub lengths: Option<PackingVar>,
}

/// The tensors of a recorded attention.
#[derive(Debug, Clone, Copy)]
pub struct AttentionOutput {
    /// `[B, S]`, before the softmax.
    pub scores: Var,
    /// `[B, S]`; each row sums to 1.
    pub weights: Var,
    /// `[B, H]`, what the decoder reads.
    pub context: Var,
}

/// Records additive attention. The keys `[S, B, A]` and the query `[B, A]` have been projected: the keys once
/// for all decoder steps, by [`super::linear()`]. `weight` is v, of `weight_shape` `[1, A]`, as PyTorch's
/// `nn.Linear(A, 1, bias=False)` keeps it.
///
/// # The concatenated form
/// Many courses write `vᵀ tanh(W [q ; k] + b)`, with one `nn.Linear(Q + K, A)` over both. Cut `W` by columns
/// into `[W_q, W_k]`, and it is the same: `W [q ; k] + b = W_q q + (W_k k + b)`. Since the projections are
/// added, only the sum of their biases acts; one of them is enough.
///
/// # Errors
/// If shapes do not fit, or the sources are packed.
pub fn additive_attention<B: Backend>(
    recorder: &mut Recorder<B>,
    query: Var,
    sources: Sources,
    weight: (ParameterId, Shape),
) -> Result<AttentionOutput, ComputeError> {
    let scores = additive_scores(recorder, query, sources.keys, sources.lengths, weight)?;
    read(recorder, scores, sources)
}

/// Records dot attention. The query is `[B, K]`, as wide as the keys.
///
/// # Errors
/// If shapes do not fit, or the sources are packed.
pub fn dot_attention<B: Backend>(
    recorder: &mut Recorder<B>,
    query: Var,
    sources: Sources,
    scale: DotScale,
) -> Result<AttentionOutput, ComputeError> {
    let scores = dot_scores(recorder, query, sources.keys, sources.lengths, scale)?;
    read(recorder, scores, sources)
}

/// (2) and (3).
fn read<B: Backend>(
    recorder: &mut Recorder<B>,
    scores: Var,
    sources: Sources,
) -> Result<AttentionOutput, ComputeError> {
    let weights = masked_softmax(recorder, scores, sources.lengths)?;
    let context = context_sum(recorder, weights, sources.values, sources.lengths)?;
    Ok(AttentionOutput { scores, weights, context })
}

/// How many sources there are and how long they can be.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceLayout {
    pub(super) steps: usize,
    pub(super) batch: usize,
    lengths: Option<PackingVar>,
}

impl SourceLayout {
    /// The layout of `[S, B]` sources, whose lengths must be those of as many.
    pub(super) fn new(
        op: &'static str,
        steps: usize,
        batch: usize,
        lengths: Option<PackingVar>,
    ) -> Result<Self, ComputeError> {
        at_least_one("source steps", steps)?;
        at_least_one("batch", batch)?;
        if let Some(lengths) = lengths {
            let found = Shape::from([lengths.steps(), lengths.batch()]);
            same_shape(op, "lengths (longest, batch)", [steps, batch], found)?;
        }
        Ok(Self { steps, batch, lengths })
    }

    /// The layout of source states `[S, B, width]`.
    pub(super) fn of_states(
        op: &'static str,
        what: &'static str,
        states: Var,
        lengths: Option<PackingVar>,
    ) -> Result<Self, ComputeError> {
        not_packed(op, what, states)?;
        let found = states.shape();
        let &[steps, batch, width] = found.dims() else {
            return Err(ComputeError::Rank { op, what, expected: 3, found });
        };
        at_least_one("width of source states", width)?;
        Self::new(op, steps, batch, lengths)
    }

    /// The dimensions of a kernel over some of the sequences.
    pub(super) fn dims<'a, B: Backend>(
        self,
        context: &Context<'a, B>,
        width: usize,
        sequences: Range<usize>,
    ) -> SourceDims<'a> {
        let lengths = self.lengths.map(|lengths| context.packing(lengths).lengths());
        let Self { steps, batch, .. } = self;
        SourceDims { steps, batch, width, lengths, first: sequences.start, count: sequences.len() }
    }
}
