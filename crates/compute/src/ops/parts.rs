//! Cutting a matrix product by rows, so that no part takes longer than a few milliseconds.

use crate::backend::Memory;
use std::ops::Range;

/// Multiply-adds of one part: about two milliseconds of one core's 128-bit vectors.
const PART_MULTIPLY_ADDS: usize = 20_000_000;

/// The same where products wait in a queue: some milliseconds of a small GPU, and few enough parts that their
/// number hardly counts. Set without a GPU at hand; to be measured.
const QUEUED_PART_MULTIPLY_ADDS: usize = 2_000_000_000;

/// Multiply-adds of one part of a product.
pub(super) fn part_multiply_adds<B: Memory>() -> usize {
    if B::IS_QUEUED { QUEUED_PART_MULTIPLY_ADDS } else { PART_MULTIPLY_ADDS }
}

/// Rows cut into equal parts. Depends on sizes alone, never on the clock, so that every run adds in
/// the same order.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowParts {
    rows: usize,
    rows_per_part: usize,
}

impl RowParts {
    /// Cuts `rows` rows that cost `multiply_adds_per_row` each.
    pub(super) fn new(rows: usize, multiply_adds_per_row: usize) -> Self {
        Self::at_most(PART_MULTIPLY_ADDS, rows, multiply_adds_per_row)
    }

    /// Cuts a product whose `rows` rows cost `multiply_adds_per_row` each as it suits the backend.
    pub(super) fn of_product<B: Memory>(rows: usize, multiply_adds_per_row: usize) -> Self {
        Self::at_most(part_multiply_adds::<B>(), rows, multiply_adds_per_row)
    }

    fn at_most(multiply_adds: usize, rows: usize, multiply_adds_per_row: usize) -> Self {
        // Even, because kernels work on pairs of rows.
        let rows_per_part = (multiply_adds / multiply_adds_per_row.max(1) / 2 * 2).max(2);
        Self { rows, rows_per_part }
    }

    /// How many parts.
    pub(super) fn count(self) -> usize {
        self.rows.div_ceil(self.rows_per_part)
    }

    /// The rows of a part.
    pub(super) fn range(self, part: usize) -> Range<usize> {
        self.range_within(part, self.rows)
    }

    /// The rows of a part, of which only the first `present` are there.
    pub(super) fn range_within(self, part: usize, present: usize) -> Range<usize> {
        let start = (part * self.rows_per_part).min(present);
        start..(start + self.rows_per_part).min(present)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_as_long_as_its_time_allows_and_never_less_than_a_pair() {
        for (cost, expected) in
            [(0, PART_MULTIPLY_ADDS), (1_000_000, 20), (3_000_000, 6), (7_000_000, 2), (usize::MAX, 2)]
        {
            let parts = RowParts::new(usize::MAX / 2, cost);
            assert_eq!(parts.range(0), 0..expected, "rows of {cost}");
            assert_eq!(parts.range(3), 3 * expected..4 * expected);
        }
    }

    #[test]
    fn parts_cover_every_row_once() {
        for (rows, cost) in [(1, 1), (7, 4_000_000), (2048, 32_768), (3, usize::MAX)] {
            let parts = RowParts::new(rows, cost);
            for present in [rows, rows / 2, 0] {
                let covered: Vec<usize> =
                    (0..parts.count()).flat_map(|part| parts.range_within(part, present)).collect();
                assert_eq!(covered, (0..present).collect::<Vec<_>>());
            }
        }
    }
}
