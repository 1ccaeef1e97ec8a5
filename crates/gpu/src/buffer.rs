//! Numbers, indices and laid out matrices on the device.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Numbers of a vector in WGSL. Every buffer holds whole vectors, so that it can be read as such.
pub(crate) const VECTOR: usize = 4;

/// Which buffer. No two of a device ever have the same.
pub(crate) type BufferId = u64;

/// The buffers that are gone, whose bind groups are to be forgotten.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graveyard(Rc<RefCell<Vec<BufferId>>>);

impl Graveyard {
    /// Hands out the ids of the buffers that are gone since this was last asked.
    pub(crate) fn take(&self) -> Vec<BufferId> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

/// Words of 32 bits on the device.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) id: BufferId,
    /// Words that were asked for.
    pub(crate) len: usize,
    pub(crate) raw: wgpu::Buffer,
    /// The last batch of commands that uses it.
    pub(crate) last_batch: Cell<u64>,
    graveyard: Graveyard,
}

impl Words {
    pub(crate) fn new(id: BufferId, len: usize, raw: wgpu::Buffer, graveyard: Graveyard) -> Self {
        Self { id, len, raw, last_batch: Cell::new(0), graveyard }
    }

    /// Where a part begins, in the words of a kernel's parameters.
    ///
    /// # Panics
    /// If the part does not lie in the buffer, which is a bug of the caller.
    pub(crate) fn start(&self, start: usize, len: usize) -> u32 {
        let is_inside = start.checked_add(len).is_some_and(|end| end <= self.len);
        assert!(is_inside, "numbers {start} to {start} + {len} of a buffer of {}", self.len);
        word(start)
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        self.graveyard.0.borrow_mut().push(self.id);
    }
}

/// A size or a place as a word of a kernel's parameters.
///
/// # Panics
/// If it is 2³² or more: no buffer holds so many numbers.
pub(crate) fn word(size: usize) -> u32 {
    let word = u32::try_from(size);
    assert!(word.is_ok(), "{size} is more than a GPU can count");
    word.unwrap_or(u32::MAX)
}

/// Numbers on the device.
#[derive(Debug)]
pub struct Buffer(pub(crate) Words);

/// Indices on the device.
#[derive(Debug)]
pub struct Indices(pub(crate) Words);

/// A matrix `[k, n]` laid out for being multiplied by: row-major, each row filled up with zeros to whole
/// vectors.
#[derive(Debug)]
pub struct Packed {
    pub(crate) words: Words,
    /// Rows and columns of the matrix that it holds.
    pub(crate) size: [usize; 2],
}

/// Words from one row of a packed matrix to the next.
pub(crate) fn packed_stride(n: usize) -> usize {
    n.next_multiple_of(VECTOR)
}
