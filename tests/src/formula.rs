//! Weights, states and seeds by formula, so that no file has to hold them. `goldens/formula.py` computes
//! the same numbers, and both are exact in `f32`.

use rnn_compute::Real;

/// Number `index` of the sequence `salt`, evenly spread over `[−1, 1)`: an integer hash (the last mixing
/// of xxHash32), of which 24 bits are kept, as many as an `f32` holds.
#[must_use]
pub fn number(salt: u32, index: u32) -> f64 {
    let mut bits = index
        .wrapping_mul(2_654_435_761)
        .wrapping_add(salt.wrapping_mul(2_246_822_519))
        .wrapping_add(374_761_393);
    bits = (bits ^ (bits >> 15)).wrapping_mul(2_246_822_519);
    bits = (bits ^ (bits >> 13)).wrapping_mul(3_266_489_917);
    bits ^= bits >> 16;
    f64::from(bits >> 8) / f64::from(1 << 23) - 1.0
}

/// The first `len` numbers of the sequence `salt`, times `scale`.
#[must_use]
pub fn numbers<R: Real>(salt: u32, len: usize, scale: f64) -> Vec<R> {
    (0..len as u32).map(|index| R::from_f64(scale * number(salt, index))).collect()
}

/// `len` indices below `size` from the sequence `salt`. Repetitions occur.
#[must_use]
pub fn indices(salt: u32, len: usize, size: usize) -> Vec<u32> {
    (0..len as u32).map(|index| ((number(salt, index) + 1.0) / 2.0 * size as f64) as u32).collect()
}
