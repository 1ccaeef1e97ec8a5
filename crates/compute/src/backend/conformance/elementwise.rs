//! Activations and their slopes.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within, error};
use crate::backend::{Activation, At, Elementwise};

const ACTIVATIONS: [(Activation, &str); 3] =
    [(Activation::Relu, "ReLU"), (Activation::Tanh, "tanh"), (Activation::Sigmoid, "logistic function")];

/// The activation of numbers that begin at 3, then the gradient, which is added at 2, of which values and
/// gradients begin at 1 and 4.
fn run<B: Elementwise>(backend: &B, activation: Activation, input: &[f64]) -> Vec<f64> {
    let len = input.len() - 3;
    let input = buffer(backend, input);
    let mut output = buffer(backend, &numbers(len + 9, 1));
    let d_output = buffer(backend, &numbers(len + 9, 2));
    let mut d_input = buffer(backend, &numbers(len + 9, 3));
    backend.activate(activation, At(&input, 3), At(&mut output, 1), len);
    backend.activate_backward(activation, At(&output, 1), At(&d_output, 4), At(&mut d_input, 2), len);
    [output, d_input].iter().flat_map(|buffer| host(backend, buffer, len + 9)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: numbers.
#[must_use]
pub fn agreement<B: Elementwise>(backend: &B) -> Vec<Agreement> {
    let each = |(activation, what)| {
        let mut agreement = Agreement::new(what);
        // The states of 64 sequences last.
        for len in RAGGED.into_iter().chain([64 * 512]) {
            // Also where tanh and the logistic function saturate, and at 0.
            for scale in [0.0, 1.0, 60.0] {
                let input: Vec<_> = numbers(len + 3, 4).iter().map(|x| x * scale).collect();
                let [found, want] = [run(backend, activation, &input), run(&truth(), activation, &input)];
                agreement.compare(&[len], &found, &want);
            }
        }
        agreement
    };
    ACTIVATIONS.map(each).into()
}

#[test]
fn activations_agree() {
    // Measured 5.9e-8, 6.8e-7, 1.1e-7.
    assert_within(&agreement(&CPU), &[2e-7, 2e-6, 3e-7]);
}

#[test]
fn what_is_not_finite_spreads_as_in_the_reference() {
    for (activation, _) in ACTIVATIONS {
        for lost in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for place in 0..7 {
                let mut input = numbers(10, 5);
                input[3 + place] = lost;
                let [found, want] = [run(&CPU, activation, &input), run(&truth(), activation, &input)];
                assert!(error(&found, &want) < 1e-6, "{activation:?} of {lost}: {found:?}, not {want:?}");
            }
        }
    }
}
