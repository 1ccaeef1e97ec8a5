//! Which row of one tensor belongs to which of another: what packing, reversing and pooling go by.

use super::scratch::Scratch;
use crate::backend::{At, Backend};

/// Row numbers that follow from the lengths of a batch, computed anew in each forward pass.
pub(super) struct RowMap<B: Backend> {
    /// Room to compute them in.
    host: Vec<u32>,
    device: Scratch<B::Indices>,
}

impl<B: Backend> RowMap<B> {
    /// Not allocated yet.
    pub(super) fn new() -> Self {
        Self { host: Vec::new(), device: Scratch::new() }
    }

    /// Makes room for `len` row numbers.
    pub(super) fn allocate(&mut self, backend: &B, len: usize) {
        self.host = vec![0; len];
        self.device.set(backend.indices(len));
    }

    /// Lets `fill` write the row numbers.
    pub(super) fn write(&mut self, backend: &B, fill: impl FnOnce(&mut [u32])) {
        fill(&mut self.host);
        backend.write_indices(At(self.device.get_mut(), 0), &self.host);
    }

    /// The row numbers on the device.
    pub(super) fn get(&self) -> &B::Indices {
        self.device.get()
    }
}

/// Writes row numbers from the front; what is left over keeps what it holds.
pub(super) fn fill_from(rows: &mut [u32], numbers: impl Iterator<Item = usize>) {
    for (row, number) in rows.iter_mut().zip(numbers) {
        *row = number as u32;
    }
}
