//! What the processor does at best with the instructions the engine is compiled to: vectors of four
//! `f32`, no operand in memory; a multiplication and an addition apart, or in one where relaxed SIMD is
//! compiled in.

use std::hint::black_box;
use wide::f32x4;

/// Sums side by side, each waiting for its own last round: enough of them that a core with two multipliers
/// and two adders (AMD Zen 4: six cycles for both) never waits. With the two constants they fill the
/// fifteen vector registers that V8 has on x86.
const CHAINS: usize = 13;
/// Rounds of one burst: some 8 ms. A page's clock ticks only every tenth of a millisecond, and a longer burst
/// would rarely be left alone on a busy machine.
const ROUNDS: u32 = 4_000_000;
/// Bursts, of which the best counts: what disturbs the machine only ever takes away.
const BURSTS: usize = 40;

/// The best of some bursts, in GFLOP/s, by a clock that counts milliseconds.
#[must_use]
pub fn peak_gflops(clock: &dyn Fn() -> f64) -> f64 {
    let flops = f64::from(ROUNDS) * (CHAINS * 4 * 2) as f64;
    let mut best = 0.0_f64;
    for _ in 0..BURSTS {
        let started = clock();
        black_box(burst(black_box(0.999), black_box(0.001)));
        best = best.max(flops / (clock() - started).max(1e-3) / 1e6);
    }
    best
}

/// `x ← x·factor + term` in every chain, which tends to `term / (1 − factor)` and stays a normal number.
#[inline(never)]
fn burst(factor: f32, term: f32) -> [f32; 4] {
    let (factor, term) = (f32x4::splat(factor), f32x4::splat(term));
    let mut chains: [f32x4; CHAINS] = std::array::from_fn(|index| f32x4::splat(index as f32));
    for _ in 0..ROUNDS {
        for chain in &mut chains {
            *chain = multiply_add(*chain, factor, term);
        }
    }
    chains.into_iter().fold(f32x4::ZERO, |sum, chain| sum + chain).to_array()
}

/// `factor · other + sum` as the engine's kernels do it (`backend/cpu/lanes.rs` of `rnn_compute`).
#[cfg(not(all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
#[inline(always)]
fn multiply_add(factor: f32x4, other: f32x4, sum: f32x4) -> f32x4 {
    factor * other + sum
}

/// `factor · other + sum` as the engine's kernels do it, in one instruction.
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
#[inline(always)]
fn multiply_add(factor: f32x4, other: f32x4, sum: f32x4) -> f32x4 {
    use core::arch::wasm32;
    // Between the two types of the same register lies an array, which the compiler sees through.
    let register = |vector: f32x4| {
        let [a, b, c, d] = vector.to_array();
        wasm32::f32x4(a, b, c, d)
    };
    let lanes = wasm32::f32x4_relaxed_madd(register(factor), register(other), register(sum));
    f32x4::new([
        wasm32::f32x4_extract_lane::<0>(lanes),
        wasm32::f32x4_extract_lane::<1>(lanes),
        wasm32::f32x4_extract_lane::<2>(lanes),
        wasm32::f32x4_extract_lane::<3>(lanes),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loop_computes_what_it_says() {
        // Each chain has come to 0.001 / 0.001 = 1, within rounding.
        for sum in burst(0.999, 0.001) {
            assert!((sum - CHAINS as f32).abs() < 1e-3, "{sum}");
        }
    }
}
