//! Attention: some sequences of a batch, with lengths and without.

#[cfg(test)]
use super::CPU;
use super::{Agreement, RAGGED, buffer, host, numbers, truth};
use crate::backend::{At, Attention, SourceDims, Write};

const STEPS: usize = 5;
const BATCH: usize = 4;
const LENGTHS: [usize; BATCH] = [5, 1, 3, 2];
const START: usize = 3;
/// Numbers of all scores, with a start and an end that are not theirs.
const SCORES: usize = START + BATCH * STEPS + 1;

/// The two sequences in the middle.
fn dims(width: usize, masked: bool) -> SourceDims<'static> {
    let lengths = masked.then_some(LENGTHS.as_slice());
    SourceDims { steps: STEPS, batch: BATCH, width, lengths, first: 1, count: 2 }
}

/// Lengths of buffers for rows and for states.
fn lens(width: usize) -> [usize; 2] {
    [START + BATCH * width + 1, START + STEPS * BATCH * width + 1]
}

/// Additive scores and all gradients.
fn additive<B: Attention>(backend: &B, dims: SourceDims<'_>) -> Vec<f64> {
    let [row_len, state_len] = lens(dims.width);
    let [query, keys] =
        [(row_len, 1), (state_len, 2)].map(|(len, seed)| buffer(backend, &numbers(len, seed)));
    let weight = buffer(backend, &numbers(dims.width, 3));
    let mut scores = buffer(backend, &numbers(SCORES, 4));
    backend.additive_scores_forward(
        dims,
        At(&keys, START),
        At(&query, START),
        &weight,
        At(&mut scores, START),
    );
    let d_scores = buffer(backend, &numbers(SCORES, 5));
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
    let parts = [(&scores, SCORES), (&d_query, row_len), (&d_keys, state_len), (&d_weight, dims.width)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

/// Dots, sums and products.
fn products<B: Attention>(backend: &B, dims: SourceDims<'_>, write: Write) -> Vec<f64> {
    let [row_len, state_len] = lens(dims.width);
    let rows = buffer(backend, &numbers(row_len, 9));
    let mut states = buffer(backend, &numbers(state_len, 10));
    let mut scores = buffer(backend, &numbers(SCORES, 11));
    let mut sums = buffer(backend, &numbers(row_len, 12));
    backend.source_dots(dims, 0.3, At(&rows, START), At(&states, START), At(&mut scores, START), write);
    backend.source_sums(dims, 0.7, At(&scores, START), At(&states, START), At(&mut sums, START), write);
    backend.source_products(dims, 0.2, At(&scores, START), At(&sums, START), At(&mut states, START));
    let parts = [(&scores, SCORES), (&sums, row_len), (&states, state_len)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

/// The softmax and its gradient, of scores that are `scale` times as large.
fn softmax<B: Attention>(backend: &B, dims: SourceDims<'_>, scale: f64) -> Vec<f64> {
    let scores: Vec<_> = numbers(SCORES, 13).iter().map(|x| f64::from((x * scale) as f32)).collect();
    let scores = buffer(backend, &scores);
    let mut weights = buffer(backend, &numbers(SCORES, 14));
    backend.masked_softmax_forward(dims, At(&scores, START), At(&mut weights, START));
    let d_weights = buffer(backend, &numbers(SCORES, 15));
    let mut d_scores = buffer(backend, &numbers(SCORES, 16));
    backend.masked_softmax_backward(
        dims,
        At(&weights, START),
        At(&d_weights, START),
        At(&mut d_scores, START),
    );
    [weights, d_scores].iter().flat_map(|numbers| host(backend, numbers, SCORES)).collect()
}

/// Every scenario of this suite, compared with the scalar reference.
#[must_use]
pub fn agreement<B: Attention>(backend: &B) -> Vec<Agreement> {
    let kernels = ["additive scores", "dots, sums and products", "masked softmax"];
    let [mut scores, mut sums, mut weights] = kernels.map(Agreement::new);
    for dims in RAGGED.into_iter().flat_map(|width| [dims(width, false), dims(width, true)]) {
        scores.compare(&additive(backend, dims), &additive(&truth(), dims));
        for write in [Write::Overwrite, Write::Accumulate] {
            sums.compare(&products(backend, dims, write), &products(&truth(), dims, write));
        }
        // Also scores whose exponentials under- and overflow.
        for scale in [1.0, 60.0, 1e30] {
            weights.compare(&softmax(backend, dims, scale), &softmax(&truth(), dims, scale));
        }
    }
    vec![scores, sums, weights]
}

#[test]
fn attention_agrees() {
    // Measured 1.4e-6, 1.5e-6 and 6.4e-8.
    for (agreement, tolerance) in agreement(&CPU).into_iter().zip([4e-6, 4e-6, 2e-7]) {
        assert!(agreement.worst < tolerance, "{agreement:?}");
    }
}

#[test]
fn a_lost_score_shows_in_its_row_alone() {
    for lost in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut scores = numbers(SCORES, 17);
        // Sequence 1 has one step when masked, sequence 2 three.
        scores[START + STEPS..][..STEPS].fill(lost);
        let (scores, mut weights) = (buffer(&CPU, &scores), buffer(&CPU, &numbers(SCORES, 18)));
        CPU.masked_softmax_forward(dims(1, true), At(&scores, START), At(&mut weights, START));
        let weights = host(&CPU, &weights, SCORES);
        let [lost_row, next] = [1, 2].map(|sequence| &weights[START + sequence * STEPS..][..STEPS]);
        assert!(lost_row[0].is_nan() && lost_row[1..] == [0.0; 4], "{lost}: {lost_row:?}");
        assert!(next.iter().all(|weight| weight.is_finite()), "{lost}: {next:?}");
    }
}
