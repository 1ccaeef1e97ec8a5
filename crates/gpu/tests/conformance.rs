//! Every kernel against the scalar reference, with the suites that every backend runs.

mod common;

use common::gpu;
use rnn_compute::backend::conformance::{self, Agreement};
use rnn_gpu::Gpu;

/// Asserts the tolerance of each of a suite's kernels, beside which stands the error measured on lavapipe
/// (Mesa 22.3). The suites compare with the reference in `f64`, relative to 1 + |truth|.
#[expect(clippy::print_stdout, reason = "how near it came, with --nocapture")]
fn assert_agreement(suite: impl Fn(&Gpu) -> Vec<Agreement>, tolerances: &[f64]) {
    let Some(gpu) = gpu() else { return };
    let found = suite(&gpu);
    assert_eq!(gpu.error(), None);
    assert_eq!(found.len(), tolerances.len());
    for (agreement, &tolerance) in found.iter().zip(tolerances) {
        println!("{}: {} cases, {:.1e}", agreement.what, agreement.cases, agreement.worst);
        assert!(agreement.worst <= tolerance, "{agreement:?}");
    }
}

#[test]
fn memory_agrees() {
    assert_agreement(conformance::memory::agreement, &[1e-5, 1e-5]);
}

#[test]
fn algebra_agrees() {
    // Sums of whole numbers are exact in any order. Those of the third nearly cancel, their terms reach 4.
    assert_agreement(conformance::algebra::agreement, &[0.0, 0.0, 1e-4]);
}

#[test]
fn cells_agree() {
    assert_agreement(conformance::cells::agreement, &[1e-5; 8]);
}

#[test]
fn symbols_agree() {
    assert_agreement(conformance::symbols::agreement, &[1e-5; 3]);
}

#[test]
fn updates_agree() {
    assert_agreement(conformance::updates::agreement, &[1e-4, 0.0, 1e-5]);
}

#[test]
fn activations_agree() {
    assert_agreement(conformance::elementwise::agreement, &[1e-5; 3]);
}

#[test]
fn factors_agree() {
    assert_agreement(conformance::factors::agreement, &[1e-6]);
}

#[test]
fn ledgers_agree() {
    assert_agreement(conformance::ledger::agreement, &[1e-6, 0.0]);
}

#[test]
fn softmax_agrees() {
    assert_agreement(conformance::softmax::agreement, &[1e-5; 2]);
}

#[test]
fn rows_and_pooling_over_time_agree() {
    assert_agreement(conformance::rows::agreement, &[1e-6, 1e-6]);
}

#[test]
fn normalisation_agrees() {
    assert_agreement(conformance::normalisation::agreement, &[1e-5]);
}

#[test]
fn attention_agrees() {
    assert_agreement(conformance::attention::agreement, &[1e-5; 3]);
}
