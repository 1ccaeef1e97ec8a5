//! Memory, and sums element by element, in plain loops that the compiler vectorises.

use super::{Cpu, Panels};
use crate::backend::{At, Memory};

/// Sums of squares that are kept side by side, so that one need not wait for the other.
const SUMS: usize = 8;

impl Memory for Cpu {
    type Elem = f32;
    type Buffer = Vec<f32>;
    type Indices = Vec<u32>;
    type Packed = Panels;

    fn zeros(&self, len: usize) -> Vec<f32> {
        vec![0.0; len]
    }

    fn indices(&self, len: usize) -> Vec<u32> {
        vec![0; len]
    }

    fn packed(&self, k: usize, n: usize) -> Panels {
        Panels::new(k, n)
    }

    fn packed_numbers(k: usize, n: usize) -> u64 {
        Panels::numbers(k, n)
    }

    fn write(&self, At(target, start): At<&mut Vec<f32>>, numbers: &[f32]) {
        target[start..start + numbers.len()].copy_from_slice(numbers);
    }

    fn write_indices(&self, At(target, start): At<&mut Vec<u32>>, rows: &[u32]) {
        target[start..start + rows.len()].copy_from_slice(rows);
    }

    fn read(&self, At(source, start): At<&Vec<f32>>, numbers: &mut [f32]) {
        numbers.copy_from_slice(&source[start..start + numbers.len()]);
    }

    fn fill(&self, At(target, start): At<&mut Vec<f32>>, len: usize, number: f32) {
        target[start..start + len].fill(number);
    }

    fn copy(&self, At(source, from): At<&Vec<f32>>, At(target, to): At<&mut Vec<f32>>, len: usize) {
        target[to..to + len].copy_from_slice(&source[from..from + len]);
    }

    fn add(&self, At(source, from): At<&Vec<f32>>, At(target, to): At<&mut Vec<f32>>, len: usize) {
        add_to(&mut target[to..to + len], &source[from..from + len]);
    }

    fn add_row(
        &self,
        At(source, from): At<&Vec<f32>>,
        row: &Vec<f32>,
        At(target, to): At<&mut Vec<f32>>,
        rows: usize,
        width: usize,
    ) {
        let (source, row) = (&source[from..from + rows * width], &row[..width]);
        let target = &mut target[to..to + rows * width];
        for r in 0..rows {
            let part = r * width..(r + 1) * width;
            for ((target, source), row) in target[part.clone()].iter_mut().zip(&source[part]).zip(row) {
                *target = source + row;
            }
        }
    }

    fn fill_rows(&self, row: &Vec<f32>, At(target, to): At<&mut Vec<f32>>, rows: usize, width: usize) {
        let row = &row[..width];
        let target = &mut target[to..to + rows * width];
        for r in 0..rows {
            target[r * width..(r + 1) * width].copy_from_slice(row);
        }
    }

    fn sum_rows(&self, At(source, from): At<&Vec<f32>>, target: &mut Vec<f32>, rows: usize, width: usize) {
        let source = &source[from..from + rows * width];
        let target = &mut target[..width];
        for r in 0..rows {
            add_to(target, &source[r * width..(r + 1) * width]);
        }
    }

    fn sum_of_squares(&self, At(source, start): At<&Vec<f32>>, len: usize) -> f64 {
        // In f64 the square of no f32 overflows: the sum is infinite only if a number was.
        let (whole, rest) = source[start..start + len].as_chunks::<SUMS>();
        let mut sums = [0.0; SUMS];
        for numbers in whole {
            for (sum, &number) in sums.iter_mut().zip(numbers) {
                *sum += f64::from(number) * f64::from(number);
            }
        }
        let rest: f64 = rest.iter().map(|&number| f64::from(number) * f64::from(number)).sum();
        sums.iter().sum::<f64>() + rest
    }
}

/// `target += source`.
pub(super) fn add_to(target: &mut [f32], source: &[f32]) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += source;
    }
}
