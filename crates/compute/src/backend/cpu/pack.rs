//! Laying out matrices for the product kernel.
//!
//! The right-hand side B `[k, n]` is cut into panels of 16 columns. In a panel, the 16 numbers of a row
//! follow each other, and the rows follow each other: the kernel reads it from front to end. The last
//! panel is padded with zeros. What lies transposed is turned in blocks of 4×4, inside registers.

use super::lanes::{LANES, load, steps};
use crate::backend::Layout;
use std::ops::Range;
use wide::{bytemuck, f32x4};

/// Columns of a panel: four vectors, so that a tile of two rows has eight sums, and these, four vectors
/// of B and two numbers of A stay within the 15 vector registers that V8 has on x86.
pub(super) const PANEL_WIDTH: usize = 4 * LANES;

/// A row of a panel.
pub(super) type PanelRow = [f32x4; 4];

/// A matrix packed for being the right-hand side of many products.
#[derive(Debug)]
pub struct Panels {
    rows: Vec<PanelRow>,
    k: usize,
    n: usize,
}

impl Panels {
    /// Room for a `[k, n]` matrix.
    pub(super) fn new(k: usize, n: usize) -> Self {
        Self { rows: vec![PanelRow::default(); k * n.div_ceil(PANEL_WIDTH)], k, n }
    }

    /// Numbers that a `[k, n]` matrix takes, its last panel padded.
    pub(super) fn numbers(k: usize, n: usize) -> u64 {
        let panels = n.div_ceil(PANEL_WIDTH) as u64;
        panels.saturating_mul(PANEL_WIDTH as u64).saturating_mul(k as u64)
    }

    /// Takes the matrix in.
    pub(super) fn pack(&mut self, matrix: &[f32], layout: Layout, k: usize, n: usize) {
        let len = k * n.div_ceil(PANEL_WIDTH);
        assert!(
            len <= self.rows.len(),
            "a [{k}, {n}] matrix does not fit where a [{}, {}] one was meant",
            self.k,
            self.n
        );
        (self.k, self.n) = (k, n);
        match layout {
            Layout::Plain => pack_columns(matrix, n.max(1), 0..n, &mut self.rows[..len]),
            Layout::Transposed => {
                for index in 0..n.div_ceil(PANEL_WIDTH) {
                    let column = index * PANEL_WIDTH;
                    let panel = &mut self.rows[index * k..][..k];
                    let columns = PANEL_WIDTH.min(n - column);
                    if columns < PANEL_WIDTH {
                        panel.fill(PanelRow::default());
                    }
                    let source = Strided { numbers: &matrix[column * k..], stride: k };
                    transpose(source, columns, k, bytemuck::cast_slice_mut(panel), PANEL_WIDTH);
                }
            }
        }
    }

    /// Rows and columns of the matrix.
    pub(super) fn shape(&self) -> (usize, usize) {
        (self.k, self.n)
    }

    /// The panel of 16 columns that is `index` panels from the left.
    pub(super) fn panel(&self, index: usize) -> &[PanelRow] {
        &self.rows[index * self.k..][..self.k]
    }
}

/// Rows that start `stride` numbers apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strided<'a> {
    /// From the first number on.
    pub numbers: &'a [f32],
    /// From one row to the next.
    pub stride: usize,
}

impl<'a> Strided<'a> {
    /// The first `len` numbers of a row.
    #[inline(always)]
    pub(super) fn row(self, row: usize, len: usize) -> &'a [f32] {
        &self.numbers[row * self.stride..][..len]
    }
}

/// Lays out some columns of a row-major matrix, `width` wide, in panels of as many rows as it has. It reads row
/// by row, since these often come from far away in memory.
pub(super) fn pack_columns(matrix: &[f32], width: usize, columns: Range<usize>, panels: &mut [PanelRow]) {
    let rows = matrix.len() / width;
    for (r, row) in matrix.chunks_exact(width).enumerate() {
        for (index, part) in row[columns.clone()].chunks(PANEL_WIDTH).enumerate() {
            panels[index * rows + r] = panel_row(part);
        }
    }
}

/// At most 16 numbers, padded with zeros.
#[inline(always)]
fn panel_row(numbers: &[f32]) -> PanelRow {
    match numbers.as_chunks::<LANES>() {
        ([a, b, c, d], []) => [*a, *b, *c, *d].map(f32x4::new),
        (whole, rest) => {
            let mut row = PanelRow::default();
            for (vector, lanes) in row.iter_mut().zip(whole) {
                *vector = f32x4::new(*lanes);
            }
            if !rest.is_empty() {
                row[whole.len()] = load(rest, 0);
            }
            row
        }
    }
}

/// `target[c, r] = source[r, c]` for `rows` rows and `columns` columns; `target_stride` numbers lie
/// between the starts of two rows of the target.
///
/// It reads four rows at a time from front to end, since they often come from far away in memory, and
/// writes to as many lines of the cache as there are columns: `target_stride` must not be a multiple of a
/// large power of two, or these evict each other.
pub(super) fn transpose(
    source: Strided<'_>,
    rows: usize,
    columns: usize,
    target: &mut [f32],
    target_stride: usize,
) {
    let whole = rows - rows % LANES;
    for r in (0..whole).step_by(LANES) {
        let block_rows: [&[f32]; LANES] = std::array::from_fn(|i| source.row(r + i, columns));
        for c in steps(columns) {
            let turned = f32x4::transpose(block_rows.map(|row| load(row, c)));
            for (i, lanes) in turned.into_iter().enumerate().take(columns - c) {
                target[(c + i) * target_stride + r..][..LANES].copy_from_slice(lanes.as_array());
            }
        }
    }
    for r in whole..rows {
        for (c, &number) in source.row(r, columns).iter().enumerate() {
            target[c * target_stride + r] = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_numbers_are_planned_as_are_allocated() {
        for k in [0, 1, 3, 33] {
            for n in [0, 1, 15, 16, 17, 33] {
                let allocated = Panels::new(k, n).rows.len() * PANEL_WIDTH;
                assert_eq!(Panels::numbers(k, n), allocated as u64, "[{k}, {n}]");
            }
        }
        assert_eq!(Panels::numbers(3, 1), 48);
        assert_eq!(Panels::numbers(usize::MAX, usize::MAX), u64::MAX);
    }
}
