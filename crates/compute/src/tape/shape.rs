//! Shapes of tensors.

use std::fmt;

/// The largest rank a [`Shape`] holds.
const MAX_RANK: usize = 4;

/// The shape of a row-major tensor, the slowest dimension first: `[T, B, H]`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    dims: [usize; MAX_RANK],
    rank: usize,
}

impl Shape {
    /// The sizes, slowest first.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }

    /// How many numbers a tensor of this shape holds; the largest number there is if it cannot be said
    /// in a `usize`, which has 32 bits in WebAssembly.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dims().iter().copied().fold(1, usize::saturating_mul)
    }

    /// The same, in 64 bits: what a plan of memory adds up before anything is allocated.
    #[must_use]
    pub fn planned_len(&self) -> u64 {
        self.dims().iter().fold(1, |product, &size| product.saturating_mul(size as u64))
    }

    /// Whether it holds no number at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last, fastest dimension; 1 for a scalar.
    #[must_use]
    pub fn width(&self) -> usize {
        self.dims().last().copied().unwrap_or(1)
    }

    /// Rows of [`Shape::width`] numbers.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.dims().split_last().map_or(1, |(_, outer)| outer.iter().copied().fold(1, usize::saturating_mul))
    }

    /// The same shape with another last dimension.
    #[must_use]
    pub fn with_width(mut self, width: usize) -> Self {
        if let Some(last) = self.dims[..self.rank].last_mut() {
            *last = width;
        }
        self
    }
}

impl<const N: usize> From<[usize; N]> for Shape {
    fn from(sizes: [usize; N]) -> Self {
        const { assert!(N <= MAX_RANK, "a shape has at most four dimensions") }
        let mut dims = [1; MAX_RANK];
        dims[..N].copy_from_slice(&sizes);
        Self { dims, rank: N }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.dims()).finish()
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_width_multiply_to_the_length() {
        let shape = Shape::from([5, 3, 2]);
        assert_eq!((shape.rows(), shape.width(), shape.len()), (15, 2, 30));
        assert_eq!(shape.with_width(7).to_string(), "[5, 3, 7]");
        assert_eq!(Shape::from([4]).rows(), 1);
    }
}
