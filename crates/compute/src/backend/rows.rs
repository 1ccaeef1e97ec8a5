//! Rows and columns moved between tensors: packing, reversing, joining, cutting.

use super::host::Host;
use super::{At, Memory, Write};

/// A block of columns in two tensors of the same number of rows. The starts of source and target
/// point at its first number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnBlock {
    /// Rows of both tensors.
    pub rows: usize,
    /// Columns that are moved.
    pub width: usize,
    /// Columns of the source, from one row to the next.
    pub source_stride: usize,
    /// Columns of the target.
    pub target_stride: usize,
}

/// Moves rows by index and columns by block. `count` and `width` say how many rows of how many numbers;
/// no index occurs twice among those in use.
pub trait Rows: Memory {
    /// `target[r, :] = source[rows[r], :]`, or `+=`.
    fn gather_rows(
        &self,
        source: At<&Self::Buffer>,
        rows: &Self::Indices,
        target: At<&mut Self::Buffer>,
        count: usize,
        width: usize,
        write: Write,
    );
    /// `target[rows[r], :] = source[r, :]`, or `+=`.
    fn scatter_rows(
        &self,
        source: At<&Self::Buffer>,
        rows: &Self::Indices,
        target: At<&mut Self::Buffer>,
        count: usize,
        width: usize,
        write: Write,
    );
    /// Copies or adds a block of columns.
    fn move_columns(
        &self,
        block: ColumnBlock,
        source: At<&Self::Buffer>,
        target: At<&mut Self::Buffer>,
        write: Write,
    );
    /// `target[c, r] += source[r, c]` for `rows` rows and `columns` columns of the source.
    fn add_transposed(
        &self,
        source: At<&Self::Buffer>,
        target: At<&mut Self::Buffer>,
        rows: usize,
        columns: usize,
    );
}

impl<H: Host> Rows for H {
    fn gather_rows(
        &self,
        At(source, from): At<&H::Buffer>,
        rows: &H::Indices,
        At(target, to): At<&mut H::Buffer>,
        count: usize,
        width: usize,
        write: Write,
    ) {
        for (r, &row) in rows[..count].iter().enumerate() {
            let source = &source[from + row as usize * width..][..width];
            put(source, &mut target[to + r * width..][..width], write);
        }
    }

    fn scatter_rows(
        &self,
        At(source, from): At<&H::Buffer>,
        rows: &H::Indices,
        At(target, to): At<&mut H::Buffer>,
        count: usize,
        width: usize,
        write: Write,
    ) {
        for (r, &row) in rows[..count].iter().enumerate() {
            let target = &mut target[to + row as usize * width..][..width];
            put(&source[from + r * width..][..width], target, write);
        }
    }

    fn move_columns(
        &self,
        block: ColumnBlock,
        At(source, from): At<&H::Buffer>,
        At(target, to): At<&mut H::Buffer>,
        write: Write,
    ) {
        let ColumnBlock { rows, width, source_stride, target_stride } = block;
        for r in 0..rows {
            let source = &source[from + r * source_stride..][..width];
            put(source, &mut target[to + r * target_stride..][..width], write);
        }
    }

    fn add_transposed(
        &self,
        At(source, from): At<&H::Buffer>,
        At(target, to): At<&mut H::Buffer>,
        rows: usize,
        columns: usize,
    ) {
        for r in 0..rows {
            for c in 0..columns {
                target[to + c * rows + r] += source[from + r * columns + c];
            }
        }
    }
}

fn put<R: Copy + std::ops::AddAssign>(source: &[R], target: &mut [R], write: Write) {
    match write {
        Write::Overwrite => target.copy_from_slice(source),
        Write::Accumulate => {
            for (target, &number) in target.iter_mut().zip(source) {
                *target += number;
            }
        }
    }
}
