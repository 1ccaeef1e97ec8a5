//! One suite for every backend: each kernel, at ragged sizes and starts, against the scalar reference.
//!
//! A scenario is a function over any backend that returns all that its kernel may have written, slots
//! that it must leave alone included. Inputs are `f32` numbers, so that backends of both precisions
//! start from the same. Errors are relative to `1 + |truth|`; each tolerance stands beside the largest
//! error measured and about a factor of 3 above it.
//!
//! Other crates that write a backend run the scenarios through each suite's `agreement`, which says how far
//! their kernels are from the truth; the tests here add what is promised of [`super::Cpu`] beyond that.

pub mod algebra;
pub mod attention;
pub mod cells;
pub mod elementwise;
pub mod factors;
pub mod ledger;
pub mod memory;
pub mod normalisation;
pub mod rows;
pub mod softmax;
pub mod symbols;
pub mod updates;

#[cfg(test)]
use super::Cpu;
use super::{At, Memory, Reference};
use crate::Real;

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
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Which kernels.
    pub what: &'static str,
    /// Shapes and variants that were compared.
    pub cases: usize,
    /// The largest error relative to `1 + |truth|`; infinite where one is not finite and the other differs.
    pub worst: f64,
}

impl Agreement {
    fn new(what: &'static str) -> Self {
        Self { what, cases: 0, worst: 0.0 }
    }

    /// Adds a case.
    fn compare(&mut self, found: &[f64], truth: &[f64]) {
        self.cases += 1;
        self.worst = self.worst.max(error(found, truth));
    }
}

/// Bit patterns, to tell apart what `==` does not and equate what it does not.
#[cfg(test)]
fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}
