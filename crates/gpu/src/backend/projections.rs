//! Products with a bias.

use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Packed};
use rnn_compute::backend::{At, Bias, Gemm, Memory, Projections, Write};

kernels! {
    FILL_SUM(FillSum { result_start: u32, rows: u32, width: u32 }) = "fill_sum" [Read, Read, Write];
}

impl Projections for Gpu {
    fn fill_bias(
        &self,
        bias: Bias<'_, Buffer>,
        At(target, start): At<&mut Buffer>,
        rows: usize,
        width: usize,
    ) {
        match bias {
            Bias::Row(row) => self.fill_rows(row, At(target, start), rows, width),
            Bias::Sum(first, second) => {
                let len = rows * width;
                first.0.start(0, width);
                second.0.start(0, width);
                let result_start = target.0.start(start, len);
                let params = FillSum { result_start, rows: word(rows), width: word(width) };
                self.run(&FILL_SUM, params, [&first.0, &second.0, &target.0], Groups::over(len));
            }
        }
    }

    fn project(&self, gemm: Gemm, a: At<&Buffer>, b: &Packed, bias: Bias<'_, Buffer>, c: At<&mut Buffer>) {
        self.product(gemm, a, b, Some(bias), c, Write::Overwrite);
    }
}
