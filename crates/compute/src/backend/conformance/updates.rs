//! The update rules: element by element, so the bits are those of the reference in `f32`.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, bits, error};
#[cfg(test)]
use crate::backend::Reference;
use crate::backend::{AdamStep, RmsPropStep, SgdStep, Update, Updates};

/// Values and memories after a step of each rule, from the same start.
fn steps<B: Updates>(backend: &B, len: usize) -> Vec<f64> {
    let update = Update { learning_rate: 0.05, weight_decay: 0.03 };
    let adam = AdamStep {
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        bias_correction1: 1.0 - 0.9_f64.powi(3),
        bias_correction2: 1.0 - 0.999_f64.powi(3),
        decoupled_decay: 0.01,
    };
    let rmsprop = RmsPropStep { alpha: 0.99, epsilon: 1e-8, momentum: 0.8 };
    let [plain, nesterov] = [false, true].map(|nesterov| SgdStep { momentum: 0.9, nesterov });
    let gradient = buffer(backend, &numbers(len, 1));
    let squares: Vec<_> = numbers(len, 2).into_iter().map(f64::abs).collect();
    let mut values = [3, 4, 5, 6, 7].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut moments = [8, 9, 10, 11].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut squares = [(); 3].map(|()| buffer(backend, &squares));
    backend.sgd(update, plain, &mut values[0], &gradient, &mut moments[0]);
    backend.sgd(update, nesterov, &mut values[1], &gradient, &mut moments[1]);
    backend.rmsprop(update, rmsprop, &mut values[2], &gradient, &mut squares[0], &mut moments[2]);
    backend.adagrad(update, 1e-10, &mut values[3], &gradient, &mut squares[1]);
    backend.adam(update, adam, &mut values[4], &gradient, &mut moments[3], &mut squares[2]);
    let all = values.into_iter().chain(moments).chain(squares);
    all.flat_map(|buffer| host(backend, &buffer, len)).collect()
}

/// What is left of numbers and infinities.
fn clamped<B: Updates>(backend: &B, len: usize, bound: f64) -> Vec<f64> {
    let mut given = numbers(len, 12);
    given.extend([f64::INFINITY, f64::NEG_INFINITY, bound, -bound]);
    let mut buffer = buffer(backend, &given);
    backend.clamp(&mut buffer, bound);
    host(backend, &buffer, given.len())
}

/// The squared distance of two buffers.
fn distance<B: Updates>(backend: &B, len: usize) -> f64 {
    backend.squared_distance(&buffer(backend, &numbers(len, 13)), &buffer(backend, &numbers(len, 14)))
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: numbers.
#[must_use]
pub fn agreement<B: Updates>(backend: &B) -> Vec<Agreement> {
    let [mut rules, mut bounded, mut distances] =
        ["update rules", "clamping", "squared distances"].map(Agreement::new);
    // The weights of 512 units last.
    for len in RAGGED.into_iter().chain([2048 * 512]) {
        rules.compare(&[len], &steps(backend, len), &steps(&truth(), len));
        bounded.compare(&[len], &clamped(backend, len, 0.75), &clamped(&truth(), len, 0.75));
        distances.compare(&[len], &[distance(backend, len)], &[distance(&truth(), len)]);
    }
    vec![rules, bounded, distances]
}

#[test]
fn updates_have_the_bits_of_the_reference() {
    for len in RAGGED {
        assert_eq!(bits(&steps(&CPU, len)), bits(&steps(&Reference::<f32>::new(), len)), "{len} numbers");
    }
}

#[test]
fn clamping_keeps_to_the_bound() {
    for len in RAGGED {
        let found = clamped(&CPU, len, 0.75);
        assert_eq!(bits(&found), bits(&clamped(&truth(), len, 0.75)), "{len} numbers");
        assert!(found.iter().all(|number| number.abs() <= 0.75), "{len} numbers");
    }
    // What makes no sense as a bound does no harm.
    for bound in [f64::NAN, -1.0, 0.0] {
        assert_eq!(clamped(&CPU, 3, bound).len(), 7);
    }
}

#[test]
fn squared_distances_are_the_references() {
    for len in RAGGED {
        // Both add in f64 and in one order: no error was measured.
        assert!(error(&[distance(&CPU, len)], &[distance(&truth(), len)]) == 0.0, "{len} numbers");
    }
}
