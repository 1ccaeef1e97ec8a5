//! Attention: some sequences of a batch, with lengths and without.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, Attention, SourceDims, Write};

const STEPS: usize = 5;
const BATCH: usize = 4;
const LENGTHS: [usize; BATCH] = [5, 1, 3, 2];
const START: usize = 3;

/// The two sequences in the middle.
fn dims(width: usize, masked: bool) -> SourceDims<'static> {
    let lengths = masked.then_some(LENGTHS.as_slice());
    SourceDims { steps: STEPS, batch: BATCH, width, lengths, first: 1, count: 2 }
}

/// Lengths of buffers for rows, for states and for scores, with a start and an end that are not theirs.
fn lens(SourceDims { steps, batch, width, .. }: SourceDims<'_>) -> [usize; 3] {
    [batch * width, steps * batch * width, batch * steps].map(|len| START + len + 1)
}

/// Additive scores and all gradients.
fn additive<B: Attention>(backend: &B, dims: SourceDims<'_>) -> Vec<f64> {
    let [row_len, state_len, score_len] = lens(dims);
    let [query, keys] =
        [(row_len, 1), (state_len, 2)].map(|(len, seed)| buffer(backend, &numbers(len, seed)));
    let weight = buffer(backend, &numbers(dims.width, 3));
    let mut scores = buffer(backend, &numbers(score_len, 4));
    backend.additive_scores_forward(
        dims,
        At(&keys, START),
        At(&query, START),
        &weight,
        At(&mut scores, START),
    );
    let d_scores = buffer(backend, &numbers(score_len, 5));
    let [mut d_query, mut d_keys] =
        [(row_len, 6), (state_len, 7)].map(|(len, seed)| buffer(backend, &numbers(len, seed)));
    let mut d_weight = buffer(backend, &numbers(dims.width, 8));
    backend.additive_scores_backward(
        dims,
        At(&keys, START),
        At(&query, START),
        &weight,
        At(&d_scores, START),
        At(&mut d_keys, START),
        At(&mut d_query, START),
        Some(&mut d_weight),
    );
    let parts = [(&scores, score_len), (&d_query, row_len), (&d_keys, state_len), (&d_weight, dims.width)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

/// Dots, sums and products.
fn products<B: Attention>(backend: &B, dims: SourceDims<'_>, write: Write) -> Vec<f64> {
    let [row_len, state_len, score_len] = lens(dims);
    let rows = buffer(backend, &numbers(row_len, 9));
    let mut states = buffer(backend, &numbers(state_len, 10));
    let mut scores = buffer(backend, &numbers(score_len, 11));
    let mut sums = buffer(backend, &numbers(row_len, 12));
    backend.source_dots(dims, 0.3, At(&rows, START), At(&states, START), At(&mut scores, START), write);
    backend.source_sums(dims, 0.7, At(&scores, START), At(&states, START), At(&mut sums, START), write);
    backend.source_products(dims, 0.2, At(&scores, START), At(&sums, START), At(&mut states, START));
    let parts = [(&scores, score_len), (&sums, row_len), (&states, state_len)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

/// The softmax and its gradient, of scores that are `scale` times as large.
fn softmax<B: Attention>(backend: &B, dims: SourceDims<'_>, scale: f64) -> Vec<f64> {
    let [.., score_len] = lens(dims);
    let scores: Vec<_> = numbers(score_len, 13).iter().map(|x| f64::from((x * scale) as f32)).collect();
    let scores = buffer(backend, &scores);
    let mut weights = buffer(backend, &numbers(score_len, 14));
    backend.masked_softmax_forward(dims, At(&scores, START), At(&mut weights, START));
    let d_weights = buffer(backend, &numbers(score_len, 15));
    let mut d_scores = buffer(backend, &numbers(score_len, 16));
    backend.masked_softmax_backward(
        dims,
        At(&weights, START),
        At(&d_weights, START),
        At(&mut d_scores, START),
    );
    [weights, d_scores].iter().flat_map(|numbers| host(backend, numbers, score_len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: S, B and A.
#[must_use]
pub fn agreement<B: Attention>(backend: &B) -> Vec<Agreement> {
    let kernels = ["additive scores", "dots, sums and products", "masked softmax"];
    let [mut scores, mut sums, mut weights] = kernels.map(Agreement::new);
    // More steps than a workgroup has invocations, and sentences of 30 words in two directions of 128 units.
    let [long_lengths, real_lengths] = [(3, 130), (64, 30)]
        .map(|(batch, steps)| (0..batch).map(|sequence| steps - 7 * sequence % steps).collect::<Vec<_>>());
    let (lengths, count) = (Some(real_lengths.as_slice()), real_lengths.len());
    let real = SourceDims { steps: 30, batch: count, width: 256, lengths, first: 0, count };
    let long =
        SourceDims { steps: 130, batch: 3, width: 7, lengths: Some(&long_lengths), first: 1, count: 2 };
    let ragged = RAGGED.into_iter().flat_map(|width| [dims(width, false), dims(width, true)]);
    for dims in ragged.chain([long, real]) {
        let shape = [dims.steps, dims.batch, dims.width];
        scores.compare(&shape, &additive(backend, dims), &additive(&truth(), dims));
        for write in [Write::Overwrite, Write::Accumulate] {
            sums.compare(&shape, &products(backend, dims, write), &products(&truth(), dims, write));
        }
        // Also scores whose exponentials under- and overflow.
        for scale in [1.0, 60.0, 1e30] {
            weights.compare(&shape, &softmax(backend, dims, scale), &softmax(&truth(), dims, scale));
        }
    }
    vec![scores, sums, weights]
}

#[test]
fn attention_agrees() {
    // Measured 1.2e-5, 3.7e-5 and 8.0e-8.
    assert_within(&agreement(&CPU), &[4e-5, 1e-4, 3e-7]);
}

#[test]
fn a_lost_score_shows_in_its_row_alone() {
    for lost in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let dims = dims(1, true);
        let [.., score_len] = lens(dims);
        let mut scores = numbers(score_len, 17);
        // Sequence 1 has one step when masked, sequence 2 three.
        scores[START + STEPS..][..STEPS].fill(lost);
        let (scores, mut weights) = (buffer(&CPU, &scores), buffer(&CPU, &numbers(score_len, 18)));
        CPU.masked_softmax_forward(dims, At(&scores, START), At(&mut weights, START));
        let weights = host(&CPU, &weights, score_len);
        let [lost_row, next] = [1, 2].map(|sequence| &weights[START + sequence * STEPS..][..STEPS]);
        assert!(lost_row[0].is_nan() && lost_row[1..] == [0.0; 4], "{lost}: {lost_row:?}");
        assert!(next.iter().all(|weight| weight.is_finite()), "{lost}: {next:?}");
    }
}
