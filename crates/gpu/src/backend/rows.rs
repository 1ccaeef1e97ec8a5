//! Rows and columns moved between tensors.

use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Indices};
use rnn_compute::backend::{At, ColumnBlock, Rows, Write};

kernels! {
    GATHER_ROWS(IndexedRows {
        source_start: u32, result_start: u32, count: u32, width: u32, is_added: u32,
    }) = "gather_rows" [Read, Read, Write];
    SCATTER_ROWS(IndexedRows) = "scatter_rows" [Read, Read, Write];
    MOVE_COLUMNS(MoveColumns {
        source_start: u32, result_start: u32, rows: u32, width: u32, source_stride: u32, result_stride: u32,
        is_added: u32,
    }) = "move_columns" [Read, Write];
    ADD_TRANSPOSED(AddTransposed { source_start: u32, result_start: u32, rows: u32, columns: u32 })
        = "add_transposed" [Read, Write];
}

impl Rows for Gpu {
    fn gather_rows(
        &self,
        At(source, from): At<&Buffer>,
        rows: &Indices,
        At(target, to): At<&mut Buffer>,
        count: usize,
        width: usize,
        write: Write,
    ) {
        rows.0.start(0, count);
        let params = IndexedRows {
            source_start: source.0.start(from, 0),
            result_start: target.0.start(to, count * width),
            count: word(count),
            width: word(width),
            is_added: u32::from(write == Write::Accumulate),
        };
        let buffers = [&source.0, &rows.0, &target.0];
        self.run(&GATHER_ROWS, params, buffers, Groups::over(count * width));
    }

    fn scatter_rows(
        &self,
        At(source, from): At<&Buffer>,
        rows: &Indices,
        At(target, to): At<&mut Buffer>,
        count: usize,
        width: usize,
        write: Write,
    ) {
        rows.0.start(0, count);
        let params = IndexedRows {
            source_start: source.0.start(from, count * width),
            result_start: target.0.start(to, 0),
            count: word(count),
            width: word(width),
            is_added: u32::from(write == Write::Accumulate),
        };
        let buffers = [&source.0, &rows.0, &target.0];
        self.run(&SCATTER_ROWS, params, buffers, Groups::over(count * width));
    }

    fn move_columns(
        &self,
        block: ColumnBlock,
        At(source, from): At<&Buffer>,
        At(target, to): At<&mut Buffer>,
        write: Write,
    ) {
        let ColumnBlock { rows, width, source_stride, target_stride } = block;
        let extent = |stride: usize| rows.checked_sub(1).map_or(0, |last| last * stride + width);
        let params = MoveColumns {
            source_start: source.0.start(from, extent(source_stride)),
            result_start: target.0.start(to, extent(target_stride)),
            rows: word(rows),
            width: word(width),
            source_stride: word(source_stride),
            result_stride: word(target_stride),
            is_added: u32::from(write == Write::Accumulate),
        };
        self.run(&MOVE_COLUMNS, params, [&source.0, &target.0], Groups::over(rows * width));
    }

    fn add_transposed(
        &self,
        At(source, from): At<&Buffer>,
        At(target, to): At<&mut Buffer>,
        rows: usize,
        columns: usize,
    ) {
        let len = rows * columns;
        let params = AddTransposed {
            source_start: source.0.start(from, len),
            result_start: target.0.start(to, len),
            rows: word(rows),
            columns: word(columns),
        };
        self.run(&ADD_TRANSPOSED, params, [&source.0, &target.0], Groups::over(len));
    }
}
