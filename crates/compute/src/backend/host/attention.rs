//! Attention, for every backend in the program's memory. Sequences are walked one after the other, each over
//! the steps it has; whatever adds to one number does so in this order.

use super::Host;
use crate::Real;
use crate::backend::{At, Attention, SourceDims, Write};

/// Numbers whose tanh is taken at a time, on the stack.
const CHUNK: usize = 64;
/// Sums of a dot product that are kept side by side, so that they fill vectors.
const SUMS: usize = 8;

impl<H: Host> Attention for H {
    fn source_dots(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        At(rows, rows_start): At<&Self::Buffer>,
        At(source, source_start): At<&Self::Buffer>,
        At(dots, dots_start): At<&mut Self::Buffer>,
        write: Write,
    ) {
        let (rows, source) = (&rows[rows_start..], &source[source_start..]);
        let (dots, scale) = (&mut dots[dots_start..], H::Elem::from_f64(scale));
        for b in dims.sequences() {
            let (row, dots) = (&rows[dims.row(b)], &mut dots[dims.scores(b)]);
            if write == Write::Overwrite {
                dots.fill(H::Elem::ZERO);
            }
            for (s, target) in dots[..dims.length(b)].iter_mut().enumerate() {
                *target += scale * dot(row, &source[dims.state(s, b)]);
            }
        }
    }

    fn source_sums(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        At(weights, weights_start): At<&Self::Buffer>,
        At(source, source_start): At<&Self::Buffer>,
        At(sums, sums_start): At<&mut Self::Buffer>,
        write: Write,
    ) {
        let (weights, source) = (&weights[weights_start..], &source[source_start..]);
        let (sums, scale) = (&mut sums[sums_start..], H::Elem::from_f64(scale));
        for b in dims.sequences() {
            let (weights, sums) = (&weights[dims.scores(b)], &mut sums[dims.row(b)]);
            if write == Write::Overwrite {
                sums.fill(H::Elem::ZERO);
            }
            for (s, &weight) in weights[..dims.length(b)].iter().enumerate() {
                add_scaled(sums, scale * weight, &source[dims.state(s, b)]);
            }
        }
    }

    fn source_products(
        &self,
        dims: SourceDims<'_>,
        scale: f64,
        At(weights, weights_start): At<&Self::Buffer>,
        At(rows, rows_start): At<&Self::Buffer>,
        At(source, source_start): At<&mut Self::Buffer>,
    ) {
        let (weights, rows) = (&weights[weights_start..], &rows[rows_start..]);
        let (source, scale) = (&mut source[source_start..], H::Elem::from_f64(scale));
        for b in dims.sequences() {
            let (weights, row) = (&weights[dims.scores(b)], &rows[dims.row(b)]);
            for (s, &weight) in weights[..dims.length(b)].iter().enumerate() {
                add_scaled(&mut source[dims.state(s, b)], scale * weight, row);
            }
        }
    }

    fn additive_scores_forward(
        &self,
        dims: SourceDims<'_>,
        At(keys, keys_start): At<&Self::Buffer>,
        At(query, query_start): At<&Self::Buffer>,
        weight: &Self::Buffer,
        At(scores, scores_start): At<&mut Self::Buffer>,
    ) {
        let (keys, query) = (&keys[keys_start..], &query[query_start..]);
        let (weight, scores) = (&weight[..dims.width], &mut scores[scores_start..]);
        let mut room = [H::Elem::ZERO; CHUNK];
        for b in dims.sequences() {
            let (query, scores) = (&query[dims.row(b)], &mut scores[dims.scores(b)]);
            scores.fill(H::Elem::ZERO);
            for (s, score) in scores[..dims.length(b)].iter_mut().enumerate() {
                let operands = query.chunks(CHUNK).zip(keys[dims.state(s, b)].chunks(CHUNK));
                for ((query, keys), weight) in operands.zip(weight.chunks(CHUNK)) {
                    *score += dot(weight, tanh_of_sum::<H>(query, keys, &mut room));
                }
            }
        }
    }

    fn additive_scores_backward(
        &self,
        dims: SourceDims<'_>,
        At(keys, keys_start): At<&Self::Buffer>,
        At(query, query_start): At<&Self::Buffer>,
        weight: &Self::Buffer,
        At(d_scores, d_scores_start): At<&Self::Buffer>,
        At(d_keys, d_keys_start): At<&mut Self::Buffer>,
        At(d_query, d_query_start): At<&mut Self::Buffer>,
        mut d_weight: Option<&mut Self::Buffer>,
    ) {
        let (keys, query, weight) = (&keys[keys_start..], &query[query_start..], &weight[..dims.width]);
        let d_scores = &d_scores[d_scores_start..];
        let (d_keys, d_query) = (&mut d_keys[d_keys_start..], &mut d_query[d_query_start..]);
        let mut room = [H::Elem::ZERO; CHUNK];
        for b in dims.sequences() {
            let (query, d_query) = (&query[dims.row(b)], &mut d_query[dims.row(b)]);
            for (s, &d_score) in d_scores[dims.scores(b)][..dims.length(b)].iter().enumerate() {
                let (keys, d_keys) = (&keys[dims.state(s, b)], &mut d_keys[dims.state(s, b)]);
                for start in (0..dims.width).step_by(CHUNK) {
                    let part = start..dims.width.min(start + CHUNK);
                    let tanh = tanh_of_sum::<H>(&query[part.clone()], &keys[part.clone()], &mut room);
                    let d_both = d_keys[part.clone()].iter_mut().zip(&mut d_query[part.clone()]);
                    for (((d_key, d_query), &u), &v) in d_both.zip(tanh).zip(&weight[part.clone()]) {
                        let d_sum = d_score * v * (H::Elem::ONE - u * u);
                        *d_key += d_sum;
                        *d_query += d_sum;
                    }
                    if let Some(d_weight) = &mut d_weight {
                        add_scaled(&mut d_weight[part], d_score, tanh);
                    }
                }
            }
        }
    }

    fn masked_softmax_forward(
        &self,
        dims: SourceDims<'_>,
        At(scores, scores_start): At<&Self::Buffer>,
        At(weights, weights_start): At<&mut Self::Buffer>,
    ) {
        let (scores, weights) = (&scores[scores_start..], &mut weights[weights_start..]);
        for b in dims.sequences() {
            let scores = &scores[dims.scores(b)][..dims.length(b)];
            let (weights, padding) = weights[dims.scores(b)].split_at_mut(scores.len());
            padding.fill(H::Elem::ZERO);
            // Subtracting the largest score changes nothing and keeps the exponentials finite.
            let largest = scores.iter().copied().reduce(|a, b| if b > a { b } else { a }).unwrap_or_default();
            let mut sum = H::Elem::ZERO;
            for (weight, &score) in weights.iter_mut().zip(scores) {
                *weight = (score - largest).exp();
                sum += *weight;
            }
            for weight in weights {
                *weight = *weight / sum;
            }
        }
    }

    fn masked_softmax_backward(
        &self,
        dims: SourceDims<'_>,
        At(weights, weights_start): At<&Self::Buffer>,
        At(d_weights, d_weights_start): At<&Self::Buffer>,
        At(d_scores, d_scores_start): At<&mut Self::Buffer>,
    ) {
        let (weights, d_weights) = (&weights[weights_start..], &d_weights[d_weights_start..]);
        let d_scores = &mut d_scores[d_scores_start..];
        for b in dims.sequences() {
            let weights = &weights[dims.scores(b)][..dims.length(b)];
            let d_weights = &d_weights[dims.scores(b)][..weights.len()];
            let mean = dot(weights, d_weights);
            let operands = weights.iter().zip(d_weights);
            for (d_score, (&weight, &d_weight)) in d_scores[dims.scores(b)].iter_mut().zip(operands) {
                *d_score += weight * (d_weight - mean);
            }
        }
    }
}

/// `tanh(a + b)`, at most [`CHUNK`] numbers.
fn tanh_of_sum<'a, H: Host>(a: &[H::Elem], b: &[H::Elem], room: &'a mut [H::Elem; CHUNK]) -> &'a [H::Elem] {
    let sums = &mut room[..a.len()];
    for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
        *sum = a + b;
    }
    H::tanh(sums);
    sums
}

/// `a · b`, in [`SUMS`] sums that are joined in order.
fn dot<R: Real>(a: &[R], b: &[R]) -> R {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<SUMS>(), b.as_chunks::<SUMS>());
    let mut sums = [R::ZERO; SUMS];
    for (a, b) in a.iter().zip(b) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| a * b);
    sums.into_iter().chain(rest).sum()
}

/// `target += scale · source`.
fn add_scaled<R: Real>(target: &mut [R], scale: R, source: &[R]) {
    for (target, &source) in target.iter_mut().zip(source) {
        *target += scale * source;
    }
}
