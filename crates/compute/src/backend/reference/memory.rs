//! Memory and sums, scalar.

use super::{Reference, matrix, matrix_mut};
use crate::Real;
use crate::backend::{At, Memory};

impl<R: Real> Memory for Reference<R> {
    type Elem = R;
    type Buffer = Vec<R>;
    type Indices = Vec<u32>;
    /// `[k, n]`, plain, with its number of columns.
    type Packed = (Vec<R>, usize);

    fn zeros(&self, len: usize) -> Vec<R> {
        vec![R::ZERO; len]
    }

    fn indices(&self, len: usize) -> Vec<u32> {
        vec![0; len]
    }

    fn packed(&self, k: usize, n: usize) -> Self::Packed {
        (vec![R::ZERO; k * n], n)
    }

    fn packed_numbers(k: usize, n: usize) -> u64 {
        (k as u64).saturating_mul(n as u64)
    }

    fn write(&self, At(target, start): At<&mut Vec<R>>, numbers: &[R]) {
        target[start..start + numbers.len()].copy_from_slice(numbers);
    }

    fn write_indices(&self, At(target, start): At<&mut Vec<u32>>, rows: &[u32]) {
        target[start..start + rows.len()].copy_from_slice(rows);
    }

    fn read(&self, At(source, start): At<&Vec<R>>, numbers: &mut [R]) {
        numbers.copy_from_slice(&source[start..start + numbers.len()]);
    }

    fn fill(&self, At(target, start): At<&mut Vec<R>>, len: usize, number: R) {
        target[start..start + len].fill(number);
    }

    fn copy(&self, At(source, from): At<&Vec<R>>, At(target, to): At<&mut Vec<R>>, len: usize) {
        target[to..to + len].copy_from_slice(&source[from..from + len]);
    }

    fn add(&self, At(source, from): At<&Vec<R>>, At(target, to): At<&mut Vec<R>>, len: usize) {
        for (target, &source) in target[to..to + len].iter_mut().zip(&source[from..from + len]) {
            *target += source;
        }
    }

    fn add_row(&self, source: At<&Vec<R>>, row: &Vec<R>, target: At<&mut Vec<R>>, rows: usize, width: usize) {
        let source = matrix(source, rows, width);
        let mut target = matrix_mut(target, rows, width);
        for r in 0..rows {
            for j in 0..width {
                target[[r, j]] = source[[r, j]] + row[j];
            }
        }
    }

    fn fill_rows(&self, row: &Vec<R>, target: At<&mut Vec<R>>, rows: usize, width: usize) {
        for mut target in matrix_mut(target, rows, width).rows_mut() {
            for j in 0..width {
                target[j] = row[j];
            }
        }
    }

    fn sum_rows(&self, source: At<&Vec<R>>, target: &mut Vec<R>, rows: usize, width: usize) {
        for source in matrix(source, rows, width).rows() {
            for j in 0..width {
                target[j] += source[j];
            }
        }
    }

    fn sum_of_squares(&self, At(source, start): At<&Vec<R>>, len: usize) -> f64 {
        source[start..start + len].iter().map(|x| x.to_f64() * x.to_f64()).sum()
    }
}
