//! The gradient of a weight, `dW += dyᵀ · x`, cut into parts.
//!
//! Shapes: `dy [N, O]`, `x [N, I]`, `dW [O, I]`. The parts sum over some of the N rows each, so that every
//! row is laid out for the product once; where that alone would take too long, a part makes some of the
//! rows of dW.

use super::parts::part_multiply_adds;
use crate::backend::{At, Backend, Gemm};
use std::ops::Range;

/// Parts begin at multiples of this many summed rows. It is a multiple of the block in which kernels sum,
/// so that the bits do not depend on where the cuts fall.
const SUMMED_BLOCK: usize = 256;
/// Rows of dW that are worth a part.
const MIN_ROWS: usize = 64;

/// The parts of a weight gradient.
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightGradient {
    /// The most rows that can be summed over, N.
    summed: usize,
    /// O.
    rows: usize,
    /// I.
    columns: usize,
    summed_per_part: usize,
    rows_per_part: usize,
}

impl WeightGradient {
    /// A sum over at most `summed` rows for a weight `[rows, columns]`.
    pub(super) fn new<B: Backend>(summed: usize, [rows, columns]: [usize; 2]) -> Self {
        let multiply_adds = part_multiply_adds::<B>();
        let row_of_block = columns.saturating_mul(SUMMED_BLOCK).max(1);
        // Twice a usual part before a block is cut: to cut it costs laying it out again.
        let rows_per_part = (2 * multiply_adds / row_of_block).max(MIN_ROWS).min(rows.max(1));
        let blocks = multiply_adds / row_of_block.saturating_mul(rows_per_part);
        Self { summed, rows, columns, summed_per_part: blocks.max(1) * SUMMED_BLOCK, rows_per_part }
    }

    pub(super) fn parts(self) -> usize {
        self.summed.div_ceil(self.summed_per_part) * self.row_parts()
    }

    fn row_parts(self) -> usize {
        self.rows.div_ceil(self.rows_per_part)
    }

    /// The rows of dy and x that a part sums over, of which only the first `present` are there, and the
    /// rows of dW that it makes.
    fn ranges(self, part: usize, present: usize) -> [Range<usize>; 2] {
        let cut = |index: usize, len: usize, end: usize| {
            let start = (index * len).min(end);
            start..(start + len).min(end)
        };
        let (block, row) = (part / self.row_parts(), part % self.row_parts());
        [cut(block, self.summed_per_part, present), cut(row, self.rows_per_part, self.rows)]
    }

    /// Computes a part, with `present` rows in dy and x.
    pub(super) fn run<B: Backend>(
        self,
        backend: &B,
        (part, present): (usize, usize),
        At(d_y, d_y_start): At<&B::Buffer>,
        At(x, x_start): At<&B::Buffer>,
        d_weight: &mut B::Buffer,
    ) {
        let [summed, rows] = self.ranges(part, present);
        let gemm = Gemm { m: rows.len(), k: summed.len(), n: self.columns };
        let d_y = At(d_y, d_y_start + summed.start * self.rows);
        let x = At(x, x_start + summed.start * self.columns);
        backend.gemm_transposed(gemm, d_y, self.rows, rows.start, x, d_weight);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cpu;

    #[test]
    fn a_part_is_as_long_as_its_time_allows() {
        for (sizes, summed_per_part, rows_per_part) in [
            // The most blocks that a part's time allows.
            ([1, 1], 78_125 * SUMMED_BLOCK, 1),
            ([512, 128], SUMMED_BLOCK, 512),
            ([100, 128], 6 * SUMMED_BLOCK, 100),
            // A block that takes twice as long as a part is cut, but not below what is worth laying it out.
            ([4096, 1024], SUMMED_BLOCK, 152),
            ([4096, 90_000], SUMMED_BLOCK, MIN_ROWS),
        ] {
            let gradient = WeightGradient::new::<Cpu>(usize::MAX / 2, sizes);
            let [sums, rows] = gradient.ranges(0, usize::MAX / 2);
            assert_eq!((sums, rows), (0..summed_per_part, 0..rows_per_part), "{sizes:?}");
        }
    }

    #[test]
    fn parts_cover_every_product_once_and_begin_at_blocks() {
        for (summed, sizes) in [(1, [1, 1]), (700, [512, 128]), (2048, [4096, 1024]), (513, [70, 90_000])] {
            let gradient = WeightGradient::new::<Cpu>(summed, sizes);
            for present in [summed, summed / 2] {
                let mut covered = 0;
                for part in 0..gradient.parts() {
                    let [sums, rows] = gradient.ranges(part, present);
                    assert!(sums.is_empty() || sums.start % SUMMED_BLOCK == 0);
                    covered += sums.len() * rows.len();
                }
                assert_eq!(covered, present * sizes[0], "{summed} {sizes:?}");
            }
        }
    }
}
