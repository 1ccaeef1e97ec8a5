//! Softmax and its logarithm.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{At, Softmax, SoftmaxKind};

kernels! {
    FORWARD(Forward { source_start: u32, result_start: u32, rows: u32, width: u32, is_logarithm: u32 })
        = "softmax" [Read, Write];
    BACKWARD(Backward {
        result_start: u32, d_result_start: u32, d_source_start: u32, rows: u32, width: u32, is_logarithm: u32,
    }) = "softmax_backward" [Read, Read, Write];
}

impl Softmax for Gpu {
    fn softmax(
        &self,
        kind: SoftmaxKind,
        At(source, from): At<&Buffer>,
        At(target, to): At<&mut Buffer>,
        rows: usize,
        width: usize,
    ) {
        let params = Forward {
            source_start: source.0.start(from, rows * width),
            result_start: target.0.start(to, rows * width),
            rows: word(rows),
            width: word(width),
            is_logarithm: u32::from(kind == SoftmaxKind::LogSoftmax),
        };
        self.run(&FORWARD, params, [&source.0, &target.0], Groups::each(rows));
    }

    fn softmax_backward(
        &self,
        kind: SoftmaxKind,
        At(target, value): At<&Buffer>,
        At(d_target, from): At<&Buffer>,
        At(d_source, to): At<&mut Buffer>,
        rows: usize,
        width: usize,
    ) {
        let params = Backward {
            result_start: target.0.start(value, rows * width),
            d_result_start: d_target.0.start(from, rows * width),
            d_source_start: d_source.0.start(to, rows * width),
            rows: word(rows),
            width: word(width),
            is_logarithm: u32::from(kind == SoftmaxKind::LogSoftmax),
        };
        self.run(&BACKWARD, params, [&target.0, &d_target.0, &d_source.0], Groups::each(rows));
    }
}
