//! Random orthogonal matrices, uniformly distributed over all rotations and reflections (Stewart, 1980).
//!
//! With x_k a normally distributed vector of k numbers and H_k the reflection that takes it to a
//! multiple of the first axis e_1:
//! 1. `u_k = x_k + sign(x_k1)·‖x_k‖·e_1`, `H_k = I − 2·u_k·u_kᵀ / u_kᵀu_k`.
//! 2. `Q_k = H_k · diag(s_k, Q_{k−1})`, `s_k = −sign(x_k1)`, so that the first column is `x_k / ‖x_k‖`.
//!
//! A reflection acts on every column by itself, so that a few columns are taken through all reflections
//! before the next few, and stay in the cache: 4/3·n³ operations in all.

use crate::Random;

/// Columns that are worked on together: their sums fill half of the 128-bit registers.
const PANEL: usize = 16;

/// u_k, 2 / u_kᵀu_k and s_k.
struct Reflection {
    direction: Vec<f64>,
    factor: f64,
    sign: f64,
}

impl Reflection {
    /// (1)
    fn draw(random: &mut Random, size: usize) -> Self {
        let mut direction: Vec<f64> = (0..size).map(|_| random.normal()).collect();
        let square = |vector: &[f64]| vector.iter().map(|x| x * x).sum::<f64>();
        let sign = if direction[0] < 0.0 { -1.0 } else { 1.0 };
        direction[0] += sign * libm::sqrt(square(&direction));
        let square = square(&direction);
        Self { factor: if square > 0.0 { 2.0 / square } else { 0.0 }, direction, sign: -sign }
    }

    /// Reflects the columns of as many rows as the direction has numbers.
    fn apply(&self, rows: &mut [[f64; PANEL]]) {
        let mut sums = [0.0; PANEL];
        for (row, &u) in rows.iter().zip(&self.direction) {
            for (sum, &x) in sums.iter_mut().zip(row) {
                *sum += u * x;
            }
        }
        for (row, &u) in rows.iter_mut().zip(&self.direction) {
            let share = self.factor * u;
            for (x, &sum) in row.iter_mut().zip(&sums) {
                *x -= share * sum;
            }
        }
    }
}

/// An orthogonal matrix of `size` rows and columns, row-major.
pub(crate) fn orthogonal(random: &mut Random, size: usize) -> Vec<f64> {
    let reflections: Vec<Reflection> = (1..=size).map(|k| Reflection::draw(random, k)).collect();
    let mut matrix = vec![0.0; size * size];
    let mut panel = vec![[0.0; PANEL]; size];
    for first in (0..size).step_by(PANEL) {
        let columns = PANEL.min(size - first);
        // (2) Column j is s_k on the diagonal, k = size − j, before any reflection; those of fewer
        // numbers than k do not reach it.
        panel.fill([0.0; PANEL]);
        for (column, row) in (first..first + columns).enumerate() {
            panel[row][column] = reflections[size - row - 1].sign;
        }
        for (index, reflection) in reflections.iter().enumerate().skip(size - first - columns) {
            reflection.apply(&mut panel[size - index - 1..]);
        }
        for (target, row) in matrix.chunks_exact_mut(size).zip(&panel) {
            target[first..first + columns].copy_from_slice(&row[..columns]);
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stream;
    use ndarray::Array2;

    #[test]
    fn rows_are_orthonormal_at_every_size() {
        for size in [1, 2, 3, 5, 15, 16, 17, 33, 130] {
            let mut random = Random::new(5, Stream::Parameter(0));
            let matrix = Array2::from_shape_vec((size, size), orthogonal(&mut random, size)).unwrap();
            let error = matrix.dot(&matrix.t()) - Array2::<f64>::eye(size);
            // Measured: 1.8e-15 at most.
            assert!(error.iter().all(|x| x.abs() < 6e-15), "{size}: {error}");
        }
    }

    /// The moments of the uniform distribution over orthogonal 3×3 matrices: every entry has mean 0 and
    /// variance 1/3, and the trace has mean 0 and variance 1. A wrong sign shifts them.
    #[test]
    fn they_are_uniformly_distributed() {
        const DRAWS: usize = 20_000;
        let mut random = Random::new(1, Stream::Parameter(0));
        let (mut means, mut squares) = ([0.0; 10], [0.0; 10]);
        for _ in 0..DRAWS {
            let matrix = orthogonal(&mut random, 3);
            let trace = matrix[0] + matrix[4] + matrix[8];
            for (index, x) in matrix.into_iter().chain([trace]).enumerate() {
                means[index] += x / DRAWS as f64;
                squares[index] += x * x / DRAWS as f64;
            }
        }
        for index in 0..10 {
            let variance = if index < 9 { 1.0 / 3.0 } else { 1.0 };
            // Four standard errors: of the means √(variance / n), of the squares at most √(2 / n).
            assert!(means[index].abs() < 4.0 * (variance / DRAWS as f64).sqrt(), "{index}: {means:?}");
            assert!((squares[index] - variance).abs() < 4.0 * (2.0 / DRAWS as f64).sqrt(), "{squares:?}");
        }
    }
}
