//! From padded to packed sequences and back (PyTorch's `nn.utils.rnn.pack_padded_sequence` with
//! `enforce_sorted=False`, and `pad_packed_sequence`). See [`crate::Packing`] for the order of packed rows.
//!
//! Shapes: padded `[T, B, X]`, the sequences in the caller's order; packed `[N, X]`; `(t, b)[n]` are step and
//! sequence of packed row n.
//!
//! 1. Pack: `y[n] = x[(t, b)[n]]`; what stands in the padding is not read.
//! 2. Backward: `dx[(t, b)[n]] += dy[n]`.
//! 3. Unpack: `y[(t, b)[n]] = x[n]`, and 0 in the padding.
//! 4. Backward: `dx[n] += dy[(t, b)[n]]`.

use super::Op;
use super::row_map::{RowMap, fill_from};
use crate::backend::{Backend, Write};
use crate::tape::{Context, Gradients, PackingVar, Recorder, Var, not_packed, same_sequences};
use crate::{ComputeError, Real};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Pack,
    Unpack,
}

struct Pack<B: Backend> {
    direction: Direction,
    packing: PackingVar,
    input: Var,
    output: Var,
    /// The padded row of each packed one.
    rows: RowMap<B>,
}

/// Records the packing of a padded tensor `[T, B, X]`.
///
/// # Errors
/// If the input is packed or not of the packing's T and B.
pub fn pack<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    packing: PackingVar,
) -> Result<Var, ComputeError> {
    not_packed("pack", "input", input)?;
    same_sequences("pack", [packing.steps(), packing.batch()], input)?;
    let output = recorder.packed_output(packing, input.shape().width());
    recorder.push(Pack { direction: Direction::Pack, packing, input, output, rows: RowMap::new() });
    Ok(output)
}

/// Records the padding of a packed tensor with zeros, to `[T, B, X]`.
///
/// # Errors
/// If the input is not packed.
pub fn unpack<B: Backend>(recorder: &mut Recorder<B>, input: Var) -> Result<Var, ComputeError> {
    let Some(packing) = input.packing() else {
        return Err(ComputeError::Packing { op: "unpack", what: "input", expected: "packed" });
    };
    let output = recorder.output(input.shape());
    recorder.push(Pack { direction: Direction::Unpack, packing, input, output, rows: RowMap::new() });
    Ok(output)
}

impl<B: Backend> Op<B> for Pack<B> {
    fn scratch_numbers(&self, _gradients: Gradients) -> u64 {
        (self.input.shape().rows() as u64).saturating_mul(2)
    }

    fn allocate(&mut self, backend: &B, _gradients: Gradients) {
        self.rows.allocate(backend, self.input.shape().rows());
    }

    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let backend = context.backend;
        let (packing, batch) = (context.packing(self.packing), self.packing.batch());
        let (count, width) = (packing.rows(), self.input.shape().width());
        let places = packing.places().map(|(step, sequence)| step * batch + sequence);
        self.rows.write(backend, |rows| fill_from(rows, places));
        let rows = self.rows.get();
        let [x, y] = context.values.many_mut([self.input, self.output]);
        match self.direction {
            Direction::Pack => {
                let (x, y) = (self.input.at(&*x), self.output.at(y));
                backend.gather_rows(x, rows, y, count, width, Write::Overwrite); // (1)
            }
            Direction::Unpack => {
                backend.fill(self.output.at(&mut *y), self.output.shape().len(), B::Elem::ZERO);
                let (x, y) = (self.input.at(&*x), self.output.at(y));
                backend.scatter_rows(x, rows, y, count, width, Write::Overwrite); // (3)
            }
        }
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if self.input.is_constant() {
            return;
        }
        let (count, width) = (context.packing(self.packing).rows(), self.input.shape().width());
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
        let (backend, rows) = (context.backend, self.rows.get());
        match self.direction {
            Direction::Pack => backend.scatter_rows(d_y, rows, d_x, count, width, Write::Accumulate), // (2)
            Direction::Unpack => backend.gather_rows(d_y, rows, d_x, count, width, Write::Accumulate), // (4)
        }
    }
}
