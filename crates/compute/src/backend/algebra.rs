//! Matrix products.

use super::{At, Memory};

/// A matrix product `C[m, n] = A[m, k] · B[k, n]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gemm {
    /// Rows of A and C.
    pub m: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// Columns of B and C.
    pub n: usize,
}

/// How a matrix that is to be the right-hand side of a product lies in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `[k, n]`, as it is used.
    Plain,
    /// `[n, k]`, used transposed: how PyTorch stores its weights.
    Transposed,
}

/// What a kernel does with what its target holds already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// The result replaces it.
    Overwrite,
    /// The result is added to it.
    Accumulate,
}

/// Matrix products with a right-hand side that is packed once and used many times, and the
/// transposed product that weight gradients are.
pub trait Algebra: Memory {
    /// Lays out B for [`Algebra::gemm`].
    fn pack(&self, matrix: At<&Self::Buffer>, layout: Layout, k: usize, n: usize, packed: &mut Self::Packed);
    /// `C = A · B` or `C += A · B` with B packed, A `[m, k]` and C `[m, n]` row-major.
    fn gemm(
        &self,
        gemm: Gemm,
        a: At<&Self::Buffer>,
        b: &Self::Packed,
        c: At<&mut Self::Buffer>,
        write: Write,
    );
    /// `C[i, j] += Σ_r A[r, first + i] · B[r, j]` for i in `0..gemm.m`: a weight gradient, summed over
    /// `gemm.k` rows of A (`a_width` wide, of which the columns from `first` on are meant) and B
    /// (`gemm.n` wide). Row i of the product is added at row `first + i` of C.
    fn gemm_transposed(
        &self,
        gemm: Gemm,
        a: At<&Self::Buffer>,
        a_width: usize,
        first: usize,
        b: At<&Self::Buffer>,
        c: &mut Self::Buffer,
    );
}
