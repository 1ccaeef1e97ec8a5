//! Matrix products of the probes: in `f64`, on the host, summed in one order on every machine.

use crate::backend::Backend;
use crate::{ComputeError, ParameterId, Parameters, Real};
use ndarray::{Array2, ArrayView2};

/// Rows of the right-hand side that are taken at once.
const BLOCK: usize = 4;

/// `left [n, k] · right [k, m]`.
pub(super) fn product(left: &ArrayView2<'_, f64>, right: &ArrayView2<'_, f64>) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = right.rows().into_iter().map(|row| row.to_vec()).collect();
    let count = left.ncols().min(rows.len());
    let mut result = Array2::zeros((left.nrows(), right.ncols()));
    let mut sums = vec![0.0; right.ncols()];
    for (factors, mut target) in left.rows().into_iter().zip(result.rows_mut()) {
        sums.fill(0.0);
        let whole = count - count % BLOCK;
        for first in (0..whole).step_by(BLOCK) {
            let [a, b, c, d] = [0, 1, 2, 3].map(|offset| factors[first + offset]);
            let [r, s, t, u] = [0, 1, 2, 3].map(|offset| &rows[first + offset]);
            for ((((sum, r), s), t), u) in sums.iter_mut().zip(r).zip(s).zip(t).zip(u) {
                *sum += (a * r + b * s) + (c * t + d * u);
            }
        }
        for index in whole..count {
            for (sum, number) in sums.iter_mut().zip(&rows[index]) {
                *sum += factors[index] * number;
            }
        }
        target.iter_mut().zip(&sums).for_each(|(target, sum)| *target = *sum);
    }
    result
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
