//! Which products the workloads are made of, and each library's way to compute them.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use rnn_compute::Cpu;
use rnn_compute::backend::{Algebra, At, Gemm, Layout, Memory, Write};
use std::fmt;

/// What a product is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// `C = A·B` with a weight that is packed once and used at every time step.
    Recurrence,
    /// `C = A·B` with a weight that is used once a training step.
    Projection,
    /// `C += Aᵀ·B`, A `[k, m]`: a weight gradient.
    Gradient,
}

/// A product of `[m, k]` and `[k, n]`.
#[derive(Debug, Clone, Copy)]
pub struct Product {
    workload: &'static str,
    purpose: Purpose,
    m: usize,
    k: usize,
    n: usize,
}

/// The library that computes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    Ours,
    NdArray,
    Gemm,
}

const fn product(workload: &'static str, purpose: Purpose, [m, k, n]: [usize; 3]) -> Product {
    Product { workload, purpose, m, k, n }
}

/// Forward `[B, H]·[H, G·H]`, backward `[B, G·H]·[G·H, H]`, projections `[T·B, I]·[I, G·H]`, gradients
/// `[T·B, G·H]ᵀ·[T·B, H]`.
pub const PRODUCTS: [Product; 16] = [
    product("W1", Purpose::Recurrence, [32, 128, 512]),
    product("W1", Purpose::Recurrence, [32, 512, 128]),
    product("W1", Purpose::Projection, [2048, 64, 512]),
    product("W1", Purpose::Projection, [2048, 128, 64]),
    product("W1", Purpose::Gradient, [512, 2048, 128]),
    product("W2", Purpose::Recurrence, [16, 64, 256]),
    product("W2", Purpose::Recurrence, [16, 256, 64]),
    product("W2", Purpose::Gradient, [256, 512, 64]),
    product("W3", Purpose::Recurrence, [32, 256, 1024]),
    product("W3", Purpose::Recurrence, [32, 1024, 256]),
    product("W3", Purpose::Projection, [3200, 256, 1024]),
    product("W3", Purpose::Gradient, [1024, 3200, 256]),
    product("W4", Purpose::Projection, [1600, 512, 1024]),
    product("W5", Purpose::Recurrence, [32, 50, 150]),
    product("W6", Purpose::Recurrence, [32, 100, 100]),
    product("I1", Purpose::Recurrence, [1, 128, 512]),
];

impl Product {
    pub fn flops(&self) -> u64 {
        2 * (self.m * self.k * self.n) as u64
    }
}

/// Such as `gemm W1 recurrence 32x128x512`: m, k, n.
impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workload, purpose, m, k, n } = self;
        let purpose = format!("{purpose:?}").to_lowercase();
        write!(f, "gemm {workload} {purpose} {m}x{k}x{n}")
    }
}

impl Library {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ours => "cpu",
            Self::NdArray => "matrixmultiply 0.3",
            Self::Gemm => "gemm",
        }
    }

    pub fn peer(self) -> Option<&'static str> {
        match self {
            Self::Ours => None,
            Self::NdArray => Some("ndarray 0.17.2"),
            Self::Gemm => Some("gemm 0.19.0"),
        }
    }
}

/// The matrices of one product.
pub struct Operands {
    product: Product,
    /// `[m, k]`; of a gradient `[k, m]`.
    a: Vec<f32>,
    /// `[k, n]`.
    b: Vec<f32>,
    packed: <Cpu as Memory>::Packed,
    /// `[m, n]`.
    c: Vec<f32>,
}

impl Operands {
    pub fn new(product: Product) -> Self {
        let Product { m, k, n, .. } = product;
        let numbers = |len: usize| (0..len).map(|index| (index % 17) as f32 * 0.01 - 0.08).collect();
        let mut operands = Self {
            product,
            a: numbers(m * k),
            b: numbers(k * n),
            packed: Cpu.packed(k, n),
            c: vec![0.0; m * n],
        };
        operands.pack();
        operands
    }

    fn pack(&mut self) {
        let Product { k, n, .. } = self.product;
        Cpu.pack(At(&self.b, 0), Layout::Plain, k, n, &mut self.packed);
    }

    /// Computes it once.
    pub fn multiply(&mut self, library: Library) {
        match library {
            Library::Ours => self.multiply_ours(),
            Library::NdArray => self.multiply_ndarray(),
            Library::Gemm => self.multiply_gemm(),
        }
    }

    fn multiply_ours(&mut self) {
        let Product { purpose, m, k, n, .. } = self.product;
        let gemm = Gemm { m, k, n };
        match purpose {
            Purpose::Gradient => Cpu.gemm_transposed(gemm, At(&self.a, 0), m, 0, At(&self.b, 0), &mut self.c),
            Purpose::Recurrence | Purpose::Projection => {
                if purpose == Purpose::Projection {
                    self.pack();
                }
                Cpu.gemm(gemm, At(&self.a, 0), &self.packed, At(&mut self.c, 0), Write::Overwrite);
            }
        }
    }

    fn multiply_ndarray(&mut self) {
        let Product { purpose, m, k, n, .. } = self.product;
        let fits = "the vectors hold as many numbers as the shapes";
        let b = ArrayView2::from_shape((k, n), &self.b).expect(fits);
        let mut c = ArrayViewMut2::from_shape((m, n), &mut self.c).expect(fits);
        if purpose == Purpose::Gradient {
            let a = ArrayView2::from_shape((k, m), &self.a).expect(fits);
            general_mat_mul(1.0, &a.t(), &b, 1.0, &mut c);
        } else {
            let a = ArrayView2::from_shape((m, k), &self.a).expect(fits);
            general_mat_mul(1.0, &a, &b, 0.0, &mut c);
        }
    }

    fn multiply_gemm(&mut self) {
        let Product { purpose, m, k, n, .. } = self.product;
        let is_gradient = purpose == Purpose::Gradient;
        // From one column to the next, and from one row to the next.
        let (a_columns, a_rows) = if is_gradient { (m, 1) } else { (1, k) };
        assert!(self.a.len() == m * k && self.b.len() == k * n && self.c.len() == m * n);
        // SAFETY: the strides reach the m·k, k·n and m·n numbers that the vectors hold, as asserted, and
        // only `c` is written, which is borrowed mutably and is none of the other two.
        unsafe {
            gemm::gemm(
                m,
                n,
                k,
                self.c.as_mut_ptr(),
                1,
                n as isize,
                is_gradient,
                self.a.as_ptr(),
                a_columns as isize,
                a_rows as isize,
                self.b.as_ptr(),
                1,
                n as isize,
                1.0_f32,
                1.0_f32,
                false,
                false,
                false,
                gemm::Parallelism::None,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_agree() {
        for product in PRODUCTS.into_iter().filter(|product| product.flops() < 100_000_000) {
            let of = |library| {
                let mut operands = Operands::new(product);
                operands.multiply(library);
                operands.c
            };
            let ours = of(Library::Ours);
            for other in [Library::NdArray, Library::Gemm] {
                let close = ours.iter().zip(of(other)).all(|(a, b)| (a - b).abs() < 1e-3 * (1.0 + b.abs()));
                assert!(close, "{product}: {other:?}");
            }
        }
    }
}
