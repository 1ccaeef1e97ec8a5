//! Sums of squares, in parts, and joining them.

use crate::Buffer;
use crate::buffer::{VECTOR, Words, word};
use crate::gpu::Gpu;
use crate::kernel::{Groups, NUMBERS_PER_GROUP, kernels};
use rnn_compute::backend::At;
use std::rc::Rc;

kernels! {
    SUM_OF_SQUARES(SumOfSquares { start: u32, len: u32 }) = "sum_of_squares" [Read, Write];
    SQUARED_DISTANCE(SquaredDistance { len: u32 }) = "squared_distance" [Read, Read, Write];
}

/// Workgroups of a sum.
const MOST_GROUPS: usize = 64;
/// What the small and the large numbers were scaled by, squared and reversed: 2^−150 and 2^152.
const UNSCALE: [f64; 2] = [
    1.0 / (37_778_931_862_957_161_709_568.0 * 37_778_931_862_957_161_709_568.0),
    75_557_863_725_914_323_419_136.0 * 75_557_863_725_914_323_419_136.0,
];

/// Begins Σ x² of `len` numbers. Returns where its parts will be, and how many there are.
pub(super) fn of(gpu: &Gpu, At(source, start): At<&Buffer>, len: usize) -> (Rc<Words>, usize) {
    let params = SumOfSquares { start: source.0.start(start, len), len: word(len) };
    in_parts(gpu, len, |partial, groups| gpu.run(&SUM_OF_SQUARES, params, [&source.0, partial], groups))
}

/// Begins Σ (a − b)² of buffers of one length.
pub(super) fn of_distance(gpu: &Gpu, [a, b]: [&Buffer; 2]) -> (Rc<Words>, usize) {
    let len = a.0.len;
    b.0.start(0, len);
    let params = SquaredDistance { len: word(len) };
    in_parts(gpu, len, |partial, groups| gpu.run(&SQUARED_DISTANCE, params, [&a.0, &b.0, partial], groups))
}

/// The sum of the parts, waiting for them.
pub(super) fn read(gpu: &Gpu, (partial, parts): (Rc<Words>, usize)) -> f64 {
    let ticket = gpu.request_words(&[(&*partial, 0, parts * VECTOR)]);
    gpu.read_now(ticket).map_or(f64::NAN, |parts| joined(&parts))
}

fn in_parts(gpu: &Gpu, len: usize, launch: impl FnOnce(&Words, Groups)) -> (Rc<Words>, usize) {
    let parts = len.div_ceil(NUMBERS_PER_GROUP as usize).min(MOST_GROUPS);
    let partial = gpu.scratch(MOST_GROUPS * VECTOR);
    launch(&partial, Groups::tiles(parts, 1, 1));
    (partial, parts)
}

/// The sum, from parts of four numbers: see `sum_of_squares.wgsl`.
pub(super) fn joined(parts: &[f32]) -> f64 {
    let mut sum = 0.0;
    for part in parts.as_chunks::<VECTOR>().0 {
        let [small, middle, large, lost] = part.map(f64::from);
        if lost > 1.0 {
            return f64::NAN;
        }
        sum += small * UNSCALE[0] + middle + large * UNSCALE[1];
        if lost > 0.0 {
            sum = f64::INFINITY;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_undone_and_what_is_lost_shows() {
        assert_eq!(UNSCALE, [2.0_f64.powi(-150), 2.0_f64.powi(152)]);
        assert_eq!(joined(&[0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0]), 5.0);
        assert_eq!(joined(&[0.0, 2.0, 1.0, 0.0]), 2.0 + 2.0_f64.powi(152));
        assert_eq!(joined(&[0.0, 2.0, 0.0, 1.0]), f64::INFINITY);
        assert!(joined(&[0.0, f32::INFINITY, 0.0, 1.0, 0.0, 0.0, 0.0, 3.0]).is_nan());
    }
}
