//! Mean and maximum over the steps of each sequence.

use super::host::Host;
use super::{At, Memory};
use crate::Real;

/// The extent of a pooling. The steps of sequence b are the rows `rows[b·T … b·T + lengths[b])` of the
/// tensor that is pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimePoolDims {
    /// T, from the rows of one sequence to those of the next.
    pub steps: usize,
    /// Sequences, B.
    pub batch: usize,
    /// Numbers a row, H.
    pub width: usize,
}

/// Mean and maximum over time. `source` is the tensor that is pooled, `target` is `[B, H]`, `rows` is
/// `[B, T]` and `lengths` is `[B]`, none of them 0.
pub trait TimePoolingKernels: Memory {
    /// `target[b, h] = Σ_t source[rows[b, t], h] / lengths[b]`.
    fn mean_over_time(
        &self,
        dims: TimePoolDims,
        source: At<&Self::Buffer>,
        rows: &Self::Indices,
        lengths: &Self::Indices,
        target: At<&mut Self::Buffer>,
    );
    /// `d_source[rows[b, t], h] += d_target[b, h] / lengths[b]`.
    fn mean_over_time_backward(
        &self,
        dims: TimePoolDims,
        d_target: At<&Self::Buffer>,
        rows: &Self::Indices,
        lengths: &Self::Indices,
        d_source: At<&mut Self::Buffer>,
    );
    /// `target[b, h] = max_t source[rows[b, t], h]`, and `winners[b, h]` is the row that it is from: the
    /// first of equals. What is not a number wins.
    fn max_over_time(
        &self,
        dims: TimePoolDims,
        source: At<&Self::Buffer>,
        rows: &Self::Indices,
        lengths: &Self::Indices,
        target: At<&mut Self::Buffer>,
        winners: &mut Self::Indices,
    );
    /// `d_source[winners[b, h], h] += d_target[b, h]`.
    fn max_over_time_backward(
        &self,
        dims: TimePoolDims,
        d_target: At<&Self::Buffer>,
        winners: &Self::Indices,
        d_source: At<&mut Self::Buffer>,
    );
}

impl<H: Host> TimePoolingKernels for H {
    fn mean_over_time(
        &self,
        dims: TimePoolDims,
        At(source, from): At<&H::Buffer>,
        rows: &H::Indices,
        lengths: &H::Indices,
        At(target, to): At<&mut H::Buffer>,
    ) {
        let TimePoolDims { steps, batch, width } = dims;
        for b in 0..batch {
            let target = &mut target[to + b * width..][..width];
            target.fill(H::Elem::ZERO);
            for &row in &rows[b * steps..][..lengths[b] as usize] {
                let source = &source[from + row as usize * width..][..width];
                for (sum, &number) in target.iter_mut().zip(source) {
                    *sum += number;
                }
            }
            let length = H::Elem::from_f64(f64::from(lengths[b]));
            for sum in target {
                *sum = *sum / length;
            }
        }
    }

    fn mean_over_time_backward(
        &self,
        dims: TimePoolDims,
        At(d_target, from): At<&H::Buffer>,
        rows: &H::Indices,
        lengths: &H::Indices,
        At(d_source, to): At<&mut H::Buffer>,
    ) {
        let TimePoolDims { steps, batch, width } = dims;
        for b in 0..batch {
            let d_target = &d_target[from + b * width..][..width];
            let length = H::Elem::from_f64(f64::from(lengths[b]));
            for &row in &rows[b * steps..][..lengths[b] as usize] {
                let d_source = &mut d_source[to + row as usize * width..][..width];
                for (d_source, &d_target) in d_source.iter_mut().zip(d_target) {
                    *d_source += d_target / length;
                }
            }
        }
    }

    fn max_over_time(
        &self,
        dims: TimePoolDims,
        At(source, from): At<&H::Buffer>,
        rows: &H::Indices,
        lengths: &H::Indices,
        At(target, to): At<&mut H::Buffer>,
        winners: &mut H::Indices,
    ) {
        let TimePoolDims { steps, batch, width } = dims;
        for b in 0..batch {
            let target = &mut target[to + b * width..][..width];
            let winners = &mut winners[b * width..][..width];
            let (first, others) = (rows[b * steps], &rows[b * steps + 1..][..lengths[b] as usize - 1]);
            target.copy_from_slice(&source[from + first as usize * width..][..width]);
            winners.fill(first);
            for &row in others {
                let source = &source[from + row as usize * width..][..width];
                for ((largest, winner), &number) in target.iter_mut().zip(winners.iter_mut()).zip(source) {
                    if number > *largest || number.to_f64().is_nan() {
                        (*largest, *winner) = (number, row);
                    }
                }
            }
        }
    }

    fn max_over_time_backward(
        &self,
        dims: TimePoolDims,
        At(d_target, from): At<&H::Buffer>,
        winners: &H::Indices,
        At(d_source, to): At<&mut H::Buffer>,
    ) {
        let TimePoolDims { batch, width, .. } = dims;
        for b in 0..batch {
            for h in 0..width {
                let row = winners[b * width + h] as usize;
                d_source[to + row * width + h] += d_target[from + b * width + h];
            }
        }
    }
}
