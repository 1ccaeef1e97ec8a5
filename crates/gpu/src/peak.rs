//! What the GPU does at best, for those who measure: a kernel that belongs to no op.

use crate::Buffer;
use crate::buffer::word;
use crate::gpu::Gpu;
use crate::kernel::{Access, Groups, Kernel, Params, Word};
use rnn_compute::backend::At;

/// Invocations of a workgroup; `@workgroup_size` of the kernel.
const INVOCATIONS: usize = 256;
/// Vectors of an invocation, numbers of each, and turns of a round.
const OPERATIONS_PER_ROUND: u64 = 8 * 4 * 4 * 2;

/// Tends to `term / (1 − factor) = 1`, so that the numbers stay normal.
const FACTOR: f32 = 0.999;
const TERM: f32 = 0.001;

static PEAK: Kernel<Peak, 1> = Kernel::new("peak", include_str!("kernels/peak.wgsl"), [Access::Write]);

#[derive(Debug, Clone, Copy)]
struct Peak {
    rounds: u32,
    factor: f32,
    term: f32,
}

impl Params for Peak {
    const FIELDS: &'static [(&'static str, &'static str)] =
        &[("rounds", u32::TYPE), ("factor", f32::TYPE), ("term", f32::TYPE)];

    fn put(self, words: &mut Vec<u32>) {
        words.extend([self.rounds.bits(), self.factor.bits(), self.term.bits()]);
    }
}

/// Workgroups that multiply and add in registers alone.
#[derive(Debug)]
pub struct PeakLoad {
    sums: Buffer,
    groups: usize,
}

impl PeakLoad {
    /// A load of so many workgroups.
    #[must_use]
    pub fn new(gpu: &Gpu, groups: usize) -> Self {
        Self { sums: Buffer(gpu.allocate(groups * INVOCATIONS)), groups }
    }

    /// Has each of them do so many rounds. Returns how many operations that are in all, a multiplication and an
    /// addition being two.
    pub fn run(&mut self, gpu: &Gpu, rounds: u32) -> u64 {
        let params = Peak { rounds, factor: FACTOR, term: TERM };
        gpu.run(&PEAK, params, [&self.sums.0], Groups([word(self.groups), 1, 1]));
        (self.groups * INVOCATIONS) as u64 * OPERATIONS_PER_ROUND * u64::from(rounds)
    }

    /// The sum of the first invocation, which is there once all of them are done. It tends to 32.
    #[must_use]
    pub fn sum(&self) -> At<&Buffer> {
        At(&self.sums, 0)
    }
}

/// For the test that compares files with declarations.
#[cfg(test)]
pub(crate) fn declaration() -> crate::kernel::Declaration {
    PEAK.declaration()
}
