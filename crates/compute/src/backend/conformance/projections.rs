//! Products of rows with a weight, and a bias or two.

use super::{Agreement, RAGGED, buffer, host, numbers, truth};
#[cfg(test)]
use super::{CPU, assert_within};
use crate::backend::{At, Bias, Gemm, Layout, Projections};

/// The bias alone, in every row, and the product with it; of one row and of the sum of two.
fn run<B: Projections>(backend: &B, [rows, inputs, outputs]: [usize; 3]) -> Vec<f64> {
    let len = rows * outputs + 7;
    let x = buffer(backend, &numbers(3 + rows * inputs, 1));
    let weight = buffer(backend, &numbers(5 + outputs * inputs, 2));
    let [first, second] = [3, 4].map(|seed| buffer(backend, &numbers(outputs, seed)));
    let mut targets = [5, 6, 7, 8].map(|seed| buffer(backend, &numbers(len, seed)));
    let mut packed = backend.packed(inputs, outputs);
    backend.pack(At(&weight, 5), Layout::Transposed, inputs, outputs, &mut packed);
    let gemm = Gemm { m: rows, k: inputs, n: outputs };
    let [row, sum] = [Bias::Row(&first), Bias::Sum(&first, &second)];
    backend.fill_bias(row, At(&mut targets[0], 1), rows, outputs);
    backend.fill_bias(sum, At(&mut targets[1], 2), rows, outputs);
    backend.project(gemm, At(&x, 3), &packed, row, At(&mut targets[2], 4));
    backend.project(gemm, At(&x, 3), &packed, sum, At(&mut targets[3], 6));
    targets.iter().flat_map(|target| host(backend, target, len)).collect()
}

/// Every scenario of this suite, compared with the scalar reference. Shapes: rows, inputs and outputs.
#[must_use]
pub fn agreement<B: Projections>(backend: &B) -> Vec<Agreement> {
    let mut agreement = Agreement::new("products with a bias");
    let ragged = [1, 5, 33].into_iter().flat_map(|rows| RAGGED.map(|outputs| [rows, 17, outputs]));
    // Many rows of a small layer, and the inputs of an LSTM of 128 units, 64 sequences at a time.
    for shape in ragged.chain([[2049, 31, 513], [64, 128, 512]]) {
        agreement.compare(&shape, &run(backend, shape), &run(&truth(), shape));
    }
    vec![agreement]
}

#[test]
fn products_with_a_bias_agree() {
    // Measured 9.5e-6.
    assert_within(&agreement(&CPU), &[3e-5]);
}
