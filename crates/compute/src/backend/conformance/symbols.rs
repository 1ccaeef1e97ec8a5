//! Table rows and softmax cross-entropy.

use super::{CPU, RAGGED, bits, buffer, error, host, indices, numbers, truth};
use crate::backend::{At, Backend, Reference};

const ROWS: usize = 5;
const START: usize = 3;

/// The target class of each row.
fn targets(width: usize) -> [u32; ROWS] {
    [0, width - 1, width / 2, 0, width / 3].map(|target| target as u32)
}

/// Loss and probabilities of the logits, which begin at [`START`].
fn forward<B: Backend>(backend: &B, logits: &[f64], width: usize) -> Vec<f64> {
    let logits = buffer(backend, logits);
    let weights = buffer(backend, &numbers(START + ROWS, 2));
    let targets = indices(backend, &targets(width));
    let mut probabilities = backend.zeros(ROWS * width);
    let mut loss = backend.zeros(2);
    backend.softmax_cross_entropy_forward(
        At(&logits, START),
        &targets,
        At(&weights, START),
        &mut probabilities,
        At(&mut loss, 1),
        ROWS,
        width,
    );
    let loss = host(backend, &loss, 2);
    loss.into_iter().chain(host(backend, &probabilities, ROWS * width)).collect()
}

/// The gradient of the logits.
fn backward<B: Backend>(backend: &B, width: usize) -> Vec<f64> {
    let len = START + ROWS * width + 2;
    let probabilities = buffer(backend, &numbers(ROWS * width, 3));
    let weights = buffer(backend, &numbers(START + ROWS, 4));
    let targets = indices(backend, &targets(width));
    let d_loss = buffer(backend, &numbers(2, 5));
    let mut d_logits = buffer(backend, &numbers(len, 6));
    backend.softmax_cross_entropy_backward(
        &probabilities,
        &targets,
        At(&weights, START),
        At(&d_loss, 1),
        At(&mut d_logits, START),
        ROWS,
        width,
    );
    host(backend, &d_logits, len)
}

/// Rows taken from a table and added to it; some are named twice.
fn table_rows<B: Backend>(backend: &B, width: usize) -> Vec<f64> {
    let rows = [4, 0, 2, 4, 4];
    let len = START + ROWS * width + 1;
    let mut table = buffer(backend, &numbers(6 * width, 7));
    let mut source = buffer(backend, &numbers(len, 8));
    let indices = indices(backend, &rows);
    backend.scatter_add(At(&source, START), At(&indices, 0), At(&mut table, 0), rows.len(), width);
    backend.gather(At(&table, 0), At(&indices, 0), At(&mut source, START), rows.len(), width);
    [host(backend, &table, 6 * width), host(backend, &source, len)].concat()
}

#[test]
fn table_rows_have_the_bits_of_the_reference() {
    for width in RAGGED {
        assert_eq!(bits(&table_rows(&CPU, width)), bits(&table_rows(&Reference::<f32>::new(), width)));
    }
}

#[test]
fn softmax_agrees() {
    let mut worst = [0.0_f64; 2];
    for width in RAGGED.into_iter().chain([300]) {
        // Also logits whose exponentials under- and overflow.
        for scale in [1.0, 60.0, 1e30] {
            let logits: Vec<_> =
                numbers(START + ROWS * width, 1).iter().map(|x| f64::from((x * scale) as f32)).collect();
            let (found, want) = (forward(&CPU, &logits, width), forward(&truth(), &logits, width));
            worst[0] = worst[0].max(error(&found, &want));
        }
        worst[1] = worst[1].max(error(&backward(&CPU, width), &backward(&truth(), width)));
    }
    // Measured 6.0e-7 and 1.6e-7.
    assert!(worst[0] < 2e-6 && worst[1] < 5e-7, "{worst:?}");
}

#[test]
fn a_lost_logit_shows_in_its_row_and_in_the_loss() {
    let width = 7;
    for place in 0..width {
        for lost in [f64::NAN, f64::INFINITY] {
            let mut logits = numbers(START + ROWS * width, 1);
            logits[START + width + place] = lost;
            let found = forward(&CPU, &logits, width);
            let (loss, rows) = (found[1], &found[2..]);
            assert!(loss.is_nan(), "{lost} at {place}: the loss is {loss}");
            if lost.is_nan() {
                assert!(rows[width..2 * width].iter().all(|p| p.is_nan()), "at {place}: {rows:?}");
            }
            assert!(rows[..width].iter().chain(&rows[2 * width..]).all(|p| p.is_finite()), "at {place}");
        }
    }
}
