//! Matrix products, scalar: one dot product an element, summed in order.

use super::{Reference, matrix, matrix_mut};
use crate::Real;
use crate::backend::{Algebra, At, Gemm, Layout, Write};

impl<R: Real> Algebra for Reference<R> {
    fn pack(&self, source: At<&Vec<R>>, layout: Layout, k: usize, n: usize, packed: &mut Self::Packed) {
        packed.1 = n;
        let mut target = matrix_mut(At(&mut packed.0, 0), k, n);
        match layout {
            Layout::Plain => target.assign(&matrix(source, k, n)),
            Layout::Transposed => target.assign(&matrix(source, n, k).t()),
        }
    }

    fn gemm(
        &self,
        gemm: Gemm,
        a: At<&Vec<R>>,
        (b, b_columns): &Self::Packed,
        c: At<&mut Vec<R>>,
        write: Write,
    ) {
        let Gemm { m, k, n } = gemm;
        assert_eq!(*b_columns, n, "the packed matrix has other columns than the product");
        let (a, b, mut c) = (matrix(a, m, k), matrix(At(b, 0), k, n), matrix_mut(c, m, n));
        for i in 0..m {
            for j in 0..n {
                let dot: R = (0..k).map(|p| a[[i, p]] * b[[p, j]]).sum();
                c[[i, j]] = match write {
                    Write::Overwrite => dot,
                    Write::Accumulate => c[[i, j]] + dot,
                };
            }
        }
    }

    fn gemm_transposed(
        &self,
        gemm: Gemm,
        a: At<&Vec<R>>,
        a_width: usize,
        first: usize,
        b: At<&Vec<R>>,
        c: &mut Vec<R>,
    ) {
        let Gemm { m, k, n } = gemm;
        let (a, b) = (matrix(a, k, a_width), matrix(b, k, n));
        let mut c = matrix_mut(At(c, first * n), m, n);
        for i in 0..m {
            for j in 0..n {
                c[[i, j]] += (0..k).map(|r| a[[r, first + i]] * b[[r, j]]).sum();
            }
        }
    }
}
