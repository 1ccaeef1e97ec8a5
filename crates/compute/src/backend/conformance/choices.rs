//! Choosing among scores: nothing is computed, so that there is no error.

use super::{Agreement, RAGGED, buffer, host, indices, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, Choices, Symbols};

/// The choices, told by looking them up in a table of their own numbers.
fn run<B: Choices + Symbols>(backend: &B, [rows, width]: [usize; 2]) -> Vec<f64> {
    let mut scores = numbers(2 + rows * width, 1);
    // Equals, and what is NaN first and later.
    scores[2 + width..2 + 2 * width].fill(1.0);
    scores[2 + 2 * width] = f64::NAN;
    scores[2 + 4 * width - 1] = f64::NAN;
    let scores = buffer(backend, &scores);
    // Some are forced, the others free.
    let coins: Vec<_> = (0..rows).map(|row| u32::from(row % 4 == 0)).collect();
    let forced: Vec<_> = [9].into_iter().chain((0..rows).map(|row| (row % width.min(2)) as u32)).collect();
    let (forced, coins) = (indices(backend, &forced), indices(backend, &coins));
    let mut chosen = indices(backend, &vec![0; rows + 2]);
    backend.choose(At(&scores, 2), At(&forced, 1), At(&coins, 0), At(&mut chosen, 2), rows, width);
    let table = buffer(backend, &(0..width).map(|n| n as f64).collect::<Vec<_>>());
    let mut found = backend.zeros(rows + 2);
    backend.gather(At(&table, 0), At(&chosen, 0), At(&mut found, 0), rows + 2, 1);
    host(backend, &found, rows + 2)
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: rows and width.
#[must_use]
pub fn agreement<B: Choices + Symbols>(backend: &B) -> Vec<Agreement> {
    let mut agreement = Agreement::new("choices");
    // A vocabulary of 10,000 last.
    for shape in RAGGED.map(|width| [5, width]).into_iter().chain([[130, 300], [64, 10_000]]) {
        agreement.compare(&shape, &run(backend, shape), &run(&truth(), shape));
    }
    vec![agreement]
}

#[test]
fn choices_are_the_references() {
    assert_within(&agreement(&CPU), &[0.0]);
}
