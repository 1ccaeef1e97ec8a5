//! Matrix products of the probes: in `f64`, on the host, summed in one order on every machine.

use crate::backend::Backend;
use crate::{ComputeError, ParameterId, Parameters, Real};
use ndarray::{Array2, ArrayView2};

/// Rows of the right-hand side that are taken at once.
const BLOCK: usize = 4;

/// `left [n, k] · right [k, m]`.
pub(super) fn product(left: &ArrayView2<'_, f64>, right: &ArrayView2<'_, f64>) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = right.rows().into_iter().map(|row| row.to_vec()).collect();
    let mut result = Array2::zeros((left.nrows(), right.ncols()));
    let mut sums = vec![0.0; right.ncols()];
    for (factors, mut target) in left.rows().into_iter().zip(result.rows_mut()) {
        times_rows(&factors.to_vec(), &rows, &mut sums);
        target.iter_mut().zip(&sums).for_each(|(target, sum)| *target = *sum);
    }
    result
}

/// `factors [k] · rows [k, m]`, [`BLOCK`] rows at once.
pub(super) fn times_rows(factors: &[f64], rows: &[Vec<f64>], sums: &mut [f64]) {
    sums.fill(0.0);
    let (factors, factors_rest) = factors.as_chunks::<BLOCK>();
    let (rows, rows_rest) = rows.as_chunks::<BLOCK>();
    for ([a, b, c, d], [r, s, t, u]) in factors.iter().zip(rows) {
        for ((((sum, r), s), t), u) in sums.iter_mut().zip(r).zip(s).zip(t).zip(u) {
            *sum += (a * r + b * s) + (c * t + d * u);
        }
    }
    for (factor, row) in factors_rest.iter().zip(rows_rest) {
        sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += factor * number);
    }
}

/// `rows [k, m] · factors [m]`.
pub(super) fn times_transposed_rows(factors: &[f64], rows: &[Vec<f64>]) -> Vec<f64> {
    rows.iter().map(|row| dot(row, factors)).collect()
}

/// `Σ left · right` of two rows of one length, as [`BLOCK`] sums side by side.
pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let (left, left_rest) = left.as_chunks::<BLOCK>();
    let (right, right_rest) = right.as_chunks::<BLOCK>();
    let mut sums = [0.0; BLOCK];
    for (left, right) in left.iter().zip(right) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            *sum += left * right;
        }
    }
    let rest: f64 = left_rest.iter().zip(right_rest).map(|(left, right)| left * right).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// A parameter as a matrix of `rows` rows.
pub(super) fn matrix<B: Backend>(
    parameters: &Parameters<B>,
    id: ParameterId,
    shape: [usize; 2],
) -> Result<Array2<f64>, ComputeError> {
    let numbers: Vec<f64> = parameters.read(id).iter().map(|number| number.to_f64()).collect();
    let (expected, found) = (shape[0].saturating_mul(shape[1]), numbers.len());
    let mismatch = |_| ComputeError::Length { what: parameters.name(id).to_owned(), expected, found };
    Array2::from_shape_vec(shape, numbers).map_err(mismatch)
}

/// A parameter as rows of a matrix.
pub(super) fn rows_of<B: Backend>(
    parameters: &Parameters<B>,
    id: ParameterId,
    shape: [usize; 2],
) -> Result<Vec<Vec<f64>>, ComputeError> {
    Ok(matrix(parameters, id, shape)?.rows().into_iter().map(|row| row.to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_that_of_the_definition_for_any_size() {
        let sizes = [1, 2, 3, 5, 7, 33];
        for (n, k, m) in sizes.iter().flat_map(|&n| sizes.iter().map(move |&k| (n, k, (n + k) % 9 + 1))) {
            let left = Array2::from_shape_fn((n, k), |(i, j)| libm::sin((7 * i + 3 * j) as f64));
            let right = Array2::from_shape_fn((m, k), |(i, j)| libm::cos((5 * i + 2 * j) as f64));
            let found = product(&left.view(), &right.t());
            for ((row, column), found) in found.indexed_iter() {
                let want: f64 = (0..k).map(|inner| left[[row, inner]] * right[[column, inner]]).sum();
                assert!((found - want).abs() < 1e-13, "{n} {k} {m}");
            }
        }
    }
}
