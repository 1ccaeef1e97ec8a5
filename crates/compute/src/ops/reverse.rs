//! Each sequence read from its end to its beginning, for the second direction of a bidirectional layer.
//!
//! Shapes: `x` and `y [T, B, X]`, packed or padded; sequence b has `length[b]` steps.
//!
//! 1. Forward: `y[t, b] = x[length[b] − 1 − t, b]` for `t < length[b]`. In a padded tensor the steps behind a
//!    sequence's end stay where they are.
//! 2. Backward: `dx[length[b] − 1 − t, b] += dy[t, b]`, and likewise for the steps that stay.

use super::Op;
use super::row_map::{RowMap, fill_from};
use crate::ComputeError;
use crate::backend::{Backend, Write};
use crate::tape::{Context, Gradients, Packing, PackingVar, Recorder, Var, not_packed, same_sequences};

struct Reverse<B: Backend> {
    input: Var,
    /// The lengths; all T if there is none.
    packing: Option<PackingVar>,
    output: Var,
    /// For each row of y that of x.
    rows: RowMap<B>,
}

/// Records the reversal of each sequence of a packed tensor within its length, or of a tensor
/// `[T, B, X]` whose sequences all have T steps.
///
/// # Errors
/// If the input is not `[T, B, X]`.
pub fn reverse<B: Backend>(recorder: &mut Recorder<B>, input: Var) -> Result<Var, ComputeError> {
    let [steps, batch] = [0, 1].map(|dim| input.shape().dims().get(dim).copied().unwrap_or(1));
    same_sequences("reverse", [steps, batch], input)?;
    Ok(record(recorder, input, input.packing()))
}

/// Records the reversal of each sequence of a padded tensor `[T, B, X]` within the length that `packing`
/// has for it.
///
/// # Errors
/// If the input is packed or not of the packing's T and B.
pub fn reverse_padded<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    packing: PackingVar,
) -> Result<Var, ComputeError> {
    not_packed("reverse", "input", input)?;
    same_sequences("reverse", [packing.steps(), packing.batch()], input)?;
    Ok(record(recorder, input, Some(packing)))
}

fn record<B: Backend>(recorder: &mut Recorder<B>, input: Var, packing: Option<PackingVar>) -> Var {
    let output = recorder.output_like(input, input.shape().width());
    recorder.push(Reverse { input, packing, output, rows: RowMap::new() });
    output
}

impl<B: Backend> Op<B> for Reverse<B> {
    fn scratch_numbers(&self, _gradients: Gradients) -> u64 {
        (self.input.shape().rows() as u64).saturating_mul(2)
    }

    fn allocate(&mut self, backend: &B, _gradients: Gradients) {
        self.rows.allocate(backend, self.input.shape().rows());
    }

    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (count, width) = (context.rows(self.input), self.input.shape().width());
        let (steps, batch) = (self.input.shape().dims()[0], self.input.shape().dims()[1]);
        let packing = self.packing.map(|packing| context.packing(packing));
        let is_packed = self.input.packing().is_some();
        self.rows.write(context.backend, |rows| match packing {
            Some(packing) if is_packed => fill_from(rows, packed_rows(packing)),
            Some(packing) => {
                fill_from(rows, padded_rows(steps, batch, |sequence| packing.lengths()[sequence]));
            }
            None => fill_from(rows, padded_rows(steps, batch, |_| steps)),
        });
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let (x, y) = (self.input.at(&*x), self.output.at(y));
        context.backend.gather_rows(x, self.rows.get(), y, count, width, Write::Overwrite); // (1)
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if self.input.is_constant() {
            return;
        }
        let (count, width) = (context.rows(self.input), self.input.shape().width());
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
        context.backend.scatter_rows(d_y, self.rows.get(), d_x, count, width, Write::Accumulate); // (2)
    }
}

/// For each packed row the packed row that takes its place.
fn packed_rows(packing: &Packing) -> impl Iterator<Item = usize> + '_ {
    (0..packing.steps()).flat_map(move |step| {
        // A sequence keeps its place among the rows of every step that it reaches.
        packing.order()[..packing.count(step)].iter().enumerate().map(move |(place, &sequence)| {
            packing.start(packing.lengths()[sequence as usize] - 1 - step) + place
        })
    })
}

/// The same for the rows of a padded tensor.
fn padded_rows(steps: usize, batch: usize, length: impl Fn(usize) -> usize) -> impl Iterator<Item = usize> {
    (0..steps * batch).map(move |row| {
        let (step, sequence) = (row / batch, row % batch);
        let from = if step < length(sequence) { length(sequence) - 1 - step } else { step };
        from * batch + sequence
    })
}
