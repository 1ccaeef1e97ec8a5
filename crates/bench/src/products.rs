//! Large square matrix products in each form that training has, on any backend.
//!
//! The products that the workloads are made of, beside those of other libraries on the CPU, are in
//! `tests/peers/gemm`.

use crate::BenchError;
use crate::work::Work;
use rnn_compute::Backend;
use rnn_compute::backend::{At, Gemm, Layout, Write};
use std::collections::VecDeque;
use std::task::Poll;

/// How the factors lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `C = A·B` with B laid out before: what a recurrent layer does at every time step.
    Plain,
    /// `C = A·Bᵀ`, the laying out of B in the time: what a projection does, PyTorch's weights being transposed.
    Transposed,
    /// `C += Aᵀ·B`: a weight gradient.
    Gradient,
}

/// A product of two square matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// How they lie.
    pub form: Form,
    /// Their rows and columns.
    pub size: usize,
}

/// Rows and columns that are measured.
pub const SIZES: [usize; 3] = [1024, 2048, 4096];

impl Product {
    /// All that are measured, the small ones first.
    pub fn all() -> impl Iterator<Item = Self> {
        let forms = [Form::Plain, Form::Transposed, Form::Gradient];
        SIZES.into_iter().flat_map(move |size| forms.map(|form| Self { form, size }))
    }

    /// What it is called in a line: m, k and n.
    #[must_use]
    pub fn name(self) -> String {
        let Self { form, size } = self;
        format!("gemm {form:?} {size}x{size}x{size}").to_lowercase()
    }

    /// Operations of one.
    #[must_use]
    pub fn flops(self) -> u64 {
        2 * (self.size as u64).pow(3)
    }

    /// How many are to be a step: so many that a step is no shorter than `flops`.
    #[must_use]
    pub fn repeats(self, flops: u64) -> u32 {
        u32::try_from(flops.div_ceil(self.flops())).unwrap_or(u32::MAX).max(1)
    }
}

/// Steps that a device is given at a time.
const MOST_IN_FLIGHT: usize = 2;

/// The same product over and over.
pub struct Products<B: Backend> {
    backend: B,
    product: Product,
    /// Products of a step.
    repeats: u32,
    a: B::Buffer,
    b: B::Buffer,
    packed: B::Packed,
    c: B::Buffer,
    in_flight: VecDeque<B::Transfer>,
}

impl<B: Backend<Elem = f32>> Products<B> {
    /// So many products a step.
    #[must_use]
    pub fn new(backend: &B, product: Product, repeats: u32) -> Self {
        let Product { size, .. } = product;
        let len = size * size;
        let numbers: Vec<f32> = (0..len).map(|index| (index % 17) as f32 * 0.01 - 0.08).collect();
        let matrix = || {
            let mut matrix = backend.zeros(len);
            backend.write(At(&mut matrix, 0), &numbers);
            matrix
        };
        let mut products = Self {
            backend: backend.clone(),
            product,
            repeats,
            a: matrix(),
            b: matrix(),
            packed: backend.packed(size, size),
            c: backend.zeros(len),
            in_flight: VecDeque::with_capacity(MOST_IN_FLIGHT),
        };
        products.pack(Layout::Plain);
        products
    }

    fn pack(&mut self, layout: Layout) {
        let size = self.product.size;
        self.backend.pack(At(&self.b, 0), layout, size, size, &mut self.packed);
    }

    fn multiply(&mut self) {
        let Product { form, size } = self.product;
        let gemm = Gemm { m: size, k: size, n: size };
        if form == Form::Gradient {
            self.backend.gemm_transposed(gemm, At(&self.a, 0), size, 0, At(&self.b, 0), &mut self.c);
            return;
        }
        if form == Form::Transposed {
            self.pack(Layout::Transposed);
        }
        self.backend.gemm(gemm, At(&self.a, 0), &self.packed, At(&mut self.c, 0), Write::Overwrite);
    }
}

impl<B: Backend<Elem = f32>> Work for Products<B> {
    fn step(&mut self) -> Result<Poll<()>, BenchError> {
        if self.in_flight.len() == MOST_IN_FLIGHT {
            let Some(oldest) = self.in_flight.front_mut() else { return Ok(Poll::Pending) };
            if self.backend.fetch_numbers(oldest)?.is_none() {
                return Ok(Poll::Pending);
            }
            self.in_flight.pop_front();
        }
        for _ in 0..self.repeats {
            self.multiply();
        }
        self.in_flight.push_back(self.backend.request_numbers(&[(At(&self.c, 0), 1)]));
        Ok(Poll::Ready(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_compute::Cpu;

    #[test]
    fn each_form_is_the_product_it_says() {
        // A = B, a function of row and column.
        let size = 5;
        let number = |row: usize, column: usize| ((row * size + column) % 17) as f32 * 0.01 - 0.08;
        for form in [Form::Plain, Form::Transposed, Form::Gradient] {
            let mut products = Products::new(&Cpu, Product { form, size }, 2);
            assert!(products.step().unwrap().is_ready());
            let times = if form == Form::Gradient { 2.0 } else { 1.0 };
            for (place, found) in products.c.iter().enumerate() {
                let (row, column) = (place / size, place % size);
                let term = |p: usize| match form {
                    Form::Plain => number(row, p) * number(p, column),
                    Form::Transposed => number(row, p) * number(column, p),
                    Form::Gradient => number(p, row) * number(p, column),
                };
                let wanted = times * (0..size).map(term).sum::<f32>();
                // Measured: at most 2e-9.
                assert!((found - wanted).abs() < 1e-7, "{form:?}: {found} {wanted}");
            }
        }
    }

    #[test]
    fn steps_are_long_enough_and_names_say_the_sizes() {
        let product = Product { form: Form::Gradient, size: 1024 };
        assert_eq!(product.name(), "gemm gradient 1024x1024x1024");
        assert_eq!([0, 1 << 31, (1 << 31) + 1, 1 << 36].map(|flops| product.repeats(flops)), [1, 1, 2, 32]);
        assert_eq!(Product::all().count(), 9);
    }
}
