//! Embedding: a row of a table for each index (PyTorch's `nn.Embedding`).
//!
//! Shapes: `ids [N]`, table `E [V, E]`, output `y [N, E]`, given any leading shape of N rows.
//!
//! 1. Forward: `y[n] = E[ids[n]]`.
//! 2. Backward: `dE[ids[n]] += dy[n]`, in the order of n.

use super::Op;
use crate::backend::{At, Backend};
use crate::tape::{Context, GradientScope, IndexVar, Recorder, Shape, Var, same_shape};
use crate::{ComputeError, ParameterId};

struct Embedding {
    ids: IndexVar,
    table: ParameterId,
    output: Var,
}

/// Records an embedding lookup. `table_shape` is `[V, E]`; the output has `shape`, whose last
/// dimension is E.
///
/// # Errors
/// If the indices do not point into a table of V rows or do not fill `shape`.
pub fn embedding<B: Backend>(
    recorder: &mut Recorder<B>,
    ids: IndexVar,
    (table, table_shape): (ParameterId, Shape),
    shape: impl Into<Shape>,
) -> Result<Var, ComputeError> {
    let shape = shape.into();
    same_shape("embedding", "table", [ids.table_size(), shape.width()], table_shape)?;
    same_shape("embedding", "indices", [shape.rows()], Shape::from([ids.len()]))?;
    let output = recorder.output(shape);
    recorder.push(Embedding { ids, table, output });
    Ok(output)
}

impl<B: Backend> Op<B> for Embedding {
    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (rows, width) = (self.output.shape().rows(), self.output.shape().width());
        let table = At(context.parameters.value(self.table), 0);
        let ids = At(&context.indices[self.ids.id()], 0);
        context.backend.gather(table, ids, context.values.at_mut(self.output), rows, width); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if context.scope == GradientScope::Activations {
            return;
        }
        let (rows, width) = (self.output.shape().rows(), self.output.shape().width());
        let d_output = context.gradients.at(self.output);
        let d_table = context.parameters.gradient_mut(self.table);
        let ids = At(&context.indices[self.ids.id()], 0);
        context.backend.scatter_add(d_output, ids, At(d_table, 0), rows, width); // (2)
    }
}
