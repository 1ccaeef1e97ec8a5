//! Attention over the states of source sequences, one decoder step at a time.
//!
//! Symbols: S source steps, B sequences side by side, A the width in which a query and a key meet. Source
//! states are `[S, B, width]`, padded; scores and weights are `[B, S]`, a row for each sequence. A source
//! has as many steps as its length says. What lies behind them is not read, and what is written for them
//! is 0.

use super::{At, Memory, Write};
use std::ops::Range;

/// Source states `[S, B, width]`, and the sequences among them that a kernel works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceDims<'a> {
    /// Source steps, S.
    pub steps: usize,
    /// Sequences side by side, B.
    pub batch: usize,
    /// Numbers of a state.
    pub width: usize,
    /// The steps that each sequence has, 1 to S; all have S if there are none.
    pub lengths: Option<&'a [usize]>,
    /// The first sequence to work on.
    pub first: usize,
    /// How many sequences to work on.
    pub count: usize,
}

impl SourceDims<'_> {
    /// The sequences to work on.
    pub(super) fn sequences(self) -> Range<usize> {
        self.first..self.first + self.count
    }

    /// Steps of a sequence.
    pub(super) fn length(self, sequence: usize) -> usize {
        self.lengths.map_or(self.steps, |lengths| lengths[sequence])
    }

    /// Where the state of a sequence at a step lies.
    pub(super) fn state(self, step: usize, sequence: usize) -> Range<usize> {
        let start = (step * self.batch + sequence) * self.width;
        start..start + self.width
    }

    /// Where a sequence's row of width numbers lies.
    pub(super) fn row(self, sequence: usize) -> Range<usize> {
        sequence * self.width..(sequence + 1) * self.width
    }

    /// Where a sequence's scores or weights lie, those behind its length included.
    pub(super) fn scores(self, sequence: usize) -> Range<usize> {
        sequence * self.steps..(sequence + 1) * self.steps
    }
}

/// Scores, their softmax, and sums that they weight. Each kernel is run for the sequences that its
/// dimensions name.
pub trait Attention: Memory {
    /// `dots[b, s] = scale · rows[b] · source[s, b]`, or that is added; `rows` is `[B, width]`.
    fn source_dots(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        rows: At<&Self::Buffer>,
        source: At<&Self::Buffer>,
        dots: At<&mut Self::Buffer>,
        write: Write,
    );
    /// `sums[b] = scale · Σ_s weights[b, s] · source[s, b]`, or that is added; `sums` is `[B, width]`.
    fn source_sums(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        weights: At<&Self::Buffer>,
        source: At<&Self::Buffer>,
        sums: At<&mut Self::Buffer>,
        write: Write,
    );
    /// `source[s, b] += scale · weights[b, s] · rows[b]`.
    fn source_products(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        weights: At<&Self::Buffer>,
        rows: At<&Self::Buffer>,
        source: At<&mut Self::Buffer>,
    );

    /// `scores[b, s] = weight · tanh(query[b] + keys[s, b])`; the width is A.
    fn additive_scores_forward(
        &self,
        dims: SourceDims<'_>,
        keys: At<&Self::Buffer>,
        query: At<&Self::Buffer>,
        weight: &Self::Buffer,
        scores: At<&mut Self::Buffer>,
    );
    /// Adds to `d_keys`, `d_query` and, where it is asked for, `d_weight`. Sums over sequences first, then
    /// steps.
    #[expect(clippy::too_many_arguments, reason = "three inputs and the output, with a gradient each")]
    fn additive_scores_backward(
        &self,
        dims: SourceDims<'_>,
        keys: At<&Self::Buffer>,
        query: At<&Self::Buffer>,
        weight: &Self::Buffer,
        d_scores: At<&Self::Buffer>,
        d_keys: At<&mut Self::Buffer>,
        d_query: At<&mut Self::Buffer>,
        d_weight: Option<&mut Self::Buffer>,
    );

    /// `weights[b] = softmax(scores[b])` over the steps that the sequence has. The width plays no part.
    fn masked_softmax_forward(
        &self,
        dims: SourceDims<'_>,
        scores: At<&Self::Buffer>,
        weights: At<&mut Self::Buffer>,
    );
    /// `d_scores[b, s] += weights[b, s] · (d_weights[b, s] − Σ_s' weights[b, s'] · d_weights[b, s'])`.
    fn masked_softmax_backward(
        &self,
        dims: SourceDims<'_>,
        weights: At<&Self::Buffer>,
        d_weights: At<&Self::Buffer>,
        d_scores: At<&mut Self::Buffer>,
    );
}
