//! The scalar backend, generic over `f32` and `f64`: plain loops in the order of the equations.
//! It defines what every other backend must compute; gradient checks run on it in `f64`.

mod algebra;
mod cells;
mod elementwise;
mod memory;
mod symbols;
mod updates;

use super::At;
use ndarray::{ArrayView2, ArrayViewMut2};
use std::marker::PhantomData;

/// The scalar backend over `R`.
#[derive(Debug, Default, Clone, Copy)]
pub struct Reference<R>(PhantomData<R>);

impl<R> Reference<R> {
    /// A backend without any state.
    #[must_use]
    pub fn new() -> Self {
        Self(PhantomData)
    }
}

/// A `[rows, columns]` view of a part of a buffer.
fn matrix<R>(At(buffer, start): At<&Vec<R>>, rows: usize, columns: usize) -> ArrayView2<'_, R> {
    #[expect(clippy::expect_used, reason = "the slice is cut to the length of the shape")]
    ArrayView2::from_shape((rows, columns), &buffer[start..start + rows * columns]).expect("rows × columns")
}

/// A mutable `[rows, columns]` view of a part of a buffer.
fn matrix_mut<R>(At(buffer, start): At<&mut Vec<R>>, rows: usize, columns: usize) -> ArrayViewMut2<'_, R> {
    #[expect(clippy::expect_used, reason = "the slice is cut to the length of the shape")]
    ArrayViewMut2::from_shape((rows, columns), &mut buffer[start..start + rows * columns])
        .expect("rows × columns")
}
