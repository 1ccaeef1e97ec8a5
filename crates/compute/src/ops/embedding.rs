//! Embedding: a row of a table for each index (PyTorch's `nn.Embedding`).
//!
//! Shapes: `ids [N]`, table `E [V, E]`, output `y [N, E]`, given any leading shape of N rows; packed if the
//! ids are.
//!
//! 1. Forward: `y[n] = E[ids[n]]`.
//! 2. Backward: `dE[ids[n]] += dy[n]`, in the order of n.
//! 3. The row of the padding index, if there is one, takes no part in (2) (PyTorch's `padding_idx`): the
//!    table's role lets it start at 0, and there it stays.

use super::Op;
use super::scratch::Scratch;
use crate::backend::{At, Backend};
use crate::tape::{Context, GradientScope, Gradients, IndexVar, Recorder, Shape, Var, same_shape};
use crate::{ComputeError, ParameterId};

struct Embedding<B: Backend> {
    ids: IndexVar,
    table: ParameterId,
    output: Var,
    padding: Option<Padding<B>>,
}

/// The padding index and what its row's gradient was before (2).
struct Padding<B: Backend> {
    row: u32,
    gradient: Scratch<B::Buffer>,
}

/// Records an embedding lookup. `table_shape` is `[V, E]`; the output has `shape`, whose last
/// dimension is E.
///
/// # Errors
/// If the indices do not point into a table of V rows or do not fill `shape`.
pub fn embedding<B: Backend>(
    recorder: &mut Recorder<B>,
    ids: IndexVar,
    table: (ParameterId, Shape),
    shape: impl Into<Shape>,
) -> Result<Var, ComputeError> {
    record(recorder, ids, table, shape.into(), None)
}

/// Records an embedding lookup in which `padding` stands for no symbol. The table should be declared as
/// [`crate::ParameterRole::PaddedEmbedding`] with the same index.
///
/// # Errors
/// If the indices do not point into a table of V rows or do not fill `shape`, or `padding` points outside
/// the table.
pub fn padded_embedding<B: Backend>(
    recorder: &mut Recorder<B>,
    ids: IndexVar,
    table: (ParameterId, Shape),
    shape: impl Into<Shape>,
    padding: u32,
) -> Result<Var, ComputeError> {
    let size = table.1.rows();
    if padding as usize >= size {
        return Err(ComputeError::Index { what: "padding index", size, found: padding });
    }
    record(recorder, ids, table, shape.into(), Some(padding))
}

fn record<B: Backend>(
    recorder: &mut Recorder<B>,
    ids: IndexVar,
    (table, table_shape): (ParameterId, Shape),
    shape: Shape,
    padding: Option<u32>,
) -> Result<Var, ComputeError> {
    same_shape("embedding", "table", [ids.table_size(), shape.width()], table_shape)?;
    same_shape("embedding", "indices", [shape.rows()], Shape::from([ids.len()]))?;
    let output = match ids.packing() {
        Some(packing) => {
            same_shape("embedding", "output", [packing.steps(), packing.batch(), shape.width()], shape)?;
            recorder.packed_output(packing, shape.width())
        }
        None => recorder.output(shape),
    };
    let padding = padding.map(|row| Padding { row, gradient: Scratch::new() });
    recorder.push(Embedding { ids, table, output, padding });
    Ok(output)
}

impl<B: Backend> Op<B> for Embedding<B> {
    fn scratch_numbers(&self, gradients: Gradients) -> u64 {
        match (&self.padding, gradients) {
            (Some(_), Gradients::Kept) => self.output.shape().width() as u64,
            _ => 0,
        }
    }

    fn allocate(&mut self, backend: &B, gradients: Gradients) {
        if let (Some(padding), Gradients::Kept) = (&mut self.padding, gradients) {
            padding.gradient.set(backend.zeros(self.output.shape().width()));
        }
    }

    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (rows, width) = (context.rows(self.output), self.output.shape().width());
        let table = At(context.parameters.value(self.table), 0);
        let ids = At(&context.indices[self.ids.id()], self.ids.start());
        context.backend.gather(table, ids, context.values.at_mut(self.output), rows, width); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if context.scope == GradientScope::Activations {
            return;
        }
        let (rows, width) = (context.rows(self.output), self.output.shape().width());
        let (backend, ids) = (context.backend, At(&context.indices[self.ids.id()], self.ids.start()));
        let d_output = context.gradients.at(self.output);
        let d_table = context.parameters.gradient_mut(self.table);
        // What another op has added to the padding row's gradient is put aside and back again.
        if let Some(Padding { row, gradient }) = &mut self.padding {
            backend.copy(At(d_table, *row as usize * width), At(gradient.get_mut(), 0), width);
        }
        backend.scatter_add(d_output, ids, At(&mut *d_table, 0), rows, width); // (2)
        if let Some(Padding { row, gradient }) = &self.padding {
            backend.copy(At(gradient.get(), 0), At(d_table, *row as usize * width), width); // (3)
        }
    }
}
