//! Numbers on the device: making them, moving them, reading them back.

use crate::Real;

/// A part of a buffer: everything from `.1` on. How much of it is meant follows from the kernel's
/// dimensions.
#[derive(Debug)]
pub struct At<T>(pub T, pub usize);

/// A device's memory, and its sums element by element.
pub trait Memory {
    /// The numbers.
    type Elem: Real;
    /// Numbers on the device.
    type Buffer;
    /// Row indices on the device.
    type Indices;
    /// A matrix laid out for being the right-hand side of many products.
    type Packed;

    /// Whether kernels wait in a queue for a device, where each costs time beside that of its work: few that
    /// do much are then better than many that suit a cache.
    const IS_QUEUED: bool = false;

    /// A buffer of `len` zeros.
    fn zeros(&self, len: usize) -> Self::Buffer;
    /// Room for `len` indices, all 0.
    fn indices(&self, len: usize) -> Self::Indices;
    /// Room for a packed `[k, n]` matrix.
    fn packed(&self, k: usize, n: usize) -> Self::Packed;
    /// Numbers that [`Self::packed`] makes room for, padding included; the largest number there is if that is
    /// more. Known without allocating, so that it can be planned.
    fn packed_numbers(k: usize, n: usize) -> u64;
    /// Copies `numbers` to the device.
    fn write(&self, target: At<&mut Self::Buffer>, numbers: &[Self::Elem]);
    /// Copies `rows` to the device.
    fn write_indices(&self, target: At<&mut Self::Indices>, rows: &[u32]);
    /// Copies numbers from the device.
    fn read(&self, source: At<&Self::Buffer>, numbers: &mut [Self::Elem]);
    /// Sets the first `len` numbers of the part.
    fn fill(&self, target: At<&mut Self::Buffer>, len: usize, number: Self::Elem);
    /// Copies `len` numbers.
    fn copy(&self, source: At<&Self::Buffer>, target: At<&mut Self::Buffer>, len: usize);

    /// `target += source`, `len` numbers.
    fn add(&self, source: At<&Self::Buffer>, target: At<&mut Self::Buffer>, len: usize);
    /// `target[r, :] = source[r, :] + row`, `rows` rows of `width`.
    fn add_row(
        &self,
        source: At<&Self::Buffer>,
        row: &Self::Buffer,
        target: At<&mut Self::Buffer>,
        rows: usize,
        width: usize,
    );
    /// `target[r, :] = row`.
    fn fill_rows(&self, row: &Self::Buffer, target: At<&mut Self::Buffer>, rows: usize, width: usize);
    /// `target += Σ_r source[r, :]`.
    fn sum_rows(&self, source: At<&Self::Buffer>, target: &mut Self::Buffer, rows: usize, width: usize);
    /// Σ x², over `len` numbers, accumulated in `f64`.
    fn sum_of_squares(&self, source: At<&Self::Buffer>, len: usize) -> f64;
}
