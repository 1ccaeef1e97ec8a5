//! The eigenvalues of a general matrix.
//!
//! Householder reflections make the matrix Hessenberg (zero below the first subdiagonal), and Francis'
//! QR steps with two shifts at once, real or a complex pair, split it into blocks of one and two (Golub
//! and Van Loan, "Matrix Computations", 7.4.2 and 7.5.1; EISPACK's `hqr`). About 10 n³ operations.

use ndarray::{Array2, s};
use std::ops::Range;

/// Steps without a split after which the search is given up.
const MOST_STEPS: usize = 60;
/// Every so many steps without a split the shifts are made up, since a matrix such as a cyclic
/// permutation is its own image under a step with its own shifts.
const UNUSUAL_STEPS: usize = 10;

/// |λ| of every eigenvalue λ of a square matrix; nothing if the iteration does not end, which no matrix
/// of finite numbers is known to cause.
pub(super) fn moduli(mut matrix: Array2<f64>) -> Option<Vec<f64>> {
    let size = matrix.nrows();
    let largest = matrix.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    if largest == 0.0 {
        return Some(vec![0.0; size]);
    }
    // Scaled, so that no product of three is too large or too small for an `f64`.
    matrix /= largest;
    make_hessenberg(&mut matrix);
    let mut moduli = Vec::with_capacity(size);
    let (mut end, mut steps) = (size, 0);
    while end > 0 {
        let block = last_block(&mut matrix, end);
        match block.len() {
            1 => moduli.push(matrix[[block.start, block.start]].abs()),
            2 => moduli.extend(of_two(&matrix, block.start)),
            _ if steps == MOST_STEPS => return None,
            _ => {
                steps += 1;
                francis_step(&mut matrix, block, steps % UNUSUAL_STEPS == 0);
                continue;
            }
        }
        (end, steps) = (block.start, 0);
    }
    Some(moduli.iter().map(|modulus| modulus * largest).collect())
}

/// A reflection `1 − 2 v vᵀ / vᵀv` that leads `x` to a multiple of the first unit vector: v and that
/// multiple. Nothing if x is one already.
fn reflection<const N: usize>(x: [f64; N]) -> Option<[f64; N]> {
    if x[1..].iter().all(|&number| number == 0.0) {
        return None;
    }
    let length = libm::sqrt(x.iter().map(|number| number * number).sum());
    let mut v = x;
    v[0] += if x[0] < 0.0 { -length } else { length };
    Some(v)
}

fn make_hessenberg(matrix: &mut Array2<f64>) {
    let size = matrix.nrows();
    for column in 0..size.saturating_sub(2) {
        let rest = column + 1..size;
        let mut v = matrix.slice(s![rest.clone(), column]).to_vec();
        if v[1..].iter().all(|&number| number == 0.0) {
            continue;
        }
        let length = libm::sqrt(v.iter().map(|number| number * number).sum());
        v[0] += if v[0] < 0.0 { -length } else { length };
        let square: f64 = v.iter().map(|number| number * number).sum();
        // From the left, row by row: w = vᵀ A, then A −= 2 v w / vᵀv.
        let mut w = vec![0.0; size];
        for (&v, row) in v.iter().zip(matrix.slice(s![rest.clone(), ..]).rows()) {
            w.iter_mut().zip(row).for_each(|(w, number)| *w += v * number);
        }
        for (&v, mut row) in v.iter().zip(matrix.slice_mut(s![rest.clone(), ..]).rows_mut()) {
            row.iter_mut().zip(&w).for_each(|(number, w)| *number -= 2.0 * v / square * w);
        }
        // From the right.
        for mut row in matrix.slice_mut(s![.., rest]).rows_mut() {
            let dot: f64 = row.iter().zip(&v).map(|(number, v)| number * v).sum();
            row.iter_mut().zip(&v).for_each(|(number, v)| *number -= 2.0 * dot / square * v);
        }
        matrix.slice_mut(s![column + 2.., column]).fill(0.0);
    }
}

/// The last block before `end` that does not fall apart.
fn last_block(matrix: &mut Array2<f64>, end: usize) -> Range<usize> {
    for start in (1..end).rev() {
        let beside = matrix[[start - 1, start - 1]].abs() + matrix[[start, start]].abs();
        // Numbers in the matrix are at most about 1, so that an absolute bound serves where both are 0.
        let scale = if beside == 0.0 { 1.0 } else { beside };
        if matrix[[start, start - 1]].abs() <= f64::EPSILON * scale {
            matrix[[start, start - 1]] = 0.0;
            return start..end;
        }
    }
    0..end
}

/// |λ| of the two eigenvalues of the block of two that begins at `first`.
fn of_two(matrix: &Array2<f64>, first: usize) -> [f64; 2] {
    let at = |row: usize, column: usize| matrix[[first + row, first + column]];
    let (half_difference, coupling) = (0.5 * (at(0, 0) - at(1, 1)), at(0, 1) * at(1, 0));
    let discriminant = half_difference * half_difference + coupling;
    if discriminant < 0.0 {
        let modulus = libm::sqrt((at(0, 0) * at(1, 1) - coupling).max(0.0));
        return [modulus; 2];
    }
    // The larger one without cancellation, the smaller one from their sum.
    let middle = 0.5 * (at(0, 0) + at(1, 1));
    let root = libm::sqrt(discriminant);
    let larger = if middle < 0.0 { middle - root } else { middle + root };
    let smaller = if larger == 0.0 { 0.0 } else { (at(0, 0) * at(1, 1) - coupling) / larger };
    [larger.abs(), smaller.abs()]
}

/// One implicit QR step with two shifts on a block of at least three.
fn francis_step(matrix: &mut Array2<f64>, block: Range<usize>, is_unusual: bool) {
    let Range { start, end } = block;
    let (p, q) = (end - 2, end - 1);
    // The sum and the product of the shifts.
    let (sum, product) = if is_unusual {
        let scale = matrix[[q, p]].abs() + matrix[[p, p - 1]].abs();
        (1.5 * scale, scale * scale)
    } else {
        let product = matrix[[p, p]] * matrix[[q, q]] - matrix[[p, q]] * matrix[[q, p]];
        (matrix[[p, p]] + matrix[[q, q]], product)
    };
    let at = |row: usize, column: usize| matrix[[start + row, start + column]];
    let mut x = [
        at(0, 0) * at(0, 0) + at(0, 1) * at(1, 0) - sum * at(0, 0) + product,
        at(1, 0) * (at(0, 0) + at(1, 1) - sum),
        at(1, 0) * at(2, 1),
    ];
    for first in start..end - 2 {
        let rows = first..first + 3;
        if let Some(v) = reflection(x) {
            reflect(matrix, &v, rows, first.max(start + 1) - 1..end, start..end.min(first + 4));
        }
        let below = |offset: usize| matrix.get([first + offset, first]).copied().unwrap_or(0.0);
        x = [below(1), below(2), if first + 3 < end { below(3) } else { 0.0 }];
    }
    if let Some(v) = reflection([x[0], x[1]]) {
        reflect(matrix, &v, end - 2..end, end - 3..end, start..end);
    }
    // What the reflections have made 0 but for rounding.
    for row in start + 2..end {
        matrix.slice_mut(s![row, start..row - 1]).fill(0.0);
    }
}

/// Reflects rows from the left, in `columns`, and the columns of the same numbers from the right, in
/// `sides`.
fn reflect(
    matrix: &mut Array2<f64>,
    v: &[f64],
    rows: Range<usize>,
    columns: Range<usize>,
    sides: Range<usize>,
) {
    let factor = 2.0 / v.iter().map(|number| number * number).sum::<f64>();
    for column in columns {
        let dot: f64 = rows.clone().zip(v).map(|(row, v)| matrix[[row, column]] * v).sum();
        for (row, v) in rows.clone().zip(v) {
            matrix[[row, column]] -= factor * dot * v;
        }
    }
    for side in sides {
        let dot: f64 = rows.clone().zip(v).map(|(row, v)| matrix[[side, row]] * v).sum();
        for (row, v) in rows.clone().zip(v) {
            matrix[[side, row]] -= factor * dot * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn sorted(matrix: &Array2<f64>) -> Vec<f64> {
        let mut moduli = moduli(matrix.clone()).unwrap();
        moduli.sort_by(f64::total_cmp);
        moduli
    }

    #[track_caller]
    fn assert_close(found: &[f64], want: &[f64]) {
        assert_eq!(found.len(), want.len());
        for (found, want) in found.iter().zip(want) {
            assert!((found - want).abs() <= 1e-12 * want.max(1.0), "{found} expected {want}");
        }
    }

    #[test]
    fn eigenvalues_of_small_matrices_are_known() {
        assert_close(&sorted(&array![[-4.0]]), &[4.0]);
        assert_close(&sorted(&array![[0.0, -2.0], [2.0, 0.0]]), &[2.0, 2.0]);
        assert_close(&sorted(&array![[2.0, 1.0], [1.0, 2.0]]), &[1.0, 3.0]);
        assert_close(&sorted(&array![[1.0, 2.0, 3.0], [0.0, -5.0, 6.0], [0.0, 0.0, 4.0]]), &[1.0, 4.0, 5.0]);
        assert_close(&sorted(&Array2::zeros((3, 3))), &[0.0; 3]);
        assert_close(&sorted(&Array2::zeros((0, 0))), &[]);
        // (λ − 1)(λ − 2)(λ − 3)(λ² + 16), as a companion matrix.
        let companion = array![
            [6.0, -27.0, 102.0, -176.0, 96.0],
            [1.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 1.0, 0.0]
        ];
        assert_close(&sorted(&companion), &[1.0, 2.0, 3.0, 4.0, 4.0]);
    }

    /// The roots of unity: steps with their own shifts never split it.
    #[test]
    fn a_cyclic_permutation_is_solved() {
        for size in [3, 4, 5, 7, 33, 64, 100] {
            let cyclic =
                Array2::from_shape_fn((size, size), |(i, j)| f64::from(u8::from((j + 1) % size == i)));
            assert_close(&sorted(&cyclic), &vec![1.0; size]);
        }
    }
}
