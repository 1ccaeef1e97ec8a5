//! Softmax and its logarithm.

#[cfg(test)]
use super::CPU;
use super::{Agreement, RAGGED, buffer, host, numbers, truth};
use crate::backend::{At, Softmax, SoftmaxKind};

const ROWS: usize = 3;

/// Values and the gradient, which is added.
fn run<B: Softmax>(backend: &B, kind: SoftmaxKind, input: &[f64], width: usize) -> Vec<f64> {
    let len = input.len();
    let input = buffer(backend, input);
    let mut output = buffer(backend, &numbers(len, 1));
    let d_output = buffer(backend, &numbers(len, 2));
    let mut d_input = buffer(backend, &numbers(len, 3));
    backend.softmax(kind, At(&input, 3), At(&mut output, 1), ROWS, width);
    backend.softmax_backward(kind, At(&output, 1), At(&d_output, 4), At(&mut d_input, 2), ROWS, width);
    [output, d_input].iter().flat_map(|buffer| host(backend, buffer, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference.
#[must_use]
pub fn agreement<B: Softmax>(backend: &B) -> Vec<Agreement> {
    let kinds = [(SoftmaxKind::Softmax, "softmax"), (SoftmaxKind::LogSoftmax, "logarithm of softmax")];
    let each = |(kind, what)| {
        let mut agreement = Agreement::new(what);
        for width in RAGGED {
            // Also logits whose exponentials under- and overflow.
            for scale in [1.0, 60.0, 1e30] {
                let draw = |x: &f64| f64::from((x * scale) as f32);
                let input: Vec<_> = numbers(ROWS * width + 6, 4).iter().map(draw).collect();
                agreement.compare(&run(backend, kind, &input, width), &run(&truth(), kind, &input, width));
            }
        }
        agreement
    };
    kinds.map(each).into()
}

#[test]
fn softmax_and_its_logarithm_agree() {
    // Measured 1.0e-7 and 8.9e-7.
    for (agreement, tolerance) in agreement(&CPU).into_iter().zip([3e-7, 3e-6]) {
        assert!(agreement.worst < tolerance, "{agreement:?}");
    }
}

#[test]
fn a_lost_logit_shows_in_its_row_alone() {
    for kind in [SoftmaxKind::Softmax, SoftmaxKind::LogSoftmax] {
        for place in 0..5 {
            let mut input = numbers(ROWS * 5 + 6, 5);
            input[3 + 5 + place] = f64::NAN;
            let output = &run(&CPU, kind, &input, 5)[1..=ROWS * 5];
            for (n, number) in output.iter().enumerate() {
                assert_eq!(number.is_nan(), n / 5 == 1, "{kind:?} with {place} lost: {output:?}");
            }
        }
    }
}
