//! Backends whose numbers lie in the memory of the program, and what they share: kernels that are no
//! bottleneck are written once, scalar and generic, for all of them.

mod attention;
mod ledger;
mod recurrence;
mod transfer;
mod walk;

pub use walk::HostWalk;

use super::{Cpu, Memory, Reference, cpu};
use crate::Real;

/// A backend over plain vectors.
pub(super) trait Host: Memory<Buffer = Vec<<Self as Memory>::Elem>, Indices = Vec<u32>> {
    /// The hyperbolic tangent of each number, in place.
    fn tanh(numbers: &mut [Self::Elem]) {
        for number in numbers {
            *number = number.tanh();
        }
    }
}

impl Host for Cpu {
    fn tanh(numbers: &mut [f32]) {
        cpu::tanh_in_place(numbers);
    }
}

impl<R: Real> Host for Reference<R> {}
