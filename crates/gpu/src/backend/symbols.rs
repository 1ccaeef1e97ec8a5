//! Rows of a table by index, and softmax cross-entropy.

use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Indices};
use rnn_compute::backend::{At, CrossEntropyRows, Symbols};

kernels! {
    GATHER(Gather { table_start: u32, indices_start: u32, result_start: u32, count: u32, width: u32 })
        = "gather" [Read, Read, Write];
    SCATTER_ADD(ScatterAdd {
        source_start: u32, indices_start: u32, table_start: u32, count: u32, width: u32, symbols: u32,
        symbols_per_group: u32,
    }) = "scatter_add" [Read, Read, Write];
    FORWARD(Forward {
        logits_start: u32, targets_start: u32, first: u32, rows: u32, width: u32, ignored: u32,
        has_ignored: u32, uniform_share: f32, certain_share: f32,
    }) = "softmax_cross_entropy_forward" [Read, Read, Write, Write];
    BACKWARD(Backward {
        targets_start: u32, weights_start: u32, d_loss_start: u32, d_logits_start: u32, first: u32, rows: u32,
        width: u32, ignored: u32, has_ignored: u32, uniform_share: f32, certain_share: f32,
    }) = "softmax_cross_entropy_backward" [Read, Read, Read, Read, Write];
}

/// Columns that a workgroup of `scatter_add` has.
const SCATTER_COLUMNS: usize = 64;
/// Workgroups of it that keep a GPU busy. Each looks at every index.
const BUSY_SCATTERS: usize = 1024;

/// What y holds for each class, and what it holds for the target on top.
fn shares(extent: CrossEntropyRows) -> [f32; 2] {
    [extent.label_smoothing / extent.width as f64, 1.0 - extent.label_smoothing].map(|share| share as f32)
}

impl Symbols for Gpu {
    fn gather(
        &self,
        At(table, first_entry): At<&Buffer>,
        At(rows, first_row): At<&Indices>,
        At(target, to): At<&mut Buffer>,
        count: usize,
        width: usize,
    ) {
        let params = Gather {
            table_start: table.0.start(first_entry, 0),
            indices_start: rows.0.start(first_row, count),
            result_start: target.0.start(to, count * width),
            count: word(count),
            width: word(width),
        };
        self.run(&GATHER, params, [&table.0, &rows.0, &target.0], Groups::over(count * width));
    }

    fn scatter_add(
        &self,
        At(source, from): At<&Buffer>,
        At(rows, first_row): At<&Indices>,
        At(table, first_entry): At<&mut Buffer>,
        count: usize,
        width: usize,
    ) {
        // As many as the buffer holds.
        let symbols = (table.0.len - first_entry) / width.max(1);
        let columns = width.div_ceil(SCATTER_COLUMNS);
        let symbols_per_group = symbols.div_ceil((BUSY_SCATTERS / columns).max(1)).max(1);
        let params = ScatterAdd {
            source_start: source.0.start(from, count * width),
            indices_start: rows.0.start(first_row, count),
            table_start: table.0.start(first_entry, symbols * width),
            count: word(count),
            width: word(width),
            symbols: word(symbols),
            symbols_per_group: word(symbols_per_group),
        };
        let groups = Groups::tiles(columns, symbols.div_ceil(symbols_per_group), usize::from(count > 0));
        self.run(&SCATTER_ADD, params, [&source.0, &rows.0, &table.0], groups);
    }

    fn softmax_cross_entropy_forward(
        &self,
        extent: CrossEntropyRows,
        At(logits, start): At<&Buffer>,
        At(targets, first_target): At<&Indices>,
        probabilities: &mut Buffer,
        row_losses: &mut Buffer,
    ) {
        let CrossEntropyRows { first, rows, width, ignored, .. } = extent;
        let end = first + rows;
        probabilities.0.start(0, end * width);
        row_losses.0.start(0, end);
        let [uniform_share, certain_share] = shares(extent);
        let params = Forward {
            logits_start: logits.0.start(start, end * width),
            targets_start: targets.0.start(first_target, end),
            first: word(first),
            rows: word(rows),
            width: word(width),
            ignored: ignored.unwrap_or(0),
            has_ignored: u32::from(ignored.is_some()),
            uniform_share,
            certain_share,
        };
        let buffers = [&logits.0, &targets.0, &probabilities.0, &row_losses.0];
        self.run(&FORWARD, params, buffers, Groups::each(rows));
    }

    fn softmax_cross_entropy_backward(
        &self,
        extent: CrossEntropyRows,
        probabilities: &Buffer,
        At(targets, first_target): At<&Indices>,
        At(weights, first_weight): At<&Buffer>,
        At(d_loss, loss_start): At<&Buffer>,
        At(d_logits, start): At<&mut Buffer>,
    ) {
        let CrossEntropyRows { first, rows, width, ignored, .. } = extent;
        let end = first + rows;
        probabilities.0.start(0, end * width);
        let [uniform_share, certain_share] = shares(extent);
        let params = Backward {
            targets_start: targets.0.start(first_target, end),
            weights_start: weights.0.start(first_weight, end),
            d_loss_start: d_loss.0.start(loss_start, 1),
            d_logits_start: d_logits.0.start(start, end * width),
            first: word(first),
            rows: word(rows),
            width: word(width),
            ignored: ignored.unwrap_or(0),
            has_ignored: u32::from(ignored.is_some()),
            uniform_share,
            certain_share,
        };
        let buffers = [&probabilities.0, &targets.0, &weights.0, &d_loss.0, &d_logits.0];
        self.run(&BACKWARD, params, buffers, Groups::over(rows * width));
    }
}
