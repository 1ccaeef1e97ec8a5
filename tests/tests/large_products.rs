//! Matrix products so large that the ops cut them into several parts: the linear layer, its gradients and
//! the recurrent weights' gradient equal the sums written out here. The gradient checks cannot see this,
//! since at their sizes every product is one part.
//!
//! Tolerance: 1e-12 of the tensor's largest number in `f64`, where the sums happen to run in the same order
//! and no difference was measured, and 1e-5 in `f32`, where sums of up to 2,600 terms are rounded: 6.6e-7.

use rnn_compute::ops::{CellKind, CellState, Direction, LayerInput, LayerWeights, linear, recurrent};
use rnn_compute::{
    Backend, ComputeError, Cpu, GradientScope, Gradients, ParameterList, ParameterRole, Pass, Real, Recorder,
    Reference,
};
use rnn_tests::fixture::parameters;
use rnn_tests::formula::numbers;
use rnn_tests::golden::tensor_error;

type Outcome = Result<(), ComputeError>;

/// Row-major matrices in `f64`.
struct Matrix {
    columns: usize,
    numbers: Vec<f64>,
}

impl Matrix {
    fn new<R: Real>(columns: usize, numbers: impl IntoIterator<Item = R>) -> Self {
        Self { columns, numbers: numbers.into_iter().map(R::to_f64).collect() }
    }

    fn rows(&self) -> usize {
        self.numbers.len() / self.columns
    }

    fn transposed(&self) -> Self {
        let column = |column| self.numbers.iter().skip(column).step_by(self.columns).copied();
        Self { columns: self.rows(), numbers: (0..self.columns).flat_map(column).collect() }
    }

    /// The product with the transpose of `other`.
    fn times_transposed(&self, other: &Self) -> Self {
        let rows = |matrix| <[f64]>::chunks(matrix, self.columns);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let row = |a| rows(&other.numbers).map(move |b| dot(a, b));
        Self { columns: other.rows(), numbers: rows(&self.numbers).flat_map(row).collect() }
    }
}

fn assert_equal<R: Real>(what: &str, found: impl IntoIterator<Item = R>, expected: &[f64], tolerance: f64) {
    let error = tensor_error(found, expected);
    assert!(error <= tolerance, "{what}: error {error:.1e} above {tolerance:.0e}");
}

fn check_linear<B: Backend>(backend: &B, tolerance: f64) -> Outcome {
    // 450 × 301 × 203 = 27 million multiply-adds: two parts each way.
    let (rows, width, outputs) = (450, 301, 203);
    let mut list = ParameterList::default();
    let weight = list.declare("weight", [outputs, width], ParameterRole::LinearWeight);
    let bias = list.declare("bias", [outputs], ParameterRole::LinearBias { inputs: width });
    let mut recorder = Recorder::new();
    let input = recorder.input([rows, width]);
    let output = linear(&mut recorder, input, (weight, list.shape(weight)), bias)?;
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    let mut parameters = parameters(backend, &list)?;
    let seed: Vec<B::Elem> = numbers(601, rows * outputs, 1.0);
    tape.write(input, &numbers(600, rows * width, 1.0))?;
    tape.forward(&mut parameters);
    tape.write_gradient(output, &seed)?;
    tape.backward(&mut parameters);

    let [x, d_y] = [Matrix::new(width, tape.read(input)), Matrix::new(outputs, seed)];
    let [w, b] =
        [(weight, width), (bias, outputs)].map(|(id, columns)| Matrix::new(columns, parameters.read(id)));
    let mut y = x.times_transposed(&w);
    for (index, number) in y.numbers.iter_mut().enumerate() {
        *number += b.numbers[index % outputs];
    }
    let d_x = d_y.times_transposed(&w.transposed());
    let d_w = d_y.transposed().times_transposed(&x.transposed());
    assert_equal("y", tape.read(output), &y.numbers, tolerance);
    assert_equal("dx", tape.read_gradient(input), &d_x.numbers, tolerance);
    assert_equal("dW", parameters.read_gradient(weight), &d_w.numbers, tolerance);
    Ok(())
}

#[test]
fn linear_layers_in_parts_equal_whole_products() -> Outcome {
    check_linear(&Reference::<f64>::new(), 1e-12)?;
    check_linear(&Cpu, 1e-5)
}

fn check_lstm<B: Backend>(backend: &B, tolerance: f64) -> Outcome {
    // The weight gradient: 9 · 289 × 268 × 67 = 47 million multiply-adds, three parts.
    let (steps, batch, hidden) = (9, 289, 67);
    let mut list = ParameterList::default();
    let weights = LayerWeights::declare(&mut list, CellKind::Lstm, [2, hidden], str::to_owned)?;
    let mut recorder = Recorder::new();
    let input = recorder.input([steps, batch, 2]);
    let initial =
        CellState { hidden: recorder.input([batch, hidden]), cells: Some(recorder.input([batch, hidden])) };
    let rows = LayerInput::Rows(input);
    let output = recurrent(&mut recorder, CellKind::Lstm, rows, initial, weights, Direction::Forward)?;
    let mut tape = recorder.finish(backend.clone(), Gradients::Kept);
    let mut parameters = parameters(backend, &list)?;
    tape.write(input, &numbers(610, input.shape().len(), 1.0))?;
    tape.write(initial.hidden, &numbers(611, batch * hidden, 0.5))?;
    tape.forward(&mut parameters);
    tape.write_gradient(output.hidden, &numbers(612, output.hidden.shape().len(), 1.0))?;
    let mut pass = Pass::backward(GradientScope::Everything);
    let mut parts = 1;
    while !tape.advance(&mut pass, &mut parameters) {
        parts += 1;
    }
    assert!(parts > steps + 2, "the weight gradient should come in several parts");

    let d_a = Matrix::new(4 * hidden, tape.read_gradient(output.gates));
    let before = [tape.read(initial.hidden), tape.read(output.hidden.slice(0, steps - 1))];
    let h = Matrix::new(hidden, before.into_iter().flatten());
    let d_w = d_a.transposed().times_transposed(&h.transposed());
    assert_equal("dW", parameters.read_gradient(weights.recurrent), &d_w.numbers, tolerance);
    Ok(())
}

#[test]
fn recurrent_weight_gradients_in_parts_equal_whole_products() -> Outcome {
    check_lstm(&Reference::<f64>::new(), 1e-12)?;
    check_lstm(&Cpu, 1e-5)
}
