//! Matrix products.
//!
//! `C[i, j] = Σ_p A[i, p]·B[p, j]`, with B in panels of 16 columns ([`super::pack`]). The kernel takes two rows of
//! A (one at the end, or where the batch is 1) and a panel, and keeps their 2×16 sums in registers: with the
//! four vectors of B, a number of A and a product this fills V8's 15 registers on x86. What bounds it there
//! are not the multiplications but the six instructions a cycle that the processor takes in, hence the care
//! for addresses in [`tile`] and in the flags of `.cargo/config.toml`.
//! Of the last panel only the vectors that lie within C are multiplied, with more rows at a time.
//!
//! # Order of the sum
//! p ascends within blocks of [`BLOCK_K`], whose panel (16 KiB) stays in the first-level cache; the sums
//! of the blocks are added to C in order. This order depends on k alone: a row of C has the same bits
//! whatever rows are computed beside it, and a weight gradient the same whichever parts it is computed
//! in.
//!
//! # Scratch space
//! A weight gradient sums over rows, so that A is turned and B packed one block at a time. Their
//! room has a fixed size, belongs to the thread and is reused: nothing is allocated in a training step,
//! and the backend itself stays a value without state.

use super::Cpu;
use super::lanes::{LANES, multiply_add};
use super::pack::{PANEL_WIDTH, PanelRow, Panels, Strided, pack_columns, transpose};
use crate::backend::{Algebra, At, Gemm, Layout, Write};
use std::cell::RefCell;
use wide::f32x4;

/// Rows of a panel that are multiplied at a time.
const BLOCK_K: usize = 256;
/// Rows of A that meet one panel after another: with them a block of A (128 KiB) and of C stay in the
/// second-level cache.
const BLOCK_M: usize = 128;
/// Columns of a weight gradient's B that are packed together, once for all rows of C: 512 KiB.
const BLOCK_PACKED: usize = 512;
/// Columns of a weight gradient's A that are turned together, once for all panels of B: 256 KiB.
const BLOCK_TURNED: usize = 256;
/// From one turned column to the next: a line of the cache more than they are long, so that neighbours do
/// not fall on the same few sets of the first-level cache.
const TURNED_STRIDE: usize = BLOCK_K + 16;

/// Where [`Algebra::gemm_transposed`] lays out its operands.
struct Scratch {
    /// A block of A, turned: `[BLOCK_TURNED, TURNED_STRIDE]`.
    a: Vec<f32>,
    /// A block of B in panels: `[BLOCK_K, BLOCK_PACKED]`.
    b: Vec<PanelRow>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        a: vec![0.0; BLOCK_TURNED * TURNED_STRIDE],
        b: vec![PanelRow::default(); BLOCK_K * BLOCK_PACKED / PANEL_WIDTH],
    });
}

impl Algebra for Cpu {
    fn pack(
        &self,
        At(matrix, start): At<&Vec<f32>>,
        layout: Layout,
        k: usize,
        n: usize,
        packed: &mut Panels,
    ) {
        packed.pack(&matrix[start..start + k * n], layout, k, n);
    }

    fn gemm(
        &self,
        gemm: Gemm,
        At(a, a_start): At<&Vec<f32>>,
        b: &Panels,
        At(c, c_start): At<&mut Vec<f32>>,
        write: Write,
    ) {
        let Gemm { m, k, n } = gemm;
        assert_eq!(b.shape(), (k, n), "the packed matrix has another shape than the product needs");
        let a = &a[a_start..a_start + m * k];
        let c = &mut c[c_start..c_start + m * n];
        // A product over nothing still overwrites: `k.max(1)` makes one empty block of it.
        for block in (0..k.max(1)).step_by(BLOCK_K) {
            let len = BLOCK_K.min(k - block);
            let write = if block == 0 { write } else { Write::Accumulate };
            for first in (0..m).step_by(BLOCK_M) {
                let rows = BLOCK_M.min(m - first);
                let a = Strided { numbers: &a[(first * k + block).min(a.len())..], stride: k };
                let c = &mut c[first * n..][..rows * n];
                for column in (0..n).step_by(PANEL_WIDTH) {
                    let panel = &b.panel(column / PANEL_WIDTH)[block..block + len];
                    multiply(a, panel, Tiles { c, width: n, column, write });
                }
            }
        }
    }

    fn gemm_transposed(
        &self,
        gemm: Gemm,
        At(a, a_start): At<&Vec<f32>>,
        a_width: usize,
        first: usize,
        At(b, b_start): At<&Vec<f32>>,
        c: &mut Vec<f32>,
    ) {
        let Gemm { m, k, n } = gemm;
        assert!(first + m <= a_width, "columns {first}..{} of a matrix {a_width} wide", first + m);
        let a = &a[a_start..a_start + k * a_width];
        let b = &b[b_start..b_start + k * n];
        let c = &mut c[first * n..(first + m) * n];
        SCRATCH.with_borrow_mut(|Scratch { a: turned, b: panels }| {
            for block in (0..k).step_by(BLOCK_K) {
                let len = BLOCK_K.min(k - block);
                let b = &b[block * n..(block + len) * n];
                for columns in (0..n).step_by(BLOCK_PACKED) {
                    let columns = columns..n.min(columns + BLOCK_PACKED);
                    pack_columns(b, n, columns.clone(), panels);
                    for row in (0..m).step_by(BLOCK_TURNED) {
                        let rows = BLOCK_TURNED.min(m - row);
                        let source =
                            Strided { numbers: &a[block * a_width + first + row..], stride: a_width };
                        transpose(source, len, rows, turned, TURNED_STRIDE);
                        let a = Strided { numbers: turned, stride: TURNED_STRIDE };
                        let c = &mut c[row * n..(row + rows) * n];
                        for (column, panel) in
                            columns.clone().step_by(PANEL_WIDTH).zip(panels.chunks_exact(len))
                        {
                            multiply(a, panel, Tiles { c, width: n, column, write: Write::Accumulate });
                        }
                    }
                }
            }
        });
    }
}

/// The part of C that one panel makes: all its rows, at most 16 columns.
struct Tiles<'a> {
    c: &'a mut [f32],
    width: usize,
    column: usize,
    write: Write,
}

/// Rows of A times a panel, to as many rows of C as there are. The fewer of the panel's vectors lie within
/// C, the more rows are taken at a time, so that there are always enough sums for the adders to be busy.
fn multiply(a: Strided<'_>, panel: &[PanelRow], tiles: Tiles<'_>) {
    match (tiles.width - tiles.column).div_ceil(LANES) {
        1 => multiply_by::<8, 1>(a, panel, tiles),
        2 => multiply_by::<4, 2>(a, panel, tiles),
        3 => multiply_by::<3, 3>(a, panel, tiles),
        _ => multiply_by::<2, 4>(a, panel, tiles),
    }
}

/// Rows of A, `ROWS` at a time, times the first `VECTORS` vectors of a panel.
fn multiply_by<const ROWS: usize, const VECTORS: usize>(
    a: Strided<'_>,
    panel: &[PanelRow],
    tiles: Tiles<'_>,
) {
    let Tiles { c, width, column, write } = tiles;
    let columns = column..width.min(column + PANEL_WIDTH);
    let mut groups = c.chunks_exact_mut(ROWS * width);
    let mut row = 0;
    for group in &mut groups {
        let rows: [&[f32]; ROWS] = std::array::from_fn(|index| a.row(row + index, panel.len()));
        let sums = tile::<ROWS, VECTORS>(rows, panel);
        let mut rest = group;
        for sums in sums {
            let (target, after) = rest.split_at_mut(width);
            store(sums, &mut target[columns.clone()], write);
            rest = after;
        }
        row += ROWS;
    }
    for single in groups.into_remainder().chunks_exact_mut(width) {
        let [sums] = tile::<1, VECTORS>([a.row(row, panel.len())], panel);
        store(sums, &mut single[columns.clone()], write);
        row += 1;
    }
}

/// The sums of `ROWS` rows and the first `VECTORS` vectors of a panel.
#[inline(always)]
fn tile<const ROWS: usize, const VECTORS: usize>(
    a: [&[f32]; ROWS],
    panel: &[PanelRow],
) -> [[f32x4; VECTORS]; ROWS] {
    let len = panel.len();
    let a = a.map(|row| &row[..len]);
    let mut sums = [[f32x4::ZERO; VECTORS]; ROWS];
    // B is walked by an iterator, which is one addition a turn, and A by an index, which is one instruction for
    // each row: both by an index would take two more.
    for (p, b) in panel.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(a) {
            let factor = f32x4::splat(row[p]);
            for (sum, b) in sums.iter_mut().zip(b) {
                *sum = multiply_add(factor, *b, *sum);
            }
        }
    }
    sums
}

/// Writes a row of a tile, or what of it lies within C.
#[inline(always)]
fn store<const VECTORS: usize>(sums: [f32x4; VECTORS], target: &mut [f32], write: Write) {
    match target.as_chunks_mut::<LANES>().0.first_chunk_mut::<VECTORS>() {
        Some(whole) => {
            for (sum, lanes) in sums.into_iter().zip(whole) {
                *lanes = match write {
                    Write::Overwrite => sum,
                    Write::Accumulate => f32x4::new(*lanes) + sum,
                }
                .to_array();
            }
        }
        None => store_ragged(&sums.map(f32x4::to_array).as_flattened()[..target.len()], target, write),
    }
}

/// Writes what of a tile's row lies within C where C ends inside the row's last vector.
#[inline(never)]
fn store_ragged(sums: &[f32], target: &mut [f32], write: Write) {
    for (target, sum) in target.iter_mut().zip(sums) {
        *target = match write {
            Write::Overwrite => *sum,
            Write::Accumulate => *target + sum,
        };
    }
}
