//! The largest singular value of a matrix.
//!
//! `‖A‖₂² = λ_max(AᵀA)`. Householder reflections make the symmetric matrix tridiagonal (Golub and Van
//! Loan, "Matrix Computations", 8.3.1), and the largest eigenvalue of that is found by bisection with
//! Sturm counts (8.4.1). Every size goes the same way, at about `(2 + 4/3) n³` operations, without a
//! tolerance to choose: the relative error is of the order of n rounding errors.

use super::products::{dot, product};
use ndarray::Array2;

/// Bisections: more than it takes to tell two neighbouring `f64` apart.
const BISECTIONS: usize = 100;

/// ‖A‖₂; not a number if `matrix` holds something that is not finite.
#[must_use]
pub fn spectral_norm(matrix: &Array2<f64>) -> f64 {
    if !matrix.iter().all(|number| number.is_finite()) {
        return f64::NAN;
    }
    let largest = matrix.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    // Scaled, so that no square is too large or too small for an `f64`.
    let scaled = matrix / largest;
    let gram = if matrix.nrows() < matrix.ncols() {
        product(&scaled.view(), &scaled.t())
    } else {
        product(&scaled.t(), &scaled.view())
    };
    largest * libm::sqrt(largest_eigenvalue(&gram).max(0.0))
}

/// The largest eigenvalue of a symmetric matrix without negative ones.
fn largest_eigenvalue(symmetric: &Array2<f64>) -> f64 {
    let (diagonal, beside) = tridiagonal(symmetric);
    // None is larger than the trace, and the largest is no smaller than any number of the diagonal.
    let (mut low, mut high) = (0.0, diagonal.iter().sum::<f64>());
    for _ in 0..BISECTIONS {
        let middle = 0.5 * (low + high);
        if any_above(&diagonal, &beside, middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Whether a tridiagonal matrix has an eigenvalue above `bound`: whether a pivot of `T − bound` is
/// positive.
fn any_above(diagonal: &[f64], beside: &[f64], bound: f64) -> bool {
    let mut pivot = -1.0;
    let earlier = std::iter::once(0.0).chain(beside.iter().copied());
    for (number, beside) in diagonal.iter().zip(earlier) {
        // All pivots so far are negative, and a coupling of 0 adds nothing.
        pivot = number - bound - beside * beside / pivot;
        if pivot >= 0.0 {
            return true;
        }
    }
    false
}

/// The diagonal and what is beside it, after reflections that leave the eigenvalues as they are.
fn tridiagonal(symmetric: &Array2<f64>) -> (Vec<f64>, Vec<f64>) {
    let size = symmetric.nrows();
    let mut rows: Vec<Vec<f64>> = symmetric.rows().into_iter().map(|row| row.to_vec()).collect();
    let mut beside = Vec::with_capacity(size);
    for first in 1..size {
        // A = A − v wᵀ − w vᵀ in the rows and columns from `first` on.
        let mut v = rows[first - 1][first..].to_vec();
        let length = libm::sqrt(dot(&v, &v));
        let reflected = if v[0] > 0.0 { -length } else { length };
        beside.push(reflected);
        v[0] -= reflected;
        let square = dot(&v, &v);
        if square == 0.0 {
            continue;
        }
        let rest = &mut rows[first..];
        let mut w: Vec<f64> = rest.iter().map(|row| 2.0 * dot(&row[first..], &v) / square).collect();
        let shared = dot(&v, &w) / square;
        w.iter_mut().zip(&v).for_each(|(w, v)| *w -= shared * v);
        for ((row, &v_row), &w_row) in rest.iter_mut().zip(&v).zip(&w) {
            for ((number, v), w) in row[first..].iter_mut().zip(&v).zip(&w) {
                *number -= v_row * w + w_row * v;
            }
        }
    }
    let diagonal = rows.iter().enumerate().map(|(index, row)| row[index]).collect();
    (diagonal, beside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// Largest error measured: 4e-16.
    #[test]
    fn known_norms_are_found() {
        let cases = [
            (array![[-3.0]], 3.0),
            (array![[0.0, 0.0], [0.0, 0.0]], 0.0),
            (array![[3.0, 0.0], [4.0, 0.0]], 5.0),
            // The shear: its norm is the golden ratio.
            (array![[1.0, 1.0], [0.0, 1.0]], 0.5 * (1.0 + libm::sqrt(5.0))),
            (array![[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]], libm::sqrt(6.0)),
            (array![[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]], libm::sqrt(6.0)),
            (array![[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]], 1.0),
            (array![[1e-200, 0.0], [0.0, 3e-200]], 3e-200),
            (array![[1e200, 0.0], [0.0, 3e200]], 3e200),
        ];
        for (matrix, want) in cases {
            let found = spectral_norm(&matrix);
            assert!((found - want).abs() <= 1e-14 * want, "{matrix}: {found}, expected {want}");
        }
        assert!(spectral_norm(&array![[1.0, f64::NAN]]).is_nan());
        assert!(spectral_norm(&array![[f64::INFINITY]]).is_nan());
        assert_eq!(spectral_norm(&Array2::zeros((0, 3))), 0.0);
    }

    /// A diagonal of 1 … n between two reflections: n is the norm. Largest error measured: 2e-15.
    #[test]
    fn reflections_leave_the_norm() {
        for size in [1, 2, 3, 5, 7, 33, 100] {
            let reflection = |phase: f64| {
                let v: Vec<f64> = (0..size).map(|index| libm::sin(phase + 2.0 * index as f64)).collect();
                let square: f64 = v.iter().map(|x| x * x).sum();
                let of = |(i, j)| f64::from(u8::from(i == j)) - 2.0 * v[i] * v[j] / square;
                Array2::from_shape_fn((size, size), of)
            };
            let diagonal =
                Array2::from_shape_fn((size, size), |(i, j)| if i == j { i as f64 + 1.0 } else { 0.0 });
            let matrix = reflection(0.3).dot(&diagonal).dot(&reflection(1.1));
            let (found, want) = (spectral_norm(&matrix), size as f64);
            assert!((found - want).abs() <= 1e-14 * want, "{size}: {found}");
        }
    }
}
