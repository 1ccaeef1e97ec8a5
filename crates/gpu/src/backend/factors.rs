//! Products number by number.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use rnn_compute::backend::{At, DropoutMask, Factors, Write};

kernels! {
    MULTIPLY(Multiply { source_start: u32, result_start: u32, len: u32 }) = "multiply" [Read, Write];
    MULTIPLY_ADD(MultiplyAdd { a_start: u32, b_start: u32, result_start: u32, len: u32 })
        = "multiply_add" [Read, Read, Write];
    DROPOUT(Dropout {
        source_start: u32, result_start: u32, len: u32, is_added: u32, seed: u32, stream: u32, step: u32,
        threshold: u32, scale: f32,
    }) = "dropout" [Read, Write];
}

/// Numbers that one block of random words masks.
const BLOCK: usize = 4;

impl Factors for Gpu {
    fn multiply(&self, At(source, from): At<&Buffer>, At(target, to): At<&mut Buffer>, len: usize) {
        let (source_start, result_start) = (source.0.start(from, len), target.0.start(to, len));
        let params = Multiply { source_start, result_start, len: word(len) };
        self.run(&MULTIPLY, params, [&source.0, &target.0], Groups::over(len));
    }

    fn multiply_add(
        &self,
        At(a, first_a): At<&Buffer>,
        At(b, first_b): At<&Buffer>,
        At(target, to): At<&mut Buffer>,
        len: usize,
    ) {
        let params = MultiplyAdd {
            a_start: a.0.start(first_a, len),
            b_start: b.0.start(first_b, len),
            result_start: target.0.start(to, len),
            len: word(len),
        };
        self.run(&MULTIPLY_ADD, params, [&a.0, &b.0, &target.0], Groups::over(len));
    }

    fn mask(
        &self,
        mask: DropoutMask,
        At(source, from): At<&Buffer>,
        At(target, to): At<&mut Buffer>,
        len: usize,
        write: Write,
    ) {
        let params = Dropout {
            source_start: source.0.start(from, len),
            result_start: target.0.start(to, len),
            len: word(len),
            is_added: u32::from(write == Write::Accumulate),
            seed: mask.random.seed,
            stream: mask.random.stream,
            step: mask.random.step,
            threshold: mask.threshold,
            scale: mask.scale as f32,
        };
        self.run(&DROPOUT, params, [&source.0, &target.0], Groups::over(len.div_ceil(BLOCK)));
    }
}
