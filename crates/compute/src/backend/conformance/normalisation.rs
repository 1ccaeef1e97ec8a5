//! Layer norm and batch norm.

use super::{Agreement, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{AffineAxis, At, Moments, NormDims, Normalisation};

/// Moments, values, running averages and every gradient, all of which are added.
fn run<B: Normalisation>(backend: &B, dims: NormDims) -> Vec<f64> {
    let len = dims.outer * dims.groups * dims.inner + 9;
    let affine = if dims.affine == AffineAxis::Group { dims.groups } else { dims.inner };
    let source = buffer(backend, &numbers(len, 1));
    let d_target = buffer(backend, &numbers(len, 2));
    let [scale, shift] = [3, 4].map(|seed| buffer(backend, &numbers(affine, seed)));
    let [mut mean, mut variance] = [5, 6].map(|seed| buffer(backend, &numbers(dims.groups, seed)));
    let mut running = buffer(backend, &numbers(dims.groups, 7));
    let mut targets = [8, 9, 10].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut sums = [11, 12].map(|seed| buffer(backend, &numbers(affine, seed)));
    backend.moments(dims, At(&source, 3), &mut mean, &mut variance);
    backend.move_average(0.3, 1.25, &variance, &mut running, dims.groups);
    let moments = || Moments { mean: &mean, variance: &variance };
    let [target, d_source, d_fixed] = &mut targets;
    backend.normalise(dims, At(&source, 3), moments(), &scale, &shift, At(target, 1));
    let d_target = || At(&d_target, 4);
    backend.normalise_backward(dims, At(&source, 3), moments(), &scale, d_target(), At(d_source, 2));
    backend.normalise_fixed_backward(dims, &variance, &scale, d_target(), At(d_fixed, 5));
    backend.scale_gradient(dims, At(&source, 3), moments(), d_target(), &mut sums[0]);
    backend.shift_gradient(dims, d_target(), &mut sums[1]);
    let groups = [mean, variance, running].map(|buffer| host(backend, &buffer, dims.groups));
    let targets = targets.map(|buffer| host(backend, &buffer, len));
    let sums = sums.map(|buffer| host(backend, &buffer, affine));
    groups.into_iter().chain(targets).chain(sums).flatten().collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: O, G and S.
#[must_use]
pub fn agreement<B: Normalisation>(backend: &B) -> Vec<Agreement> {
    let mut agreement = Agreement::new("normalisation");
    let mut compare = |[outer, groups, inner]: [usize; 3], affine| {
        // A large ε, so that a group of one number, or of two near each other, does not enlarge the rounding
        // of its mean.
        let dims = NormDims { outer, groups, inner, affine, epsilon: 0.01 };
        agreement.compare(&[outer, groups, inner], &run(backend, dims), &run(&truth(), dims));
    };
    for affine in [AffineAxis::Group, AffineAxis::Inner] {
        for outer in [1, 2, 5] {
            for groups in [1, 3, 7] {
                for inner in [1, 2, 5, 7, 31, 33, 65, 127] {
                    compare([outer, groups, inner], affine);
                }
            }
        }
    }
    // The states of 64 sequences over ten steps, and 16 filters of 32 images.
    compare([1, 640, 512], AffineAxis::Inner);
    compare([32, 16, 32 * 32], AffineAxis::Group);
    vec![agreement]
}

#[test]
fn normalisation_agrees() {
    // Measured 1.2e-5.
    assert_within(&agreement(&CPU), &[4e-5]);
}
