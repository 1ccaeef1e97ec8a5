//! One suite for every backend: each kernel, at ragged sizes and starts and at those of real networks, against
//! the scalar reference.
//!
//! A scenario is a function over any backend that returns all that its kernel may have written, slots
//! that it must leave alone included. Inputs are `f32` numbers, so that backends of both precisions
//! start from the same. Errors are relative to `1 + |truth|`; each tolerance stands beside the largest
//! error measured and about a factor of 3 above it.
//!
//! Other crates that write a backend run the scenarios through each suite's `agreement`, which says at which
//! shapes kernels were compared and how far they are from the truth; the tests here add what is promised of
//! [`super::Cpu`] beyond that.

pub mod algebra;
pub mod attention;
pub mod cells;
pub mod choices;
pub mod convolution;
pub mod ctc;
pub mod elementwise;
pub mod factors;
pub mod image_pooling;
pub mod ledger;
pub mod losses;
pub mod memory;
pub mod normalisation;
pub mod projections;
pub mod recurrence;
pub mod rows;
pub mod softmax;
pub mod symbols;
pub mod updates;

#[cfg(test)]
use super::Cpu;
use super::{At, Memory, Reference};
use crate::Real;
use std::collections::BTreeSet;
use std::fmt;

/// Sizes that every kernel is run at: one, and beside the vectors, panels and tiles that kernels work in.
pub const SIZES: [usize; 6] = [1, 7, 31, 33, 65, 127];

/// Lengths around the vector (4), the panel (16) and their multiples.
const RAGGED: [usize; 13] = [1, 2, 3, 4, 5, 7, 15, 16, 17, 31, 33, 65, 127];

/// The backend that is tested here.
#[cfg(test)]
const CPU: Cpu = Cpu;

/// Truth.
fn truth() -> Reference<f64> {
    Reference::new()
}

/// Numbers in ±2, the same for the same seed (xorshift32).
fn numbers(len: usize, seed: u32) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f64::from(state as f32 / u32::MAX as f32 * 4.0 - 2.0)
    };
    (0..len).map(|_| next()).collect()
}

/// A buffer that holds the numbers.
fn buffer<B: Memory>(backend: &B, numbers: &[f64]) -> B::Buffer {
    let mut buffer = backend.zeros(numbers.len());
    let numbers: Vec<_> = numbers.iter().map(|&number| B::Elem::from_f64(number)).collect();
    backend.write(At(&mut buffer, 0), &numbers);
    buffer
}

/// Indices that hold the rows.
fn indices<B: Memory>(backend: &B, rows: &[u32]) -> B::Indices {
    let mut indices = backend.indices(rows.len());
    backend.write_indices(At(&mut indices, 0), rows);
    indices
}

/// The first `len` numbers of a buffer.
fn host<B: Memory>(backend: &B, buffer: &B::Buffer, len: usize) -> Vec<f64> {
    let mut numbers = vec![B::Elem::ZERO; len];
    backend.read(At(buffer, 0), &mut numbers);
    numbers.into_iter().map(Real::to_f64).collect()
}

/// The largest error relative to `1 + |truth|`; infinite where one is not finite and the other differs.
fn error(found: &[f64], truth: &[f64]) -> f64 {
    assert_eq!(found.len(), truth.len());
    let each = found.iter().zip(truth).map(|(&found, &truth)| {
        let same = found == truth || (found.is_nan() && truth.is_nan());
        let error = (found - truth).abs() / (1.0 + truth.abs());
        if same {
            0.0
        } else if error.is_finite() {
            error
        } else {
            f64::INFINITY
        }
    });
    each.fold(0.0, f64::max)
}

/// How far some kernels of a backend are from the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// Which kernels.
    pub what: &'static str,
    /// Comparisons: of every shape each variant.
    pub cases: usize,
    /// The shapes that were compared, each by its sizes, in the order in which the suite documents them.
    pub shapes: BTreeSet<Vec<usize>>,
    /// The largest error relative to `1 + |truth|`; infinite where one is not finite and the other differs.
    pub worst: f64,
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, cases, shapes, worst } = self;
        write!(f, "{what}: {} shapes, {cases} cases, {worst:.1e}", shapes.len())
    }
}

impl Agreement {
    fn new(what: &'static str) -> Self {
        Self { what, cases: 0, shapes: BTreeSet::new(), worst: 0.0 }
    }

    /// Which of [`SIZES`] occurs in no shape.
    #[must_use]
    pub fn missing_sizes(&self) -> Vec<usize> {
        SIZES.into_iter().filter(|size| !self.shapes.iter().flatten().any(|found| found == size)).collect()
    }

    /// Adds a case.
    fn compare(&mut self, shape: &[usize], found: &[f64], truth: &[f64]) {
        self.cases += 1;
        self.shapes.insert(shape.to_vec());
        self.worst = self.worst.max(error(found, truth));
    }
}

/// Asserts for each kernel of a suite that it was run at all [`SIZES`] and is within its tolerance.
#[cfg(test)]
fn assert_within(found: &[Agreement], tolerances: &[f64]) {
    assert_eq!(found.len(), tolerances.len());
    for (agreement, &tolerance) in found.iter().zip(tolerances) {
        println!("{agreement}");
        assert_eq!(agreement.missing_sizes(), [], "{agreement}");
        assert!(agreement.worst <= tolerance, "{agreement}");
    }
}

/// Bit patterns, to tell apart what `==` does not and equate what it does not.
#[cfg(test)]
fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}
