//! A weight laid out for products, again whenever the weights have changed.

use crate::backend::{At, Backend, Layout};
use crate::tape::Gradients;
use crate::{ParameterId, Parameters};

/// The packed form of one weight matrix `[rows, columns]`.
pub(super) struct PackedWeight<B: Backend> {
    weight: ParameterId,
    layout: Layout,
    /// Rows and columns of the product's right-hand side.
    k: usize,
    n: usize,
    packed: Option<B::Packed>,
    /// Version of the parameters that it was packed from.
    version: Option<u64>,
}

impl<B: Backend> PackedWeight<B> {
    /// To multiply by the weight's transpose: `x · Wᵀ`.
    pub(super) fn transposed(weight: ParameterId, rows: usize, columns: usize) -> Self {
        Self { weight, layout: Layout::Transposed, k: columns, n: rows, packed: None, version: None }
    }

    /// To multiply by the weight itself: `dy · W`.
    pub(super) fn plain(weight: ParameterId, rows: usize, columns: usize) -> Self {
        Self { weight, layout: Layout::Plain, k: rows, n: columns, packed: None, version: None }
    }

    /// Numbers it holds once it is allocated.
    fn numbers(&self) -> u64 {
        self.k as u64 * self.n as u64
    }

    /// Allocates it.
    pub(super) fn allocate(&mut self, backend: &B) {
        self.packed = Some(backend.packed(self.k, self.n));
    }

    /// Lays out the weight anew if it has changed.
    pub(super) fn refresh(&mut self, backend: &B, parameters: &Parameters<B>) {
        if self.version == Some(parameters.version()) {
            return;
        }
        if let Some(packed) = &mut self.packed {
            backend.pack(At(parameters.value(self.weight), 0), self.layout, self.k, self.n, packed);
            self.version = Some(parameters.version());
        }
    }

    /// The packed matrix.
    ///
    /// # Panics
    /// If it was not allocated: the tape does that before it runs an op.
    pub(super) fn get(&self) -> &B::Packed {
        #[expect(clippy::expect_used, reason = "a tape allocates every op before it runs one")]
        self.packed.as_ref().expect("ops are allocated before they run")
    }
}

/// Numbers that an op's two packed weights hold; the one for the backward pass only if there is one.
pub(super) fn packed_numbers<B: Backend>(
    forward: &PackedWeight<B>,
    backward: &PackedWeight<B>,
    gradients: Gradients,
) -> u64 {
    match gradients {
        Gradients::Kept => forward.numbers().saturating_add(backward.numbers()),
        Gradients::None => forward.numbers(),
    }
}
