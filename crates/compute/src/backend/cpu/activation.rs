//! exp, sigmoid and tanh of four numbers.
//!
//! The standard library's and the platform's versions differ between machines in the last bits and are
//! scalar (about 25 ns a tanh in a browser); these take about 2 ns a number.
//!
//! - (1) `exp x = 2^n · e^r`, n = round(x / ln 2), r = x − n·ln 2, |r| ≤ ½ ln 2. ln 2 is split in two,
//!   so that n times its upper part is exact (Cody and Waite, *Software Manual for the Elementary
//!   Functions*, 1980). `e^r = 1 + r + r²·q(r)`, q of degree 4, fitted by the Remez exchange to the
//!   least relative error (3.1e-9, a twentieth of `f32`'s half unit).
//! - (2) `sigmoid x = 1 / (1 + exp(−x))`: relatively exact in the lower tail, 1 in the upper.
//! - (3) `tanh x ≈ x·p(x²) / q(x²)`, p of degree 6 and q of degree 3, the rational minimax
//!   approximation on ±7.905 known from Eigen's `generic_fast_tanh_float`; beyond, x is clamped to
//!   where it reaches ±1.
//!
//! # Limits
//! `exp` gives 0 below −86.99 (results under 2^-125.5 are flushed, so that no subnormal number slows a
//! softmax) and ∞ above 88.72. NaN gives NaN everywhere: a comparison with NaN is false, so no clamp
//! replaces it.

use super::lanes::{LANES, load, multiply_add, steps, store};
use wide::f32x4;

/// Adding it to a number below 2^22 rounds that to an integer, held in the lowest bits of the sum:
/// 1.5 · 2^23. Ties go to even on every machine.
const ROUND: f32 = 12_582_912.0;
/// Bits of the significand of `f32`.
const SIGNIFICAND_BITS: u32 = 23;
/// The exponent's offset in the bit pattern, less 1: the other half of (1)'s scale is a factor of 2,
/// because 2^128 itself is no `f32`.
const BIAS_LESS_ONE: u32 = 126;
/// Upper part of ln 2, 9 bits long.
const LN_2_HIGH: f32 = 0.693_359_4;
/// ln 2 − [`LN_2_HIGH`].
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Below this, (1) has reached 0.
const EXP_LOWEST: f32 = -87.5;
/// Above this, (1) has reached ∞.
const EXP_HIGHEST: f32 = 89.0;
/// Coefficients of q in (1), highest power first.
const EXP: [f32; 5] = [1.381_454e-3, 8.368_745e-3, 4.166_839e-2, 1.666_652_1e-1, 4.999_999_4e-1];

/// Where (3) reaches ±1.
const TANH_LIMIT: f32 = 7.905_311;
/// Coefficients of p in (3), highest power first.
const TANH_NUMERATOR: [f32; 7] = [
    -2.760_768_4e-16,
    2.000_188e-13,
    -8.604_672e-11,
    5.122_297_3e-8,
    1.485_722_35e-5,
    6.372_619_5e-4,
    4.893_524_6e-3,
];
/// Coefficients of q in (3), highest power first.
const TANH_DENOMINATOR: [f32; 4] = [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_7e-3, 4.893_525e-3];

/// Numbers that [`map_in_place`] takes in one turn.
const BLOCK: usize = 4 * LANES;

/// e^x, (1).
#[inline(always)]
pub(super) fn exp(x: f32x4) -> f32x4 {
    let x = clamp(x, EXP_LOWEST, EXP_HIGHEST);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN_2_HIGH - n * LN_2_LOW;
    let power = polynomial(EXP, r) * (r * r) + r + 1.0;
    let scale = f32x4::from_bits((shifted.to_bits() + BIAS_LESS_ONE) << SIGNIFICAND_BITS);
    power * scale * 2.0
}

/// 1 / (1 + e^−x), (2).
#[inline(always)]
pub(super) fn sigmoid(x: f32x4) -> f32x4 {
    let one = f32x4::splat(1.0);
    one / (one + exp(-x))
}

/// Hyperbolic tangent, (3).
#[inline(always)]
pub(super) fn tanh(x: f32x4) -> f32x4 {
    let x = clamp(x, -TANH_LIMIT, TANH_LIMIT);
    let square = x * x;
    x * polynomial(TANH_NUMERATOR, square) / polynomial(TANH_DENOMINATOR, square)
}

/// [`tanh`] of each number.
pub(in crate::backend) fn tanh_in_place(numbers: &mut [f32]) {
    map_in_place(numbers, tanh);
}

/// [`tanh`] of each number, in place and once more in `copy`.
pub(super) fn tanh_in_place_and_into(numbers: &mut [f32], copy: &mut [f32]) {
    let (blocks, rest) = numbers.as_chunks_mut::<BLOCK>();
    let (copy_blocks, copy_rest) = copy.as_chunks_mut::<BLOCK>();
    for (block, copy) in blocks.iter_mut().zip(copy_blocks) {
        let (block, copy) = (block.as_chunks_mut::<LANES>().0, copy.as_chunks_mut::<LANES>().0);
        for (lanes, copy) in block.iter_mut().zip(copy) {
            *lanes = tanh(f32x4::new(*lanes)).to_array();
            *copy = *lanes;
        }
    }
    for start in steps(rest.len()) {
        let number = tanh(load(rest, start));
        store(number, rest, start);
        store(number, copy_rest, start);
    }
}

/// [`sigmoid`] of each number.
pub(super) fn sigmoid_in_place(numbers: &mut [f32]) {
    map_in_place(numbers, sigmoid);
}

/// `target = tanh(source)`.
pub(super) fn tanh_into(source: &[f32], target: &mut [f32]) {
    map(source, target, tanh);
}

/// `target = function(source)`; see [`map_in_place`].
#[inline(always)]
pub(super) fn map(source: &[f32], target: &mut [f32], function: impl Fn(f32x4) -> f32x4) {
    let (blocks, rest) = target.as_chunks_mut::<BLOCK>();
    let (source_blocks, source_rest) = source.as_chunks::<BLOCK>();
    for (block, source) in blocks.iter_mut().zip(source_blocks) {
        for (lanes, source) in block.as_chunks_mut::<LANES>().0.iter_mut().zip(source.as_chunks().0) {
            *lanes = function(f32x4::new(*source)).to_array();
        }
    }
    for start in steps(rest.len()) {
        store(function(load(source_rest, start)), rest, start);
    }
}

/// Several vectors in one turn of the loop: one function is a long chain of dependent operations, and the
/// processor works on the next vectors while it waits. Constants are set up once a turn.
#[inline(always)]
fn map_in_place(numbers: &mut [f32], function: impl Fn(f32x4) -> f32x4) {
    let (blocks, rest) = numbers.as_chunks_mut::<BLOCK>();
    for block in blocks {
        for lanes in block.as_chunks_mut::<LANES>().0 {
            *lanes = function(f32x4::new(*lanes)).to_array();
        }
    }
    for start in steps(rest.len()) {
        store(function(load(rest, start)), rest, start);
    }
}

/// x within the range; NaN stays NaN.
#[inline(always)]
fn clamp(x: f32x4, low: f32, high: f32) -> f32x4 {
    let (low, high) = (f32x4::splat(low), f32x4::splat(high));
    let x = x.simd_lt(low).bitselect(low, x);
    x.simd_gt(high).bitselect(high, x)
}

/// Horner's rule, highest power first.
#[inline(always)]
fn polynomial<const N: usize>(coefficients: [f32; N], x: f32x4) -> f32x4 {
    let mut sum = f32x4::splat(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = multiply_add(sum, x, f32x4::splat(coefficient));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(function: fn(f32x4) -> f32x4, x: f32) -> f32 {
        function(f32x4::splat(x)).to_array()[0]
    }

    /// Distance of two neighbours in `f32` around `truth`.
    fn unit_in_last_place(truth: f64) -> f64 {
        let size = (truth.abs() as f32).max(f32::MIN_POSITIVE);
        f64::from(size.next_up()) - f64::from(size)
    }

    /// Largest absolute error, and largest error in units of the last place, on a fine grid over ±range.
    fn errors(function: fn(f32x4) -> f32x4, truth: fn(f64) -> f64, range: f32) -> (f64, f64) {
        let steps = 2_000_003;
        let mut worst = (0.0_f64, 0.0_f64);
        for step in 0..steps {
            let x = range * (2.0 * step as f32 / steps as f32 - 1.0);
            let (found, want) = (f64::from(one(function, x)), truth(f64::from(x)));
            let error = (found - want).abs();
            assert!(error.is_finite(), "{x}: {found}, not {want}");
            worst = (worst.0.max(error), worst.1.max(error / unit_in_last_place(want)));
        }
        worst
    }

    #[test]
    fn activations_keep_their_accuracy() {
        let sigmoid_truth = |x: f64| 1.0 / (1.0 + libm::exp(-x));
        for (name, (absolute, units), limits) in [
            // Measured: 3.3e30 at 4e37, 1.5 units.
            ("exp", errors(exp, libm::exp, 86.9), (1e31, 2.0)),
            // 8.9e-8, 2.5 units.
            ("sigmoid", errors(sigmoid, sigmoid_truth, 86.9), (1.5e-7, 3.0)),
            // 3.6e-7, 6.1 units.
            ("tanh", errors(tanh, libm::tanh, 12.0), (5e-7, 8.0)),
            // 2.3e-10, 3.9 units.
            ("tanh near 0", errors(tanh, libm::tanh, 1e-3), (5e-10, 5.0)),
        ] {
            assert!(absolute < limits.0 && units < limits.1, "{name}: {absolute:e}, {units} units");
        }
    }

    #[test]
    fn activations_saturate() {
        for (x, want) in [(0.0, 1.0), (-87.2, 0.0), (-f32::MAX, 0.0), (f32::NEG_INFINITY, 0.0)] {
            assert_eq!(one(exp, x), want, "exp {x}");
        }
        assert!(one(exp, 88.72).is_finite());
        for x in [88.73, 1e5, f32::MAX, f32::INFINITY] {
            assert_eq!(one(exp, x), f32::INFINITY, "exp {x}");
            assert_eq!([one(sigmoid, x), one(sigmoid, -x)], [1.0, 0.0], "sigmoid ±{x}");
        }
        assert!(one(sigmoid, -80.0) > 0.0);
        for x in [TANH_LIMIT, 10.0, f32::MAX, f32::INFINITY] {
            assert_eq!([one(tanh, x), one(tanh, -x)], [1.0, -1.0], "tanh ±{x}");
        }
        assert_eq!([one(tanh, 0.0), one(sigmoid, 0.0)], [0.0, 0.5]);
        let mut x = 7.0;
        while x < TANH_LIMIT {
            assert!(one(tanh, x) <= 1.0, "tanh {x} overshoots");
            x = x.next_up();
        }
    }

    #[test]
    fn nan_stays_nan() {
        for function in [exp, sigmoid, tanh] {
            let lanes = function(f32x4::new([0.5, f32::NAN, -f32::NAN, 1e9])).to_array();
            assert_eq!(lanes.map(f32::is_nan), [false, true, true, false]);
        }
    }

    /// The bits are part of what an experiment's link promises. Whoever changes them on purpose changes
    /// the number here; who finds it changed by a compiler or a machine has found a bug.
    #[test]
    fn bits_are_the_same_on_every_machine() {
        let mut digest = 0xcbf2_9ce4_8422_2325_u64;
        for step in -32_000_i16..32_000 {
            let x = f32::from(step) / 320.0;
            for function in [exp, sigmoid, tanh] {
                digest = (digest ^ u64::from(one(function, x).to_bits())).wrapping_mul(0x100_0000_01b3);
            }
        }
        assert_eq!(digest, 0x5afe_9261_b5cb_e617, "{digest:#x}");
    }
}
