//! Every kernel against the scalar reference, with the suites that every backend runs, at ragged sizes and at
//! those of real networks; and no WGSL file that none of them runs.

mod common;

use common::gpu;
use rnn_compute::backend::conformance::{self, Agreement};
use rnn_gpu::{Gpu, Walks};
use std::time::Instant;

/// Shapes that must be compared in all.
const FEWEST_SHAPES: usize = 400;

/// A line of a suite: the tolerance, of errors relative to 1 + |truth|, the truth being in `f64`; and the shape
/// of a real network, which must be among those compared. The suite says what its sizes mean.
type Expected = (f64, &'static [usize]);

/// A suite, and what is expected of each of its lines.
type Suite = (fn(&Gpu) -> Vec<Agreement>, &'static [Expected]);

/// Three steps of 32 sequences of 128 units, the states of 64 sequences, and forecasts of 64 sequences.
const WALK: &[usize] = &[3, 32, 128];
const STATE_NUMBERS: &[usize] = &[64 * 512];
const FORECASTS: &[usize] = &[64, 96];

/// The suites. Beside tolerances stand the errors measured on lavapipe (Mesa 22.3); they leave room for GPUs that
/// round more. Whole numbers are exact in any order of adding.
const SUITES: [Suite; 19] = [
    // 5.9e-6, 6.0e-8
    (conformance::memory::agreement, &[(2e-5, &[640, 2048]), (1e-5, &[2048 * 512])]),
    // exact, exact, 4.3e-5: the sums of the last nearly cancel, their terms reach 4
    (
        conformance::algebra::agreement,
        &[(0.0, &[64, 128, 512]), (0.0, &[10_000, 64, 128]), (1e-4, &[17, 2048, 33])],
    ),
    // 9.5e-6
    (conformance::projections::agreement, &[(1e-4, &[64, 128, 512])]),
    // Elman's cell 7.7e-7, 5.4e-6 back, with ReLU 9.7e-7, 4.3e-6; LSTM 7.0e-7, 2.8e-6; GRU 8.9e-7, 3.0e-6
    (walks_step_by_step, &[(2e-5, WALK); 8]),
    (walks_at_once, &[(2e-5, WALK); 8]),
    // 1.2e-7, 2.4e-7, 6.5e-6
    (
        conformance::symbols::agreement,
        &[(1e-5, &[64, 10_000]), (1e-5, &[64, 10_000]), (2e-5, &[640, 10_000, 128])],
    ),
    (conformance::choices::agreement, &[(0.0, &[64, 10_000])]),
    // 2.6e-7, exact, 6.8e-8
    (conformance::updates::agreement, &[(1e-4, &[2048 * 512]), (0.0, &[2048 * 512]), (1e-5, &[2048 * 512])]),
    // 5.9e-8, 4.0e-7, 1.1e-7
    (conformance::elementwise::agreement, &[(1e-5, STATE_NUMBERS); 3]),
    // 1.3e-7
    (conformance::factors::agreement, &[(1e-6, STATE_NUMBERS)]),
    // 1.4e-7, exact
    (conformance::ledger::agreement, &[(1e-6, &[2048 * 512]), (0.0, &[2048 * 512])]),
    // 9.9e-8; 1.6e-5: sums over 10,000 classes that nearly cancel
    (conformance::softmax::agreement, &[(1e-5, &[64, 10_000]), (5e-5, &[64, 10_000])]),
    // 4.0e-8, 1.2e-7
    (conformance::rows::agreement, &[(1e-6, &[640, 512]), (1e-6, &[100, 64, 128])]),
    // 5.4e-6
    (conformance::normalisation::agreement, &[(2e-5, &[32, 16, 1024])]),
    // 2.7e-6; 2.4e-5: terms reach 150; 8.0e-8
    (
        conformance::attention::agreement,
        &[(1e-5, &[30, 64, 256]), (1e-4, &[30, 64, 256]), (1e-5, &[30, 64, 256])],
    ),
    // 5.0e-7, 2.0e-7, 1.2e-7, 1.7e-7
    (conformance::losses::agreement, &[(1e-5, FORECASTS); 4]),
    // 2.1e-7
    (conformance::convolution::agreement, &[(1e-5, &[3, 16, 32, 32, 3, 3, 1, 1])]),
    // 3.4e-7
    (conformance::image_pooling::agreement, &[(1e-5, &[16, 32, 32, 32, 2, 2, 2, 0])]),
    // 7.4e-7
    (conformance::ctc::agreement, &[(1e-5, &[100, 16, 40, 29])]),
];

fn walks_step_by_step(gpu: &Gpu) -> Vec<Agreement> {
    walks(gpu, Walks::StepByStep)
}

fn walks_at_once(gpu: &Gpu) -> Vec<Agreement> {
    walks(gpu, Walks::AtOnce)
}

fn walks(gpu: &Gpu, walks: Walks) -> Vec<Agreement> {
    gpu.choose_walks(walks);
    conformance::recurrence::agreement(gpu)
}

#[test]
fn every_kernel_agrees_with_the_reference() {
    let Some(gpu) = gpu() else { return };
    let (mut shapes, mut failures) = (0, Vec::new());
    for (run, expected) in SUITES {
        let start = Instant::now();
        let found = run(&gpu);
        assert_eq!(gpu.error(), None);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        let count: usize = found.iter().map(|agreement| agreement.shapes.len()).sum();
        println!("{count} shapes in {:.1} s", start.elapsed().as_secs_f64());
        shapes += count;
        for (agreement, &(tolerance, real)) in found.iter().zip(expected) {
            println!("  {agreement}");
            let missing = agreement.missing_sizes();
            if agreement.worst > tolerance || !missing.is_empty() || !agreement.shapes.contains(real) {
                failures.push(format!("{agreement}; not {tolerance:e}, or without {missing:?} or {real:?}"));
            }
        }
    }
    println!("{shapes} shapes in all");
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(shapes >= FEWEST_SHAPES, "{shapes} shapes");
    assert_eq!(gpu.unused_kernels(), [""; 0], "kernels that no suite runs");
}
