//! Choosing among scores.

use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Groups, kernels};
use crate::{Buffer, Indices};
use rnn_compute::backend::{At, Choices};

kernels! {
    CHOOSE(Choose {
        scores_start: u32, forced_start: u32, coins_start: u32, chosen_start: u32, rows: u32, width: u32,
    }) = "choose" [Read, Read, Read, Write];
}

impl Choices for Gpu {
    fn choose(
        &self,
        At(scores, first_score): At<&Buffer>,
        At(forced, first_forced): At<&Indices>,
        At(coins, first_coin): At<&Indices>,
        At(chosen, first_chosen): At<&mut Indices>,
        rows: usize,
        width: usize,
    ) {
        let params = Choose {
            scores_start: scores.0.start(first_score, rows * width),
            forced_start: forced.0.start(first_forced, rows),
            coins_start: coins.0.start(first_coin, rows),
            chosen_start: chosen.0.start(first_chosen, rows),
            rows: word(rows),
            width: word(width),
        };
        self.run(&CHOOSE, params, [&scores.0, &forced.0, &coins.0, &chosen.0], Groups::over(rows));
    }
}
