//! Cutting work by rows, so that no part takes longer than a few milliseconds of whatever does it.

use crate::backend::Memory;
use std::ops::Range;

/// Multiply-adds of one part: about two milliseconds of one core's 128-bit vectors.
const PART_MULTIPLY_ADDS: usize = 20_000_000;

/// The same where kernels wait in a queue: some milliseconds of a small GPU, so that all but the largest ops are
/// whole, since each part costs a dispatch. Set without a GPU at hand; to be measured.
const QUEUED_PART_MULTIPLY_ADDS: usize = 2_000_000_000;

/// Multiply-adds of one part, or what costs as much.
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
    /// Cuts `rows` rows that cost `multiply_adds_per_row` each as it suits the backend.
    pub(super) fn new<B: Memory>(rows: usize, multiply_adds_per_row: usize) -> Self {
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
    use crate::Cpu;

    #[test]
    fn a_part_is_as_long_as_its_time_allows_and_never_less_than_a_pair() {
        for (cost, expected) in
            [(0, PART_MULTIPLY_ADDS), (1_000_000, 20), (3_000_000, 6), (7_000_000, 2), (usize::MAX, 2)]
        {
            let parts = RowParts::new::<Cpu>(usize::MAX / 2, cost);
            assert_eq!(parts.range(0), 0..expected, "rows of {cost}");
            assert_eq!(parts.range(3), 3 * expected..4 * expected);
        }
    }

    #[test]
    fn what_waits_in_a_queue_is_cut_a_hundred_times_later() {
        // The logits of 2048 rows, 10,000 classes and 128 units: 2.6e9.
        let (rows, cost) = (2048, 1_280_000);
        assert_eq!(RowParts::new::<Cpu>(rows, cost).count(), 147);
        assert_eq!(RowParts::at_most(QUEUED_PART_MULTIPLY_ADDS, rows, cost).count(), 2);
        assert_eq!(RowParts::at_most(QUEUED_PART_MULTIPLY_ADDS, rows / 2, cost).range(0), 0..rows / 2);
    }

    #[test]
    fn parts_cover_every_row_once() {
        for (rows, cost) in [(1, 1), (7, 4_000_000), (2048, 32_768), (3, usize::MAX)] {
            let parts = RowParts::new::<Cpu>(rows, cost);
            for present in [rows, rows / 2, 0] {
                let covered: Vec<usize> =
                    (0..parts.count()).flat_map(|part| parts.range_within(part, present)).collect();
                assert_eq!(covered, (0..present).collect::<Vec<_>>());
            }
        }
    }
}
