//! Memory and sums.

use super::squares;
use crate::buffer::{packed_stride, word};
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Indices, Packed};
use rnn_compute::backend::{At, Memory};

kernels! {
    FILL(Fill { start: u32, len: u32, number: f32 }) = "fill" [Write];
    COPY(Copy { source_start: u32, result_start: u32, len: u32 }) = "copy" [Read, Write];
    ADD(Add { source_start: u32, result_start: u32, len: u32 }) = "add" [Read, Write];
    ADD_ROW(AddRow { source_start: u32, result_start: u32, rows: u32, width: u32 })
        = "add_row" [Read, Read, Write];
    FILL_ROWS(FillRows { result_start: u32, rows: u32, width: u32 }) = "fill_rows" [Read, Write];
    SUM_ROWS(SumRows { source_start: u32, rows: u32, width: u32 }) = "sum_rows" [Read, Write];
}

/// Columns that a workgroup of `sum_rows` sums.
const SUM_COLUMNS: usize = 16;

impl Memory for Gpu {
    type Elem = f32;
    type Buffer = Buffer;
    type Indices = Indices;
    type Packed = Packed;

    const IS_QUEUED: bool = true;

    fn zeros(&self, len: usize) -> Buffer {
        Buffer(self.allocate(len))
    }

    fn indices(&self, len: usize) -> Indices {
        Indices(self.allocate(len))
    }

    fn packed(&self, k: usize, n: usize) -> Packed {
        Packed { words: self.allocate(k * packed_stride(n)), size: [k, n] }
    }

    fn packed_numbers(k: usize, n: usize) -> u64 {
        (k as u64).saturating_mul((n as u64).saturating_add(3) & !3)
    }

    fn write(&self, At(target, start): At<&mut Buffer>, numbers: &[f32]) {
        self.write_words(&target.0, start, bytemuck::cast_slice(numbers));
    }

    fn write_indices(&self, At(target, start): At<&mut Indices>, rows: &[u32]) {
        self.write_words(&target.0, start, bytemuck::cast_slice(rows));
    }

    /// Waits for the device, which a browser's thread must not: there ask with [`Gpu::request`]. NaN if the
    /// device failed.
    fn read(&self, source: At<&Buffer>, numbers: &mut [f32]) {
        match self.read_now(self.request(&[(source, numbers.len())])) {
            Some(found) => numbers.copy_from_slice(&found),
            None => numbers.fill(f32::NAN),
        }
    }

    fn fill(&self, At(target, start): At<&mut Buffer>, len: usize, number: f32) {
        let params = Fill { start: target.0.start(start, len), len: word(len), number };
        self.run(&FILL, params, [&target.0], Groups::over(len));
    }

    fn copy(&self, At(source, from): At<&Buffer>, At(target, to): At<&mut Buffer>, len: usize) {
        let (source_start, result_start) = (source.0.start(from, len), target.0.start(to, len));
        let params = Copy { source_start, result_start, len: word(len) };
        self.run(&COPY, params, [&source.0, &target.0], Groups::over(len));
    }

    fn add(&self, At(source, from): At<&Buffer>, At(target, to): At<&mut Buffer>, len: usize) {
        let (source_start, result_start) = (source.0.start(from, len), target.0.start(to, len));
        let params = Add { source_start, result_start, len: word(len) };
        self.run(&ADD, params, [&source.0, &target.0], Groups::over(len));
    }

    fn add_row(
        &self,
        At(source, from): At<&Buffer>,
        row: &Buffer,
        At(target, to): At<&mut Buffer>,
        rows: usize,
        width: usize,
    ) {
        let len = rows * width;
        let (source_start, result_start) = (source.0.start(from, len), target.0.start(to, len));
        row.0.start(0, width);
        let params = AddRow { source_start, result_start, rows: word(rows), width: word(width) };
        self.run(&ADD_ROW, params, [&source.0, &row.0, &target.0], Groups::over(len));
    }

    fn fill_rows(&self, row: &Buffer, At(target, to): At<&mut Buffer>, rows: usize, width: usize) {
        let len = rows * width;
        row.0.start(0, width);
        let params = FillRows { result_start: target.0.start(to, len), rows: word(rows), width: word(width) };
        self.run(&FILL_ROWS, params, [&row.0, &target.0], Groups::over(len));
    }

    fn sum_rows(&self, At(source, from): At<&Buffer>, target: &mut Buffer, rows: usize, width: usize) {
        target.0.start(0, width);
        let source_start = source.0.start(from, rows * width);
        let params = SumRows { source_start, rows: word(rows), width: word(width) };
        let groups = Groups::tiles(width.div_ceil(SUM_COLUMNS), 1, 1);
        self.run(&SUM_ROWS, params, [&source.0, &target.0], groups);
    }

    /// In `f32` on the device, joined in `f64`; waits as [`Memory::read`] does.
    fn sum_of_squares(&self, source: At<&Buffer>, len: usize) -> f64 {
        squares::read(self, squares::of(self, source, len))
    }
}
