//! Mean and maximum over the steps of each sequence: one vector for a whole sequence (PyTorch's
//! `x.mean(dim=0)` and `x.max(dim=0)`, padding left out).
//!
//! Shapes: `x [T, B, H]`, packed or full; `y [B, H]`, the sequences in the caller's order; sequence b has
//! `length[b]` steps.
//!
//! 1. Mean forward: `y[b] = Σ_(t < length[b]) x[t, b] / length[b]`.
//! 2. Backward: `dx[t, b] += dy[b] / length[b]` for `t < length[b]`.
//! 3. Maximum forward: `y[b, h] = max_(t < length[b]) x[t, b, h]`, first reached at `t*[b, h]`.
//! 4. Backward: `dx[t*[b, h], b, h] += dy[b, h]`: of equals the first has all.

use super::Op;
use super::row_map::{RowMap, fill_from};
use super::scratch::Scratch;
use crate::ComputeError;
use crate::backend::{Backend, TimePoolDims};
use crate::tape::{Context, Gradients, Packing, Recorder, Var, at_least_one, same_sequences};

/// How the steps of a sequence are summarised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimePooling {
    /// Their mean.
    Mean,
    /// The largest of each unit's numbers.
    Max,
}

struct PoolTime<B: Backend> {
    pooling: TimePooling,
    dims: TimePoolDims,
    input: Var,
    output: Var,
    /// The rows of each sequence, `[B, T]`.
    rows: RowMap<B>,
    /// `[B]`.
    lengths: RowMap<B>,
    /// The row of t*, `[B, H]`, where the maximum is taken.
    winners: Scratch<B::Indices>,
}

/// Records a pooling over time of a packed tensor, or of a tensor `[T, B, H]` whose sequences all have T
/// steps.
///
/// # Errors
/// If the input is not `[T, B, H]` or a size is zero.
pub fn pool_time<B: Backend>(
    recorder: &mut Recorder<B>,
    input: Var,
    pooling: TimePooling,
) -> Result<Var, ComputeError> {
    let [steps, batch] = [0, 1].map(|dim| input.shape().dims().get(dim).copied().unwrap_or(1));
    same_sequences("pool over time", [steps, batch], input)?;
    at_least_one("sequence length", steps)?;
    let dims = TimePoolDims { steps, batch, width: input.shape().width() };
    let output = recorder.output([batch, dims.width]);
    let (rows, lengths, winners) = (RowMap::new(), RowMap::new(), Scratch::new());
    recorder.push(PoolTime { pooling, dims, input, output, rows, lengths, winners });
    Ok(output)
}

impl<B: Backend> Op<B> for PoolTime<B> {
    fn scratch_numbers(&self, _gradients: Gradients) -> u64 {
        let rows = (self.input.shape().rows() as u64).saturating_add(self.dims.batch as u64);
        let winners = if self.pooling == TimePooling::Max { self.output.shape().planned_len() } else { 0 };
        rows.saturating_mul(2).saturating_add(winners)
    }

    fn allocate(&mut self, backend: &B, _gradients: Gradients) {
        let TimePoolDims { steps, batch, width } = self.dims;
        self.rows.allocate(backend, batch * steps);
        self.lengths.allocate(backend, batch);
        if self.pooling == TimePooling::Max {
            self.winners.set(backend.indices(batch * width));
        }
    }

    fn forward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        let (backend, dims) = (context.backend, self.dims);
        let TimePoolDims { steps, batch, .. } = dims;
        if let Some(packing) = self.input.packing() {
            let packing = context.packing(packing);
            self.rows.write(backend, |rows| fill_packed(rows, steps, packing));
            self.lengths.write(backend, |lengths| fill_from(lengths, packing.lengths().iter().copied()));
        } else {
            let places = (0..batch * steps).map(|place| place % steps * batch + place / steps);
            self.rows.write(backend, |rows| fill_from(rows, places));
            self.lengths.write(backend, |lengths| lengths.fill(steps as u32));
        }
        let (rows, lengths) = (self.rows.get(), self.lengths.get());
        let [x, y] = context.values.many_mut([self.input, self.output]);
        let (x, y) = (self.input.at(&*x), self.output.at(y));
        match self.pooling {
            TimePooling::Mean => backend.mean_over_time(dims, x, rows, lengths, y), // (1)
            TimePooling::Max => {
                backend.max_over_time(dims, x, rows, lengths, y, self.winners.get_mut()); // (3)
            }
        }
    }

    fn backward(&mut self, _part: usize, context: &mut Context<'_, B>) {
        if self.input.is_constant() {
            return;
        }
        let (backend, dims) = (context.backend, self.dims);
        let [d_x, d_y] = context.gradients.many_mut([self.input, self.output]);
        let (d_x, d_y) = (self.input.at(d_x), self.output.at(&*d_y));
        match self.pooling {
            TimePooling::Mean => {
                backend.mean_over_time_backward(dims, d_y, self.rows.get(), self.lengths.get(), d_x); // (2)
            }
            TimePooling::Max => backend.max_over_time_backward(dims, d_y, self.winners.get(), d_x), // (4)
        }
    }
}

/// The packed rows of each sequence, in the caller's order; behind its end what was there.
fn fill_packed(rows: &mut [u32], steps: usize, packing: &Packing) {
    for (place, &sequence) in packing.order().iter().enumerate() {
        let sequence = sequence as usize;
        let numbers = (0..packing.lengths()[sequence]).map(|step| packing.start(step) + place);
        fill_from(&mut rows[sequence * steps..], numbers);
    }
}
