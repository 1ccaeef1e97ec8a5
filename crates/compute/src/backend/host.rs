//! Backends whose numbers lie in the memory of the program, and what they share: kernels that are no
//! bottleneck are written once, scalar and generic, for all of them.

use super::{Cpu, Memory, Reference};
use crate::Real;

/// A backend over plain vectors.
pub(super) trait Host: Memory<Buffer = Vec<<Self as Memory>::Elem>, Indices = Vec<u32>> {}

impl Host for Cpu {}
impl<R: Real> Host for Reference<R> {}
