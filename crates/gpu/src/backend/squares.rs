//! Joining the parts of a sum of squares.

use crate::buffer::{VECTOR, Words};
use crate::gpu::Gpu;
use crate::kernel::{Groups, NUMBERS_PER_GROUP};

/// Workgroups of a sum.
const MOST_GROUPS: usize = 64;
/// What the small and the large numbers were scaled by, squared and reversed: 2^−150 and 2^152.
const UNSCALE: [f64; 2] = [
    1.0 / (37_778_931_862_957_161_709_568.0 * 37_778_931_862_957_161_709_568.0),
    75_557_863_725_914_323_419_136.0 * 75_557_863_725_914_323_419_136.0,
];

/// Σ x² of `len` numbers. `launch` is given the buffer for the parts and how many there are.
pub(super) fn sum(gpu: &Gpu, len: usize, launch: impl FnOnce(&Words, Groups)) -> f64 {
    let groups = len.div_ceil(NUMBERS_PER_GROUP as usize).min(MOST_GROUPS);
    let partial = gpu.scratch(MOST_GROUPS * VECTOR);
    launch(&partial, Groups::tiles(groups, 1, 1));
    let ticket = gpu.request_words(&[(&*partial, 0, groups * VECTOR)]);
    gpu.read_now(ticket).map_or(f64::NAN, |parts| joined(&parts))
}

/// The sum, from parts of four numbers: see `sum_of_squares.wgsl`.
fn joined(parts: &[f32]) -> f64 {
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
