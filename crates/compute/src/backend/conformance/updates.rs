//! The update rules: element by element, so the bits are those of the reference in `f32`.

use super::{CPU, RAGGED, bits, buffer, host, numbers};
use crate::backend::{AdamStep, Backend, Reference, Update};

/// Value and state after a step of each rule, from the same start.
fn steps<B: Backend>(backend: &B, len: usize) -> Vec<f64> {
    let update = Update { learning_rate: 0.05, gradient_scale: 0.7 };
    let adam = AdamStep {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        bias_correction1: 1.0 - 0.9_f64.powi(3),
        bias_correction2: 1.0 - 0.999_f64.powi(3),
        weight_decay: 0.01,
    };
    let gradient = buffer(backend, &numbers(len, 1));
    let squares: Vec<_> = numbers(len, 2).into_iter().map(f64::abs).collect();
    let mut values = [3, 4, 5].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut moments = [6, 7].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut squares = [buffer(backend, &squares), buffer(backend, &squares)];
    backend.sgd(update, 0.9, &mut values[0], &gradient, &mut moments[0]);
    backend.rmsprop(update, 0.99, 1e-8, &mut values[1], &gradient, &mut squares[0]);
    backend.adam(update, adam, &mut values[2], &gradient, &mut moments[1], &mut squares[1]);
    let all = values.into_iter().chain(moments).chain(squares);
    all.flat_map(|buffer| host(backend, &buffer, len)).collect()
}

#[test]
fn updates_have_the_bits_of_the_reference() {
    for len in RAGGED {
        assert_eq!(bits(&steps(&CPU, len)), bits(&steps(&Reference::<f32>::new(), len)), "{len} numbers");
    }
}
