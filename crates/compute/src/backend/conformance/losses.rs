//! Errors of single numbers, and the weighted sum of the rows' losses.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, ElementwiseLoss, LossRows, Losses};

const KINDS: [(ElementwiseLoss, &str); 4] = [
    (ElementwiseLoss::BinaryCrossEntropy, "binary cross-entropy"),
    (ElementwiseLoss::Squared, "squared error"),
    (ElementwiseLoss::Absolute, "absolute error"),
    (ElementwiseLoss::Huber { delta: 1.5 }, "Huber's error"),
];
const START: usize = 3;

/// The losses of all rows but the first and the last, their gradient, and the sum of all rows' losses.
fn run<B: Losses>(backend: &B, kind: ElementwiseLoss, [rows, width]: [usize; 2]) -> Vec<f64> {
    let extent = LossRows { first: 1, rows: rows - 2, width };
    let len = START + rows * width + 1;
    let prediction: Vec<_> = numbers(len, 1).iter().map(|x| 4.0 * x).collect();
    let [prediction, targets] = [prediction, numbers(len, 2)].map(|numbers| buffer(backend, &numbers));
    // Row 2 is left out.
    let mut weights = numbers(rows + 2, 3);
    weights[2 + 2] = 0.0;
    let weights = buffer(backend, &weights);
    let d_loss = buffer(backend, &numbers(2, 4));
    let mut row_losses = buffer(backend, &numbers(rows, 5));
    let mut d_prediction = buffer(backend, &numbers(len, 6));
    let mut loss = buffer(backend, &numbers(3, 7));
    let (x, y) = (At(&prediction, START), At(&targets, START - 1));
    backend.elementwise_loss_forward(kind, extent, x, y, &mut row_losses);
    let (x, y) = (At(&prediction, START), At(&targets, START - 1));
    let d_x = At(&mut d_prediction, START);
    backend.elementwise_loss_backward(kind, extent, x, y, At(&weights, 2), At(&d_loss, 1), d_x);
    backend.weighted_sum(At(&weights, 2), At(&row_losses, 0), At(&mut loss, 1), rows);
    let parts = [(&row_losses, rows), (&d_prediction, len), (&loss, 3)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: rows and width.
#[must_use]
pub fn agreement<B: Losses>(backend: &B) -> Vec<Agreement> {
    let each = |(kind, what)| {
        let mut agreement = Agreement::new(what);
        // The forecasts of 64 sequences last.
        for shape in RAGGED.map(|width| [5, width]).into_iter().chain([[33, 300], [64, 96]]) {
            agreement.compare(&shape, &run(backend, kind, shape), &run(&truth(), kind, shape));
        }
        agreement
    };
    KINDS.map(each).into()
}

#[test]
fn losses_agree() {
    // Measured 3.1e-7, 2.0e-7, 5.9e-8 and 8.5e-8.
    assert_within(&agreement(&CPU), &[1e-6, 6e-7, 2e-7, 3e-7]);
}
