//! Layer norm and batch norm.

#[cfg(test)]
use super::CPU;
use super::{Agreement, buffer, host, numbers, truth};
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

/// Every scenario of this suite, compared with the scalar reference.
#[must_use]
pub fn agreement<B: Normalisation>(backend: &B) -> Vec<Agreement> {
    let mut agreement = Agreement::new("normalisation");
    for affine in [AffineAxis::Group, AffineAxis::Inner] {
        for outer in [1, 2, 5] {
            for groups in [1, 3, 7] {
                for inner in [1, 2, 5, 33] {
                    // A large ε, so that a group of one number, or of two near each other, does not
                    // enlarge the rounding of its mean.
                    let dims = NormDims { outer, groups, inner, affine, epsilon: 0.01 };
                    agreement.compare(&run(backend, dims), &run(&truth(), dims));
                }
            }
        }
    }
    vec![agreement]
}

#[test]
fn normalisation_agrees() {
    for agreement in agreement(&CPU) {
        // Measured 2.2e-6.
        assert!(agreement.worst < 7e-6, "{agreement:?}");
    }
}
