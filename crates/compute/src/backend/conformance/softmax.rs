//! Softmax and its logarithm.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, Softmax, SoftmaxKind};

const ROWS: usize = 3;
/// Numbers of the buffers before and behind the rows.
const AROUND: usize = 6;

/// Values and the gradient, which is added.
fn run<B: Softmax>(backend: &B, kind: SoftmaxKind, input: &[f64], width: usize) -> Vec<f64> {
    let len = input.len();
    let rows = (len - AROUND) / width;
    let input = buffer(backend, input);
    let mut output = buffer(backend, &numbers(len, 1));
    let d_output = buffer(backend, &numbers(len, 2));
    let mut d_input = buffer(backend, &numbers(len, 3));
    backend.softmax(kind, At(&input, 3), At(&mut output, 1), rows, width);
    backend.softmax_backward(kind, At(&output, 1), At(&d_output, 4), At(&mut d_input, 2), rows, width);
    [output, d_input].iter().flat_map(|buffer| host(backend, buffer, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: rows and width.
#[must_use]
pub fn agreement<B: Softmax>(backend: &B) -> Vec<Agreement> {
    let kinds = [(SoftmaxKind::Softmax, "softmax"), (SoftmaxKind::LogSoftmax, "logarithm of softmax")];
    let each = |(kind, what)| {
        let mut agreement = Agreement::new(what);
        // The logits of a vocabulary of 10,000 last.
        for (rows, width) in RAGGED.map(|width| (ROWS, width)).into_iter().chain([(64, 10_000)]) {
            // Also logits whose exponentials under- and overflow.
            for scale in [1.0, 60.0, 1e30] {
                let draw = |x: &f64| f64::from((x * scale) as f32);
                let input: Vec<_> = numbers(rows * width + AROUND, 4).iter().map(draw).collect();
                let [found, want] = [run(backend, kind, &input, width), run(&truth(), kind, &input, width)];
                agreement.compare(&[rows, width], &found, &want);
            }
        }
        agreement
    };
    kinds.map(each).into()
}

#[test]
fn softmax_and_its_logarithm_agree() {
    // Measured 1.0e-7 and 1.2e-4: gradients of 10,000 classes are added one by one, and nearly cancel.
    assert_within(&agreement(&CPU), &[3e-7, 4e-4]);
}

#[test]
fn a_lost_logit_shows_in_its_row_alone() {
    for kind in [SoftmaxKind::Softmax, SoftmaxKind::LogSoftmax] {
        for place in 0..5 {
            let mut input = numbers(ROWS * 5 + AROUND, 5);
            input[3 + 5 + place] = f64::NAN;
            let output = &run(&CPU, kind, &input, 5)[1..=ROWS * 5];
            for (n, number) in output.iter().enumerate() {
                assert_eq!(number.is_nan(), n / 5 == 1, "{kind:?} with {place} lost: {output:?}");
            }
        }
    }
}
