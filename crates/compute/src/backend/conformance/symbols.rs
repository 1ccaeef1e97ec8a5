//! Table rows and softmax cross-entropy.

use super::{Agreement, RAGGED, buffer, host, indices, numbers, truth};
#[cfg(test)]
use super::{CPU, bits};
#[cfg(test)]
use crate::backend::Reference;
use crate::backend::{At, CrossEntropyRows, Symbols};

const ROWS: usize = 5;
const START: usize = 3;

/// The target class of each row.
fn targets(width: usize) -> [u32; ROWS] {
    [0, width - 1, width / 2, 0, width / 3].map(|target| target as u32)
}

/// What the rows are compared with: plainly, and with smoothed labels and an ignored class.
fn extents(width: usize) -> [CrossEntropyRows; 3] {
    let plain = CrossEntropyRows { first: 0, rows: ROWS, width, label_smoothing: 0.0, ignored: None };
    let smoothed = CrossEntropyRows { label_smoothing: 0.3, ..plain };
    // Rows 1 to 3 alone; row 3 is of class 0.
    [plain, smoothed, CrossEntropyRows { first: 1, rows: 3, ignored: Some(0), ..smoothed }]
}

/// Losses and probabilities of the logits, which begin at [`START`].
fn forward<B: Symbols>(backend: &B, extent: CrossEntropyRows, logits: &[f64]) -> Vec<f64> {
    let width = extent.width;
    let logits = buffer(backend, logits);
    let targets = indices(backend, &targets(width));
    let mut probabilities = backend.zeros(ROWS * width);
    let mut row_losses = backend.zeros(ROWS);
    let from = At(&logits, START);
    backend.softmax_cross_entropy_forward(extent, from, At(&targets, 0), &mut probabilities, &mut row_losses);
    let row_losses = host(backend, &row_losses, ROWS);
    row_losses.into_iter().chain(host(backend, &probabilities, ROWS * width)).collect()
}

/// The gradient of the logits.
fn backward<B: Symbols>(backend: &B, extent: CrossEntropyRows) -> Vec<f64> {
    let width = extent.width;
    let len = START + ROWS * width + 2;
    let probabilities = buffer(backend, &numbers(ROWS * width, 3));
    // Row 2 is left out.
    let mut weights = numbers(START + ROWS, 4);
    weights[START + 2] = 0.0;
    let weights = buffer(backend, &weights);
    let targets = indices(backend, &targets(width));
    let d_loss = buffer(backend, &numbers(2, 5));
    let mut d_logits = buffer(backend, &numbers(len, 6));
    backend.softmax_cross_entropy_backward(
        extent,
        &probabilities,
        At(&targets, 0),
        At(&weights, START),
        At(&d_loss, 1),
        At(&mut d_logits, START),
    );
    host(backend, &d_logits, len)
}

/// Rows taken from a table and added to it; some are named twice.
fn table_rows<B: Symbols>(backend: &B, width: usize) -> Vec<f64> {
    let rows = [4, 0, 2, 4, 4];
    let len = START + ROWS * width + 1;
    let mut table = buffer(backend, &numbers(6 * width, 7));
    let mut source = buffer(backend, &numbers(len, 8));
    let indices = indices(backend, &rows);
    backend.scatter_add(At(&source, START), At(&indices, 0), At(&mut table, 0), rows.len(), width);
    backend.gather(At(&table, 0), At(&indices, 0), At(&mut source, START), rows.len(), width);
    [host(backend, &table, 6 * width), host(backend, &source, len)].concat()
}

/// Every scenario of this suite, compared with the scalar reference.
#[must_use]
pub fn agreement<B: Symbols>(backend: &B) -> Vec<Agreement> {
    let kernels = ["softmax cross-entropy", "softmax cross-entropy, backward", "table rows"];
    let [mut losses, mut gradients, mut tables] = kernels.map(Agreement::new);
    for width in RAGGED.into_iter().chain([300]) {
        for extent in extents(width) {
            // Also logits whose exponentials under- and overflow.
            for scale in [1.0, 60.0, 1e30] {
                let logits: Vec<_> =
                    numbers(START + ROWS * width, 1).iter().map(|x| f64::from((x * scale) as f32)).collect();
                losses.compare(&forward(backend, extent, &logits), &forward(&truth(), extent, &logits));
            }
            gradients.compare(&backward(backend, extent), &backward(&truth(), extent));
        }
        tables.compare(&table_rows(backend, width), &table_rows(&truth(), width));
    }
    vec![losses, gradients, tables]
}

#[test]
fn table_rows_have_the_bits_of_the_reference() {
    for width in RAGGED {
        assert_eq!(bits(&table_rows(&CPU, width)), bits(&table_rows(&Reference::<f32>::new(), width)));
    }
}

#[test]
fn softmax_agrees() {
    // Measured 1.1e-7 and 1.7e-7.
    for (agreement, tolerance) in agreement(&CPU).into_iter().zip([4e-7, 5e-7]) {
        assert!(agreement.worst < tolerance, "{agreement:?}");
    }
}

#[test]
fn a_lost_logit_shows_in_its_row_and_in_its_loss() {
    let width = 7;
    for extent in extents(width) {
        for place in 0..width {
            for lost in [f64::NAN, f64::INFINITY] {
                let mut logits = numbers(START + ROWS * width, 1);
                logits[START + width + place] = lost;
                let found = forward(&CPU, extent, &logits);
                let (losses, rows) = found.split_at(ROWS);
                assert!(losses[1].is_nan(), "{lost} at {place}: the loss is {}", losses[1]);
                assert!(losses[2..].iter().all(|loss| loss.is_finite()), "{lost} at {place}: {losses:?}");
                if lost.is_nan() {
                    assert!(rows[width..2 * width].iter().all(|p| p.is_nan()), "at {place}: {rows:?}");
                }
                let others = || rows[..width].iter().chain(&rows[2 * width..]);
                assert!(others().all(|p| p.is_finite()), "at {place}");
            }
        }
    }
}

#[test]
fn an_ignored_row_has_no_loss_and_no_gradient_even_if_its_logits_are_lost() {
    let width = 5;
    let [.., extent] = extents(width);
    let mut logits = numbers(START + ROWS * width, 1);
    logits[START + 3 * width..][..width].fill(f64::NAN);
    assert_eq!(forward(&CPU, extent, &logits)[3], 0.0);
    let (before, after) = (numbers(START + ROWS * width + 2, 6), backward(&CPU, extent));
    let row = |r: usize| START + r * width..START + (r + 1) * width;
    // Rows 0 and 4 are outside the extent, row 2 has weight 0, row 3 is ignored.
    for r in [0, 2, 3, 4] {
        assert_eq!(bits(&after[row(r)]), bits(&before[row(r)]), "row {r}");
    }
    assert_ne!(after[row(1)], before[row(1)]);
}
