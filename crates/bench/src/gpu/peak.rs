//! What the GPU does at best: multiplications and additions in registers, two operations each.

use crate::BenchError;
use rnn_compute::backend::Transfers;
use rnn_gpu::{Gpu, PeakLoad};

/// Workgroups of 256 invocations: a few and many times as many as a large GPU holds at a time (an H200 some 1,000),
/// so that the last of them leave it idle for little of the time.
const GROUPS: [usize; 3] = [1024, 4096, 16_384];
/// Rounds to begin with; then as many as make a burst.
const FIRST_ROUNDS: u32 = 4;
/// A burst is so long that what submitting and reading back take is one part in a hundred or less.
const BURST_MILLIS: f64 = 60.0;
/// Bursts of each size, of which the best counts.
const BURSTS: usize = 5;
/// Rounds of the next burst at most, over those of the last: the first ones are mostly compilation.
const LARGEST_GROWTH: f64 = 16.0;

/// The best of some bursts, in GFLOP/s, by a clock that counts milliseconds.
pub(super) async fn peak_gflops<P: AsyncFn()>(
    gpu: &Gpu,
    clock: &dyn Fn() -> f64,
    pause: &P,
) -> Result<f64, BenchError> {
    let mut best = 0.0_f64;
    for groups in GROUPS {
        let mut load = PeakLoad::new(gpu, groups);
        let (mut rounds, mut bursts) = (FIRST_ROUNDS, 0);
        while bursts < BURSTS {
            let started = clock();
            let flops = load.run(gpu, rounds);
            arrival(gpu, &load, pause).await?;
            let millis = (clock() - started).max(1e-3);
            best = best.max(flops as f64 / millis / 1e6);
            if millis >= BURST_MILLIS {
                bursts += 1;
            } else {
                let growth = (1.25 * BURST_MILLIS / millis).min(LARGEST_GROWTH);
                rounds = (f64::from(rounds) * growth).ceil() as u32;
            }
        }
    }
    Ok(best)
}

/// Waits until the load is done. Returns one of its sums.
async fn arrival<P: AsyncFn()>(gpu: &Gpu, load: &PeakLoad, pause: &P) -> Result<f32, BenchError> {
    let mut transfer = gpu.request_numbers(&[(load.sum(), 1)]);
    loop {
        if let Some(numbers) = gpu.fetch_numbers(&mut transfer)? {
            return Ok(numbers.first().copied().unwrap_or(f32::NAN));
        }
        pause().await;
    }
}
