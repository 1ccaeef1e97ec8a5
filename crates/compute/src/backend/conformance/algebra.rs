//! Matrix products. Shapes are swept with whole numbers, whose products and sums are exact in `f32`: one
//! wrong index shows, however many terms a sum has. Rounding is looked at apart.

use super::{Agreement, RAGGED, SIZES, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within, bits};
#[cfg(test)]
use crate::backend::Memory;
use crate::backend::{Algebra, At, Gemm, Layout, Write};

const A_START: usize = 3;
const B_START: usize = 5;
const C_START: usize = 2;

/// Products of real layers: an LSTM's inputs and state at a step, 64 sequences by 128 inputs by 4·128 gates
/// and of 512 units, of one sequence and of many; and the logits of a vocabulary of 10,000.
const LAYERS: [Gemm; 4] = [
    Gemm { m: 64, k: 128, n: 512 },
    Gemm { m: 64, k: 512, n: 2048 },
    Gemm { m: 1, k: 512, n: 2048 },
    Gemm { m: 64, k: 128, n: 10_000 },
];

/// Their weight gradients, m gates or classes by n inputs, summed over k rows.
const LAYER_GRADIENTS: [Gemm; 3] =
    [Gemm { m: 512, k: 640, n: 128 }, Gemm { m: 2048, k: 64, n: 512 }, Gemm { m: 10_000, k: 64, n: 128 }];

/// Where the elements of matrices come from.
type Draw = fn(usize, u32) -> Vec<f64>;

/// Every product of these sizes.
fn shapes<'a>(m: &'a [usize], k: &'a [usize], n: &'a [usize]) -> impl Iterator<Item = Gemm> + 'a {
    m.iter().flat_map(move |&m| k.iter().flat_map(move |&k| n.iter().map(move |&n| Gemm { m, k, n })))
}

/// Whole numbers in ±6.
fn whole_numbers(len: usize, seed: u32) -> Vec<f64> {
    numbers(len, seed).into_iter().map(|number| (number * 3.0).round()).collect()
}

/// All of C, with numbers of its own before and behind.
fn product<B: Algebra>(backend: &B, draw: Draw, gemm: Gemm, layout: Layout, write: Write) -> Vec<f64> {
    let Gemm { m, k, n } = gemm;
    let a = buffer(backend, &draw(A_START + m * k, 1));
    let b = buffer(backend, &draw(B_START + k * n, 2));
    let len = C_START + m * n + 7;
    let mut c = buffer(backend, &draw(len, 3));
    let mut packed = backend.packed(k, n);
    backend.pack(At(&b, B_START), layout, k, n, &mut packed);
    backend.gemm(gemm, At(&a, A_START), &packed, At(&mut c, C_START), write);
    host(backend, &c, len)
}

/// All of C after the weight gradient, made in parts that end at `cuts`, of the columns of A from 2 on.
fn weight_gradient<B: Algebra>(backend: &B, draw: Draw, gemm: Gemm, cuts: &[usize]) -> Vec<f64> {
    let Gemm { m, k, n } = gemm;
    let (a_width, mut first) = (2 + m + 1, 2);
    let a = buffer(backend, &draw(A_START + k * a_width, 4));
    let b = buffer(backend, &draw(B_START + k * n, 5));
    let mut c = buffer(backend, &draw(a_width * n, 6));
    for cut in cuts.iter().copied().chain([m]) {
        let part = Gemm { m: 2 + cut - first, k, n };
        backend.gemm_transposed(part, At(&a, A_START), a_width, first, At(&b, B_START), &mut c);
        first = 2 + cut;
    }
    host(backend, &c, a_width * n)
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: m, k and n.
#[must_use]
pub fn agreement<B: Algebra>(backend: &B) -> Vec<Agreement> {
    let mut products = Agreement::new("products of whole numbers");
    let ragged = shapes(&[1, 2, 3, 5, 9, 33, 129], &[0, 1, 3, 4, 17, 255, 256, 257, 600], &RAGGED);
    for gemm in ragged.chain(shapes(&SIZES, &SIZES, &SIZES)).chain(LAYERS) {
        for layout in [Layout::Plain, Layout::Transposed] {
            for write in [Write::Overwrite, Write::Accumulate] {
                let found = product(backend, whole_numbers, gemm, layout, write);
                let want = product(&truth(), whole_numbers, gemm, layout, write);
                products.compare(&[gemm.m, gemm.k, gemm.n], &found, &want);
            }
        }
    }
    let mut gradients = Agreement::new("weight gradients of whole numbers");
    let ragged = shapes(&[1, 2, 3, 16, 17, 127, 130], &[0, 1, 3, 5, 255, 257, 600], &RAGGED);
    for gemm in ragged.chain(shapes(&SIZES, &SIZES, &SIZES)).chain(LAYER_GRADIENTS) {
        let found = weight_gradient(backend, whole_numbers, gemm, &[]);
        let want = weight_gradient(&truth(), whole_numbers, gemm, &[]);
        gradients.compare(&[gemm.m, gemm.k, gemm.n], &found, &want);
    }
    let mut sums = Agreement::new("long sums");
    for gemm in shapes(&SIZES, &[512], &SIZES).chain([Gemm { m: 17, k: 2048, n: 33 }]) {
        let (layout, write) = (Layout::Transposed, Write::Overwrite);
        let shape = [gemm.m, gemm.k, gemm.n];
        let found = product(backend, numbers, gemm, layout, write);
        sums.compare(&shape, &found, &product(&truth(), numbers, gemm, layout, write));
        let found = weight_gradient(backend, numbers, gemm, &[]);
        sums.compare(&shape, &found, &weight_gradient(&truth(), numbers, gemm, &[]));
    }
    vec![products, gradients, sums]
}

#[test]
fn products_of_whole_numbers_are_exact_and_long_sums_round_little() {
    // Measured 3.3e-5 for long sums: they nearly cancel, their terms reach 4.
    assert_within(&agreement(&CPU), &[0.0, 0.0, 1e-4]);
}

#[test]
fn parts_of_a_weight_gradient_have_the_bits_of_the_whole() {
    let gemm = Gemm { m: 261, k: 300, n: 17 };
    let whole = weight_gradient(&CPU, numbers, gemm, &[]);
    for cuts in [&[1][..], &[4, 5], &[128, 131, 256]] {
        assert_eq!(bits(&weight_gradient(&CPU, numbers, gemm, cuts)), bits(&whole), "cut at {cuts:?}");
    }
}

#[test]
fn a_row_has_the_same_bits_in_every_batch() {
    let (m, k, n) = (131, 300, 33);
    let (a, b) = (buffer(&CPU, &numbers(m * k, 1)), buffer(&CPU, &numbers(k * n, 2)));
    let mut packed = CPU.packed(k, n);
    CPU.pack(At(&b, 0), Layout::Plain, k, n, &mut packed);
    let mut whole = CPU.zeros(m * n);
    CPU.gemm(Gemm { m, k, n }, At(&a, 0), &packed, At(&mut whole, 0), Write::Overwrite);
    for row in 0..m {
        let mut single = CPU.zeros(n);
        CPU.gemm(Gemm { m: 1, k, n }, At(&a, row * k), &packed, At(&mut single, 0), Write::Overwrite);
        assert_eq!(single, whole[row * n..][..n], "row {row}");
    }
}

#[test]
fn packing_again_leaves_nothing_of_the_former_matrix() {
    let gemm = Gemm { m: 2, k: 7, n: 19 };
    for layout in [Layout::Plain, Layout::Transposed] {
        let mut packed = CPU.packed(40, 48);
        CPU.pack(At(&vec![f32::NAN; 40 * 48], 0), layout, 40, 48, &mut packed);
        let (a, b) = (buffer(&CPU, &numbers(14, 1)), buffer(&CPU, &numbers(7 * 19, 2)));
        CPU.pack(At(&b, 0), layout, gemm.k, gemm.n, &mut packed);
        let mut c = CPU.zeros(2 * 19);
        CPU.gemm(gemm, At(&a, 0), &packed, At(&mut c, 0), Write::Overwrite);
        assert!(c.iter().all(|number| number.is_finite()), "{layout:?}: {c:?}");
    }
}

#[test]
fn nan_reaches_its_row_and_no_other() {
    let gemm = Gemm { m: 3, k: 5, n: 18 };
    let mut a = numbers(gemm.m * gemm.k, 1);
    a[gemm.k + 2] = f64::NAN;
    let (a, b) = (buffer(&CPU, &a), buffer(&CPU, &numbers(gemm.k * gemm.n, 2)));
    let mut packed = CPU.packed(gemm.k, gemm.n);
    CPU.pack(At(&b, 0), Layout::Transposed, gemm.k, gemm.n, &mut packed);
    let mut c = CPU.zeros(gemm.m * gemm.n);
    CPU.gemm(gemm, At(&a, 0), &packed, At(&mut c, 0), Write::Overwrite);
    for (n, number) in c.iter().enumerate() {
        assert_eq!(number.is_nan(), n / gemm.n == 1, "{n}");
    }
}
