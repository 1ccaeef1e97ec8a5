//! Products of rows with a weight, and a bias: linear layers, and the inputs' share of recurrent ones.

use super::host::Host;
use super::{Algebra, At, Gemm, Memory, Write};

/// What is added to every row of a product.
#[derive(Debug)]
pub enum Bias<'a, T> {
    /// A row.
    Row(&'a T),
    /// The sum of two rows.
    Sum(&'a T, &'a T),
}

impl<T> Clone for Bias<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Bias<'_, T> {}

/// Products with a bias.
pub trait Projections: Algebra {
    /// `target[r, :] = bias`.
    fn fill_bias(
        &self,
        bias: Bias<'_, Self::Buffer>,
        target: At<&mut Self::Buffer>,
        rows: usize,
        width: usize,
    );
    /// `C = A · B + bias` with B packed, A `[m, k]` and C `[m, n]` row-major.
    fn project(
        &self,
        gemm: Gemm,
        a: At<&Self::Buffer>,
        b: &Self::Packed,
        bias: Bias<'_, Self::Buffer>,
        c: At<&mut Self::Buffer>,
    );
}

impl<H: Host + Algebra> Projections for H {
    fn fill_bias(
        &self,
        bias: Bias<'_, H::Buffer>,
        At(target, start): At<&mut H::Buffer>,
        rows: usize,
        width: usize,
    ) {
        match bias {
            Bias::Row(row) => self.fill_rows(row, At(target, start), rows, width),
            Bias::Sum(first, second) => {
                let (first, second) = (&first[..width], &second[..width]);
                for row in target[start..][..rows * width].chunks_exact_mut(width.max(1)) {
                    for ((number, &first), &second) in row.iter_mut().zip(first).zip(second) {
                        *number = first + second;
                    }
                }
            }
        }
    }

    fn project(
        &self,
        gemm: Gemm,
        a: At<&H::Buffer>,
        b: &<H as Memory>::Packed,
        bias: Bias<'_, H::Buffer>,
        At(c, start): At<&mut H::Buffer>,
    ) {
        self.fill_bias(bias, At(&mut *c, start), gemm.m, gemm.n);
        self.gemm(gemm, a, b, At(c, start), Write::Accumulate);
    }
}
