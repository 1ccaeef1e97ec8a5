//! The kernels, a file for each trait of the seam.

mod algebra;
mod attention;
mod choices;
mod convolution;
mod ctc;
mod elementwise;
mod factors;
mod image_pooling;
mod ledger;
mod losses;
mod memory;
mod normalisation;
mod projections;
mod recurrence;
mod rows;
mod single_steps;
mod softmax;
mod squares;
mod symbols;
mod time_pooling;
mod transfer;
mod updates;
mod whole_walks;

pub use ledger::{Ledger, Pending};
pub use recurrence::Walk;

use crate::kernel::Declaration;

/// Every kernel there is.
pub(crate) fn declarations() -> impl Iterator<Item = Declaration> {
    [
        algebra::KERNELS,
        attention::KERNELS,
        choices::KERNELS,
        convolution::KERNELS,
        ctc::KERNELS,
        elementwise::KERNELS,
        factors::KERNELS,
        image_pooling::KERNELS,
        ledger::KERNELS,
        losses::KERNELS,
        memory::KERNELS,
        normalisation::KERNELS,
        projections::KERNELS,
        recurrence::KERNELS,
        rows::KERNELS,
        single_steps::KERNELS,
        softmax::KERNELS,
        squares::KERNELS,
        symbols::KERNELS,
        time_pooling::KERNELS,
        updates::KERNELS,
        whole_walks::KERNELS,
    ]
    .into_iter()
    .flatten()
    .copied()
}
