//! The kernels, a file for each trait of the seam.

mod algebra;
mod cells;
mod elementwise;
mod factors;
mod memory;
mod rows;
mod softmax;
mod squares;
mod symbols;
mod updates;

use crate::kernel::Declaration;

/// Every kernel there is.
pub(crate) fn declarations() -> impl Iterator<Item = Declaration> {
    [
        algebra::KERNELS,
        cells::KERNELS,
        elementwise::KERNELS,
        factors::KERNELS,
        memory::KERNELS,
        rows::KERNELS,
        softmax::KERNELS,
        symbols::KERNELS,
        updates::KERNELS,
    ]
    .into_iter()
    .flatten()
    .copied()
}
