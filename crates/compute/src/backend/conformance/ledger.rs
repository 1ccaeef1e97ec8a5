//! Ledgers: what they hold, and what is decided by it.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, Ledgers};

/// The entries, waiting for them.
fn entries<B: Ledgers>(backend: &B, ledger: &B::Ledger, count: usize) -> Vec<f64> {
    let mut pending = backend.pending(count);
    let mut entries = vec![0.0; count];
    backend.request(ledger, &mut pending);
    while !backend.fetch(&mut pending, &mut entries) {
        std::thread::yield_now();
    }
    entries
}

/// Sums and squares in a ledger, and numbers clipped by two of them to this norm.
fn clipped<B: Ledgers>(backend: &B, len: usize, max_norm: f64) -> Vec<f64> {
    let [a, b] = [1, 2].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut gradient = buffer(backend, &numbers(len, 3));
    let mut ledger = backend.ledger(5);
    backend.set_entry(&mut ledger, 0, -1.5);
    backend.enter(At(&a, len - 1), 0.25, &mut ledger, 0);
    backend.enter_squares(At(&gradient, 1), len - 1, &mut ledger, 2);
    backend.enter_squared_distance([&a, &b], &mut ledger, 3);
    backend.clip(&mut gradient, &ledger, 2..4, max_norm);
    host(backend, &gradient, len).into_iter().chain(entries(backend, &ledger, 5)).collect()
}

/// What is copied where the loss is this.
fn kept<B: Ledgers>(backend: &B, len: usize, loss: f64) -> Vec<f64> {
    let source = buffer(backend, &numbers(len, 4));
    let mut target = buffer(backend, &numbers(len, 5));
    let mut ledger = backend.ledger(2);
    backend.enter(At(&buffer(backend, &[loss]), 0), 0.5, &mut ledger, 1);
    backend.copy_if_finite((&ledger, 1), &source, &mut target, len - 1);
    host(backend, &target, len)
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: numbers.
#[must_use]
pub fn agreement<B: Ledgers>(backend: &B) -> Vec<Agreement> {
    let [mut sums, mut kept_numbers] = ["ledgers", "copies if finite"].map(Agreement::new);
    // The weights of 512 units last.
    for len in RAGGED.into_iter().chain([2048 * 512]) {
        // Below the norm, far below, and above.
        for max_norm in [0.75, 1e-12, 1e6] {
            sums.compare(&[len], &clipped(backend, len, max_norm), &clipped(&truth(), len, max_norm));
        }
        for loss in [3.0, -1e30, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            kept_numbers.compare(&[len], &kept(backend, len, loss), &kept(&truth(), len, loss));
        }
    }
    vec![sums, kept_numbers]
}

#[test]
fn ledgers_agree() {
    // Measured 2.2e-8: the rounding of the clipped numbers.
    assert_within(&agreement(&CPU), &[2e-7, 0.0]);
}

#[test]
fn what_is_not_finite_is_not_copied() {
    for loss in [1.0, f64::NAN, f64::INFINITY] {
        let found = kept(&CPU, 5, loss);
        let expected = numbers(5, if loss.is_finite() { 4 } else { 5 });
        assert_eq!(found[..4], expected[..4], "{loss}");
        assert_eq!(found[4], numbers(5, 5)[4], "behind the end");
    }
}
