//! Vectors in and out of slices, ragged ends included.
//!
//! A kernel walks a slice in [`steps`] of one vector. The last vector may reach past the end: what lies
//! there reads as padding and is not stored. The code path is the same in every lane, hence the bits
//! are, too; the test for the end is one branch that is predicted.

use std::iter::StepBy;
use std::ops::Range;
use wide::f32x4;

/// Numbers in a vector.
pub(super) const LANES: usize = 4;

/// Whether [`multiply_add`] may round once.
pub(super) const FUSES: bool = cfg!(all(target_arch = "wasm32", target_feature = "relaxed-simd"));

/// Where the vectors of a slice of `len` numbers start.
pub(super) fn steps(len: usize) -> StepBy<Range<usize>> {
    (0..len).step_by(LANES)
}

/// The vector at `start`, 0 past the end.
#[inline(always)]
pub(super) fn load(slice: &[f32], start: usize) -> f32x4 {
    load_padded(slice, start, 0.0)
}

/// The vector at `start`, `padding` past the end.
#[inline(always)]
pub(super) fn load_padded(slice: &[f32], start: usize, padding: f32) -> f32x4 {
    let rest = &slice[start..];
    rest.first_chunk().map_or_else(|| load_end(rest, padding), |lanes| f32x4::new(*lanes))
}

#[cold]
#[inline(never)]
fn load_end(rest: &[f32], padding: f32) -> f32x4 {
    // One by one: a copy of a length that is not known before is a call out of a WebAssembly module.
    f32x4::new(std::array::from_fn(|lane| rest.get(lane).copied().unwrap_or(padding)))
}

/// `factor · other + sum`.
///
/// It rounds twice, in that order, so that the bits are the same everywhere.
#[cfg(not(all(target_arch = "wasm32", target_feature = "relaxed-simd")))]
#[inline(always)]
pub(super) fn multiply_add(factor: f32x4, other: f32x4, sum: f32x4) -> f32x4 {
    factor * other + sum
}

/// `factor · other + sum`.
///
/// It rounds once where the processor can, which is quicker.
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
#[inline(always)]
pub(super) fn multiply_add(factor: f32x4, other: f32x4, sum: f32x4) -> f32x4 {
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

/// Stores those lanes that lie within the slice.
#[inline(always)]
pub(super) fn store(vector: f32x4, slice: &mut [f32], start: usize) {
    let rest = &mut slice[start..];
    match rest.first_chunk_mut() {
        Some(lanes) => *lanes = vector.to_array(),
        None => store_end(vector, rest),
    }
}

#[cold]
#[inline(never)]
fn store_end(vector: f32x4, rest: &mut [f32]) {
    for (lane, number) in vector.to_array().into_iter().enumerate() {
        if let Some(target) = rest.get_mut(lane) {
            *target = number;
        }
    }
}

/// A row of `N` parts of `width` numbers each.
#[inline(always)]
pub(super) fn parts<const N: usize>(row: &[f32], width: usize) -> [&[f32]; N] {
    std::array::from_fn(|part| &row[part * width..][..width])
}

/// A row of `N` parts of `width` numbers each, to be written.
#[inline(always)]
pub(super) fn parts_mut<const N: usize>(row: &mut [f32], width: usize) -> [&mut [f32]; N] {
    let mut rest = row;
    std::array::from_fn(|_| {
        let (part, behind) = std::mem::take(&mut rest).split_at_mut(width);
        rest = behind;
        part
    })
}
