//! Table rows and softmax cross-entropy.

use super::{Agreement, RAGGED, SIZES, buffer, host, indices, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within, bits};
#[cfg(test)]
use crate::backend::Reference;
use crate::backend::{At, CrossEntropyRows, Symbols};

const ROWS: usize = 5;
const START: usize = 3;

/// The target class of each row.
fn targets([rows, width]: [usize; 2]) -> Vec<u32> {
    let few = [0, width - 1, width / 2, 0, width / 3].map(|target| target as u32);
    few.into_iter().cycle().take(rows).collect()
}

/// What the rows are compared with: plainly, and with smoothed labels and an ignored class.
fn extents([rows, width]: [usize; 2]) -> [CrossEntropyRows; 3] {
    let plain = CrossEntropyRows { first: 0, rows, width, label_smoothing: 0.0, ignored: None };
    let smoothed = CrossEntropyRows { label_smoothing: 0.3, ..plain };
    // All but the first and the last; row 3 is of class 0.
    [plain, smoothed, CrossEntropyRows { first: 1, rows: rows - 2, ignored: Some(0), ..smoothed }]
}

/// The rows and the width of all logits, those outside an extent included.
fn shape(extent: CrossEntropyRows) -> [usize; 2] {
    [extent.rows + 2 * extent.first, extent.width]
}

/// Losses and probabilities of the logits, which begin at [`START`].
fn forward<B: Symbols>(backend: &B, extent: CrossEntropyRows, logits: &[f64]) -> Vec<f64> {
    let [rows, width] = shape(extent);
    let logits = buffer(backend, logits);
    let targets = indices(backend, &targets([rows, width]));
    let mut probabilities = backend.zeros(rows * width);
    let mut row_losses = backend.zeros(rows);
    let from = At(&logits, START);
    backend.softmax_cross_entropy_forward(extent, from, At(&targets, 0), &mut probabilities, &mut row_losses);
    let row_losses = host(backend, &row_losses, rows);
    row_losses.into_iter().chain(host(backend, &probabilities, rows * width)).collect()
}

/// The gradient of the logits.
fn backward<B: Symbols>(backend: &B, extent: CrossEntropyRows) -> Vec<f64> {
    let [rows, width] = shape(extent);
    let len = START + rows * width + 2;
    let probabilities = buffer(backend, &numbers(rows * width, 3));
    // Row 2 is left out.
    let mut weights = numbers(START + rows, 4);
    weights[START + 2] = 0.0;
    let weights = buffer(backend, &weights);
    let targets = indices(backend, &targets([rows, width]));
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

/// Rows taken from a table of some symbols and added to it. Half of them are one symbol, as in a text that is
/// mostly padding; of the others some are named twice, and some symbols never.
fn table_rows<B: Symbols>(backend: &B, [count, symbols, width]: [usize; 3]) -> Vec<f64> {
    let (len, table_len) = (START + count * width + 1, (1 + symbols) * width + 2);
    let symbol = |row: usize| if row.is_multiple_of(2) { symbols - 1 } else { row * row % symbols };
    let rows: Vec<_> = [9].into_iter().chain((0..count).map(|row| symbol(row) as u32)).collect();
    let mut table = buffer(backend, &numbers(table_len, 7));
    let mut source = buffer(backend, &numbers(len, 8));
    let rows = indices(backend, &rows);
    backend.scatter_add(At(&source, START), At(&rows, 1), At(&mut table, width), count, width);
    backend.gather(At(&table, width), At(&rows, 1), At(&mut source, START), count, width);
    [host(backend, &table, table_len), host(backend, &source, len)].concat()
}

/// Rows, symbols and width of the tables: few rows of a small table, as at a step of a layer, as many as a
/// workgroup takes at a time and more, and a batch of a large vocabulary.
fn tables() -> impl Iterator<Item = [usize; 3]> {
    let ragged = RAGGED.map(|width| [ROWS, 6, width]).into_iter();
    let many = SIZES.into_iter().flat_map(|count| SIZES.map(|symbols| [count, symbols, 3]));
    ragged.chain(many).chain([[1030, 33, 65], [640, 10_000, 128]])
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: rows and classes; rows, symbols
/// and width.
#[must_use]
pub fn agreement<B: Symbols>(backend: &B) -> Vec<Agreement> {
    let kernels = ["softmax cross-entropy", "softmax cross-entropy, backward", "table rows"];
    let [mut losses, mut gradients, mut in_tables] = kernels.map(Agreement::new);
    // The logits of a vocabulary of 10,000 last.
    let shapes = RAGGED.into_iter().chain([300]).map(|width| [ROWS, width]).chain([[64, 10_000]]);
    for extent in shapes.flat_map(extents) {
        let shape = shape(extent);
        // Also logits whose exponentials under- and overflow.
        for scale in [1.0, 60.0, 1e30] {
            let draw = |x: &f64| f64::from((x * scale) as f32);
            let logits: Vec<_> = numbers(START + shape[0] * shape[1], 1).iter().map(draw).collect();
            losses.compare(&shape, &forward(backend, extent, &logits), &forward(&truth(), extent, &logits));
        }
        gradients.compare(&shape, &backward(backend, extent), &backward(&truth(), extent));
    }
    for shape in tables() {
        in_tables.compare(&shape, &table_rows(backend, shape), &table_rows(&truth(), shape));
    }
    vec![losses, gradients, in_tables]
}

#[test]
fn table_rows_have_the_bits_of_the_reference() {
    for shape in tables() {
        assert_eq!(bits(&table_rows(&CPU, shape)), bits(&table_rows(&Reference::<f32>::new(), shape)));
    }
}

#[test]
fn softmax_and_table_rows_agree() {
    // Measured 5.0e-7, 2.4e-7 and 6.5e-6.
    assert_within(&agreement(&CPU), &[1.5e-6, 8e-7, 2e-5]);
}

#[test]
fn a_lost_logit_shows_in_its_row_and_in_its_loss() {
    let width = 7;
    for extent in extents([ROWS, width]) {
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
    let [.., extent] = extents([ROWS, width]);
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
