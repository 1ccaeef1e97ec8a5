//! The kernels that all backends in the program's memory share, against the scalar reference in `f64`.

#![expect(clippy::unwrap_used, reason = "a geometry that makes no sense fails the test")]

mod common;

use common::gpu;
use rnn_compute::backend::{
    At, Choices, Convolution, ConvolutionLines, Ctc, CtcDims, CtcTrace, ElementwiseLoss, ImagePoolDims,
    ImagePooling, LossRows, Losses, Memory, Windows,
};
use rnn_compute::{Packing, Real, Reference};

/// Numbers in ±2.
fn numbers(len: usize, seed: u32) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        f64::from(state as f32 / u32::MAX as f32 * 4.0 - 2.0)
    };
    (0..len).map(|_| next()).collect()
}

fn buffer<B: Memory>(backend: &B, numbers: &[f64]) -> B::Buffer {
    let mut buffer = backend.zeros(numbers.len());
    let numbers: Vec<_> = numbers.iter().map(|&number| B::Elem::from_f64(number)).collect();
    backend.write(At(&mut buffer, 0), &numbers);
    buffer
}

fn indices<B: Memory>(backend: &B, rows: &[u32]) -> B::Indices {
    let mut indices = backend.indices(rows.len());
    backend.write_indices(At(&mut indices, 0), rows);
    indices
}

fn host<B: Memory>(backend: &B, buffer: &B::Buffer, len: usize) -> Vec<f64> {
    let mut numbers = vec![B::Elem::ZERO; len];
    backend.read(At(buffer, 0), &mut numbers);
    numbers.into_iter().map(Real::to_f64).collect()
}

/// The largest error relative to 1 + |truth|.
fn error(found: &[f64], truth: &[f64]) -> f64 {
    assert_eq!(found.len(), truth.len());
    let each = found.iter().zip(truth).map(|(found, truth)| (found - truth).abs() / (1.0 + truth.abs()));
    each.fold(0.0, |worst, error| if error > worst || error.is_nan() { error } else { worst })
}

/// Runs a scenario for all its cases on both; asserts the tolerance, beside which the caller writes the error
/// measured on lavapipe.
macro_rules! assert_close {
    ($cases:expr, $scenario:ident, $tolerance:literal) => {
        let Some(gpu) = gpu() else { return };
        let mut worst = 0.0_f64;
        let mut count = 0;
        for case in $cases {
            let found = error(&$scenario(&gpu, &case), &$scenario(&Reference::<f64>::new(), &case));
            assert!(found <= $tolerance, "{found:.1e} at {case:?}");
            worst = worst.max(found);
            count += 1;
        }
        println!("{}: {count} cases, {worst:.1e}", stringify!($scenario));
    };
}

const SIZES: [usize; 8] = [1, 2, 7, 31, 33, 65, 127, 300];

fn losses<B: Losses>(backend: &B, &(kind, width): &(ElementwiseLoss, usize)) -> Vec<f64> {
    let (rows, start) = (5, 3);
    let extent = LossRows { first: 1, rows: 3, width };
    let len = start + rows * width + 1;
    let prediction: Vec<_> = numbers(len, 1).iter().map(|x| 4.0 * x).collect();
    let [prediction, targets] = [prediction, numbers(len, 2)].map(|numbers| buffer(backend, &numbers));
    let mut weights = numbers(rows + 2, 3);
    weights[2 + 2] = 0.0;
    let weights = buffer(backend, &weights);
    let d_loss = buffer(backend, &numbers(2, 4));
    let mut row_losses = buffer(backend, &numbers(rows, 5));
    let mut d_prediction = buffer(backend, &numbers(len, 6));
    let mut loss = buffer(backend, &numbers(3, 7));
    let (x, y) = (At(&prediction, start), At(&targets, start - 1));
    backend.elementwise_loss_forward(kind, extent, x, y, &mut row_losses);
    let (x, y) = (At(&prediction, start), At(&targets, start - 1));
    let d_x = At(&mut d_prediction, start);
    backend.elementwise_loss_backward(kind, extent, x, y, At(&weights, 2), At(&d_loss, 1), d_x);
    backend.weighted_sum(At(&weights, 2), At(&row_losses, 0), At(&mut loss, 1), rows);
    let parts = [(&row_losses, rows), (&d_prediction, len), (&loss, 3)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

#[test]
fn losses_agree() {
    let kinds = [
        ElementwiseLoss::BinaryCrossEntropy,
        ElementwiseLoss::Squared,
        ElementwiseLoss::Absolute,
        ElementwiseLoss::Huber { delta: 1.5 },
    ];
    assert_close!(kinds.into_iter().flat_map(|kind| SIZES.map(|width| (kind, width))), losses, 1e-5);
}

/// The choices, told by looking them up in a table of their own numbers.
fn choices<B: Choices + rnn_compute::backend::Symbols>(backend: &B, &width: &usize) -> Vec<f64> {
    let mut scores = numbers(2 + 5 * width, 1);
    // Equals, and what is NaN first and later.
    scores[2 + width..2 + 2 * width].fill(1.0);
    scores[2 + 2 * width] = f64::NAN;
    scores[2 + 4 * width - 1] = f64::NAN;
    let scores = buffer(backend, &scores);
    let forced = indices(backend, &[9, 1, 0, 0, 0, 0]);
    let coins = indices(backend, &[1, 0, 0, 0, 1]);
    let mut chosen = indices(backend, &[0; 7]);
    backend.choose(At(&scores, 2), At(&forced, 1), At(&coins, 0), At(&mut chosen, 2), 5, width);
    let table = buffer(backend, &(0..width.max(2)).map(|n| n as f64).collect::<Vec<_>>());
    let mut found = backend.zeros(7);
    backend.gather(At(&table, 0), At(&chosen, 0), At(&mut found, 0), 7, 1);
    host(backend, &found, 7)
}

#[test]
fn choices_agree() {
    assert_close!(SIZES, choices, 0.0);
}

/// Image, kernel, stride, padding, channels in and out.
type Geometry = ([usize; 2], [usize; 2], usize, usize, [usize; 2]);

const GEOMETRIES: [Geometry; 7] = [
    ([1, 1], [1, 1], 1, 0, [1, 1]),
    ([5, 7], [3, 3], 1, 1, [2, 3]),
    ([7, 5], [3, 2], 2, 1, [3, 2]),
    ([8, 9], [2, 2], 2, 0, [1, 5]),
    ([6, 6], [4, 5], 5, 2, [2, 2]),
    ([31, 33], [3, 3], 1, 1, [1, 4]),
    ([4, 4], [2, 3], 3, 2, [3, 1]),
];

fn convolution<B: Convolution>(
    backend: &B,
    &(image, kernel, stride, padding, [inputs, outputs]): &Geometry,
) -> Vec<f64> {
    let windows = Windows::new("test", image, kernel, stride, padding).unwrap();
    let [height, width] = windows.positions;
    let mut found = Vec::new();
    for (first, count) in [(0, 3 * height), (1, 2 * height), (height, height), (3 * height - 1, 1)] {
        let (first, count) = (first.min(3 * height - 1), count.min(3 * height - first.min(3 * height - 1)));
        let lines = ConvolutionLines { windows, inputs, outputs, first, count };
        let window = inputs * kernel[0] * kernel[1];
        let (image_len, output_len) =
            (3 + 3 * inputs * image[0] * image[1], 2 + 3 * outputs * height * width);
        let (rows_len, channels_len) = (count * width * window + 2, count * width * outputs + 2);
        let mut images = buffer(backend, &numbers(image_len, 1));
        let mut rows = buffer(backend, &numbers(rows_len, 2));
        let mut results = buffer(backend, &numbers(output_len, 3));
        let mut channels = buffer(backend, &numbers(channels_len, 4));
        backend.unfold(lines, At(&images, 3), &mut rows);
        backend.fold(lines, &rows, At(&mut images, 2));
        backend.channels_last(lines, At(&results, 2), &mut channels);
        backend.channels_first(lines, &channels, At(&mut results, 1));
        let parts =
            [(&images, image_len), (&rows, rows_len), (&results, output_len), (&channels, channels_len)];
        found.extend(parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)));
    }
    found
}

#[test]
fn convolution_agrees() {
    assert_close!(GEOMETRIES, convolution, 1e-5);
}

fn pooling<B: ImagePooling>(backend: &B, &(image, kernel, stride, padding, _): &Geometry) -> Vec<f64> {
    let padding = padding.min(kernel[0].min(kernel[1]) / 2);
    let windows = Windows::new("test", image, kernel, stride, padding).unwrap();
    let dims = ImagePoolDims { windows, first: 1, count: 3 };
    let (plane, outputs) = (image[0] * image[1], windows.positions[0] * windows.positions[1]);
    let (planes_len, result_len) = (3 + 4 * plane, 2 + 4 * outputs);
    // Few different numbers, so that there are equals.
    let drawn: Vec<_> = numbers(planes_len, 1).iter().map(|x| x.round()).collect();
    let planes = buffer(backend, &drawn);
    let mut result = buffer(backend, &numbers(result_len, 2));
    let d_result = buffer(backend, &numbers(result_len, 3));
    let mut d_planes = buffer(backend, &numbers(planes_len, 4));
    let mut means = buffer(backend, &numbers(6, 5));
    backend.max_pool_forward(dims, At(&planes, 3), At(&mut result, 2));
    backend.max_pool_backward(dims, At(&planes, 3), At(&d_result, 1), At(&mut d_planes, 2));
    backend.plane_means(At(&planes, 1), At(&mut means, 2), 4, plane);
    backend.plane_means_backward(At(&means, 1), At(&mut d_planes, 3), 4, plane);
    let parts = [(&result, result_len), (&d_planes, planes_len), (&means, 6)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

#[test]
fn pooling_agrees() {
    assert_close!(GEOMETRIES, pooling, 1e-5);
}

/// Steps, lengths of inputs and of labels, classes.
type Sequences = (usize, Vec<usize>, Vec<usize>, usize);

fn ctc<B: Ctc>(backend: &B, (steps, lengths, label_lengths, classes): &Sequences) -> Vec<f64> {
    let (batch, longest) = (lengths.len(), 40);
    let mut inputs = Packing::full(*steps, batch);
    inputs.set(lengths).unwrap();
    let dims = CtcDims { inputs: &inputs, label_lengths, longest, classes: *classes, blank: 1 };
    let (rows, states) = (inputs.rows(), 2 * longest + 1);
    // Every third label repeats the one before.
    let labels: Vec<_> = (0..batch * longest).map(|n| [0, 2, 2][n % 3]).collect();
    let labels = indices(backend, &labels);
    let logits = buffer(backend, &numbers(2 + rows * classes, 1));
    let mut log_probabilities = backend.zeros(rows * classes);
    let mut trace = CtcTrace {
        alphas: backend.zeros(rows * states),
        shifts: backend.zeros(rows),
        betas: backend.zeros(batch * states),
    };
    let mut losses = backend.zeros(batch);
    let mut weights = numbers(batch + 1, 2);
    if batch > 2 {
        weights[1 + 1] = 0.0;
    }
    let (weights, d_loss) = (buffer(backend, &weights), buffer(backend, &numbers(1, 3)));
    let mut d_logits = buffer(backend, &numbers(3 + rows * classes, 4));
    let longest_input = inputs.steps();
    for range in [0..longest_input / 2, longest_input / 2..longest_input] {
        backend.ctc_forward(dims, range, At(&logits, 2), &labels, &mut log_probabilities, &mut trace);
    }
    backend.ctc_losses(dims, &trace, &mut losses);
    for range in [longest_input / 2..longest_input, 0..longest_input / 2] {
        let (weights, d_loss, d_logits) = (At(&weights, 1), At(&d_loss, 0), At(&mut d_logits, 3));
        backend.ctc_backward(dims, range, &log_probabilities, &labels, weights, d_loss, &mut trace, d_logits);
    }
    let parts = [(&losses, batch), (&log_probabilities, rows * classes), (&d_logits, 3 + rows * classes)];
    parts.into_iter().flat_map(|(numbers, len)| host(backend, numbers, len)).collect()
}

#[test]
fn ctc_agrees() {
    assert_close!(
        [
            (1, vec![1], vec![1], 3),
            (7, vec![7, 7, 7], vec![2, 3, 1], 3),
            (9, vec![5, 9, 2, 7], vec![3, 4, 1, 2], 7),
            // One that no path has, and one of weight 0.
            (6, vec![2, 6, 3, 6], vec![3, 2, 2, 4], 31),
            // More states and classes than a workgroup has invocations.
            (100, vec![100, 61, 99], vec![40, 33, 35], 127),
        ],
        ctc,
        1e-4
    );
}
