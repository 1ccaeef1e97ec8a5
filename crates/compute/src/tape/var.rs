//! What a tape's tensors and indices are called by.

use super::{PackingVar, Shape};
use crate::backend::At;

/// A tensor on a tape, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Var {
    pub(super) storage: usize,
    pub(super) start: usize,
    pub(super) shape: Shape,
    pub(super) packing: Option<PackingVar>,
    pub(super) is_constant: bool,
}

impl Var {
    /// Where it starts in its buffer.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Its part of the buffer behind it.
    pub(crate) fn at<T>(&self, buffer: T) -> At<T> {
        At(buffer, self.start)
    }

    /// Whether both lie in the same buffer, as views of one tensor do.
    pub(crate) fn shares_buffer(&self, other: Self) -> bool {
        self.storage == other.storage
    }

    /// Its shape; that of the padded tensor if it is packed.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// How its rows are packed, if they are; see [`super::Packing`].
    #[must_use]
    pub fn packing(&self) -> Option<PackingVar> {
        self.packing
    }

    /// Whether nobody wants its gradient, which an op need not compute.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.is_constant
    }

    /// `count` entries of the slowest dimension from `first` on, as a view: `[T, B, H]` to
    /// `[count, B, H]`.
    ///
    /// # Panics
    /// If there are not as many, or the tensor is packed, so that its steps differ in size.
    #[must_use]
    pub fn slice(self, first: usize, count: usize) -> Self {
        assert!(self.packing.is_none(), "a packed tensor has no entries of equal size");
        let dims = self.shape.dims();
        assert!(first + count <= dims[0], "entries {first}..{} of {}", first + count, self.shape);
        let stride = self.shape.len() / dims[0].max(1);
        let shape = match *dims {
            [_] => Shape::from([count]),
            [_, a] => Shape::from([count, a]),
            [_, a, b] => Shape::from([count, a, b]),
            [_, a, b, c] => Shape::from([count, a, b, c]),
            _ => self.shape,
        };
        Self { start: self.start.saturating_add(first.saturating_mul(stride)), shape, ..self }
    }

    /// A packed tensor whose sequences all have the full length as the tensor `[T, B, H]` that it then is, as a
    /// view.
    #[must_use]
    pub fn unpacked(self) -> Self {
        Self { packing: None, ..self }
    }

    /// The same numbers as a sequence of one step, as a view: `[B, H]` to `[1, B, H]`.
    ///
    /// # Panics
    /// If it is not of rank 2.
    #[must_use]
    pub fn as_step(self) -> Self {
        let dims = self.shape.dims();
        assert!(dims.len() == 2, "one step of {} is not a sequence", self.shape);
        Self { shape: Shape::from([1, dims[0], dims[1]]), ..self }
    }

    /// One entry of the slowest dimension, as a view: `[T, B, H]` to `[B, H]`.
    ///
    /// # Panics
    /// If there is no such entry.
    #[must_use]
    pub fn entry(self, index: usize) -> Self {
        let entry = self.slice(index, 1);
        let shape = match *entry.shape.dims() {
            [_, a] => Shape::from([a]),
            [_, a, b] => Shape::from([a, b]),
            [_, a, b, c] => Shape::from([a, b, c]),
            _ => Shape::from([1]),
        };
        Self { shape, ..entry }
    }
}

/// Indices that are written from outside: symbols read, or classes to be predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexVar {
    pub(super) id: usize,
    pub(super) start: usize,
    pub(super) len: usize,
    pub(super) table_size: usize,
    pub(super) packing: Option<PackingVar>,
}

impl IndexVar {
    /// Where they start among those they are a view of.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    pub(crate) fn id(&self) -> usize {
        self.id
    }

    /// How they are packed, if they are; see [`super::Packing`].
    #[must_use]
    pub fn packing(&self) -> Option<PackingVar> {
        self.packing
    }

    /// `count` of them from `first` on, as a view: the symbols of one step.
    ///
    /// # Panics
    /// If there are not as many, or they are packed.
    #[must_use]
    pub fn slice(self, first: usize, count: usize) -> Self {
        assert!(self.packing.is_none(), "packed indices have no steps of equal size");
        assert!(first + count <= self.len, "indices {first}..{} of {}", first + count, self.len);
        Self { start: self.start + first, len: count, ..self }
    }

    /// How many indices; if they are packed, how many there can be.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Rows of the table they point into.
    #[must_use]
    pub fn table_size(&self) -> usize {
        self.table_size
    }
}
