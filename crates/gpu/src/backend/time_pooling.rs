//! Mean and maximum over the steps of each sequence.

use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Indices};
use rnn_compute::backend::{At, TimePoolDims, TimePoolingKernels};

kernels! {
    MEAN(Forward { source_start: u32, result_start: u32, steps: u32, batch: u32, width: u32 })
        = "mean_over_time" [Read, Read, Read, Write];
    MEAN_BACKWARD(MeanBackward {
        d_result_start: u32, d_source_start: u32, steps: u32, batch: u32, width: u32,
    }) = "mean_over_time_backward" [Read, Read, Read, Write];
    MAX(Forward) = "max_over_time" [Read, Read, Read, Write, Write];
    MAX_BACKWARD(MaxBackward { d_result_start: u32, d_source_start: u32, batch: u32, width: u32 })
        = "max_over_time_backward" [Read, Read, Write];
}

fn forward(dims: TimePoolDims, At(source, from): At<&Buffer>, At(target, to): At<&Buffer>) -> Forward {
    Forward {
        source_start: source.0.start(from, 0),
        result_start: target.0.start(to, dims.batch * dims.width),
        steps: word(dims.steps),
        batch: word(dims.batch),
        width: word(dims.width),
    }
}

impl TimePoolingKernels for Gpu {
    fn mean_over_time(
        &self,
        dims: TimePoolDims,
        At(source, from): At<&Buffer>,
        rows: &Indices,
        lengths: &Indices,
        At(target, to): At<&mut Buffer>,
    ) {
        let params = forward(dims, At(source, from), At(target, to));
        let buffers = [&source.0, &rows.0, &lengths.0, &target.0];
        self.run(&MEAN, params, buffers, Groups::over(dims.batch * dims.width));
    }

    fn mean_over_time_backward(
        &self,
        dims: TimePoolDims,
        At(d_target, from): At<&Buffer>,
        rows: &Indices,
        lengths: &Indices,
        At(d_source, to): At<&mut Buffer>,
    ) {
        let params = MeanBackward {
            d_result_start: d_target.0.start(from, dims.batch * dims.width),
            d_source_start: d_source.0.start(to, 0),
            steps: word(dims.steps),
            batch: word(dims.batch),
            width: word(dims.width),
        };
        let buffers = [&d_target.0, &rows.0, &lengths.0, &d_source.0];
        self.run(&MEAN_BACKWARD, params, buffers, Groups::over(dims.batch * dims.steps * dims.width));
    }

    fn max_over_time(
        &self,
        dims: TimePoolDims,
        At(source, from): At<&Buffer>,
        rows: &Indices,
        lengths: &Indices,
        At(target, to): At<&mut Buffer>,
        winners: &mut Indices,
    ) {
        winners.0.start(0, dims.batch * dims.width);
        let params = forward(dims, At(source, from), At(target, to));
        let buffers = [&source.0, &rows.0, &lengths.0, &target.0, &winners.0];
        self.run(&MAX, params, buffers, Groups::over(dims.batch * dims.width));
    }

    fn max_over_time_backward(
        &self,
        dims: TimePoolDims,
        At(d_target, from): At<&Buffer>,
        winners: &Indices,
        At(d_source, to): At<&mut Buffer>,
    ) {
        let len = dims.batch * dims.width;
        winners.0.start(0, len);
        let params = MaxBackward {
            d_result_start: d_target.0.start(from, len),
            d_source_start: d_source.0.start(to, 0),
            batch: word(dims.batch),
            width: word(dims.width),
        };
        self.run(&MAX_BACKWARD, params, [&d_target.0, &winners.0, &d_source.0], Groups::over(len));
    }
}
