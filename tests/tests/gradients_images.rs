//! Every gradient of the image ops equals central differences, in `f64`: convolutions with strides, padding and
//! odd sizes, pooling, and all of them in a row.
//!
//! Tolerance: relative error below 1e-5, as in `gradients.rs`. Largest error measured: 5.5e-10.

use rnn_compute::ops::{ConvolutionConfig, MaxPoolConfig, convolution, global_average_pool, max_pool};
use rnn_compute::{ComputeError, ParameterId, ParameterList, ParameterRole, Recorder, Reference, Var};
use rnn_tests::gradient_check::Subject;

type Outcome = Result<(), ComputeError>;
type Recording = Recorder<Reference<f64>>;

/// `[N, C, H, W]`, `[O, KH, KW]`, stride and padding.
const CONVOLUTIONS: [([usize; 4], [usize; 3], [usize; 2]); 14] = [
    ([1, 1, 1, 1], [1, 1, 1], [1, 0]),
    ([2, 3, 5, 7], [2, 3, 3], [1, 0]),
    ([2, 3, 5, 7], [2, 3, 3], [1, 1]),
    ([1, 2, 7, 5], [3, 3, 3], [2, 1]),
    ([3, 1, 4, 4], [1, 2, 2], [2, 0]),
    // The last lines are reached by no window.
    ([1, 2, 6, 8], [2, 3, 3], [2, 0]),
    ([2, 2, 3, 3], [33, 1, 1], [1, 0]),
    ([2, 2, 5, 3], [3, 1, 1], [2, 1]),
    ([1, 3, 4, 6], [2, 1, 3], [1, 1]),
    ([1, 3, 6, 4], [2, 5, 2], [1, 2]),
    // The kernel is larger than the image, and covers it whole.
    ([2, 1, 2, 3], [2, 4, 5], [1, 1]),
    ([2, 2, 3, 4], [5, 3, 4], [1, 0]),
    // Windows that see nothing but padding, and strides that leave numbers out.
    ([1, 2, 2, 2], [2, 2, 2], [1, 3]),
    ([2, 1, 7, 7], [2, 2, 2], [3, 1]),
];

/// `[N, C, H, W]` and the kernel, stride and padding of a pool.
const POOLS: [([usize; 4], [usize; 3]); 9] = [
    ([1, 1, 1, 1], [1, 1, 0]),
    ([2, 3, 4, 6], [2, 2, 0]),
    // Ragged: the last line and column are reached by no window.
    ([1, 2, 5, 7], [2, 2, 0]),
    // Windows that overlap.
    ([2, 2, 5, 5], [3, 1, 0]),
    ([1, 3, 7, 6], [3, 2, 1]),
    ([2, 1, 5, 7], [3, 2, 0]),
    ([1, 2, 3, 3], [2, 1, 1]),
    ([3, 1, 3, 5], [5, 2, 2]),
    ([1, 2, 8, 8], [2, 3, 0]),
];

/// A convolution, with a bias or without.
fn record(
    recorder: &mut Recording,
    list: &mut ParameterList,
    input: Var,
    [outputs, height, width]: [usize; 3],
    [stride, padding]: [usize; 2],
    has_bias: bool,
) -> Result<Var, ComputeError> {
    let channels = input.shape().dims()[1];
    let name = |what| format!("convolution{}.{what}", list.count());
    let (weight_name, bias_name) = (name("weight"), name("bias"));
    let weight =
        list.declare(weight_name, [outputs, channels, height, width], ParameterRole::ConvolutionWeight);
    let role = ParameterRole::LinearBias { inputs: channels * height * width };
    let bias: Option<ParameterId> = has_bias.then(|| list.declare(bias_name, [outputs], role));
    convolution(recorder, input, (weight, list.shape(weight)), bias, ConvolutionConfig { stride, padding })
}

/// Numbers of which no two are closer than the differences reach: max pooling has a kink where two are equal.
fn distinct(len: usize) -> Vec<f64> {
    let step = [37, 41, 43].into_iter().find(|&step| !len.is_multiple_of(step)).unwrap_or(1);
    (0..len).map(|index| (index * step % len) as f64 * 0.03 - 1.0).collect()
}

#[test]
fn convolution_gradients_equal_differences() -> Outcome {
    for (image, kernel, moves) in CONVOLUTIONS {
        for has_bias in [true, false] {
            let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
            let input = recorder.input(image);
            let output = record(&mut recorder, &mut list, input, kernel, moves, has_bias)?;
            let expected = input.shape().len() + list.count() as usize;
            let subject = Subject::new(recorder, &list, &[input], &[output])?;
            let what = format!("{kernel:?} over {image:?}, stride and padding {moves:?}, bias: {has_bias}");
            subject.assert(&what, expected)?;
        }
    }
    Ok(())
}

#[test]
fn gradients_of_a_part_of_a_batch_equal_differences() -> Outcome {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let images = recorder.input([4, 2, 5, 4]);
    let seen = images.slice(1, 2);
    let convolved = record(&mut recorder, &mut list, seen, [3, 3, 2], [1, 1], true)?;
    let outputs = [
        convolved,
        max_pool(&mut recorder, seen, MaxPoolConfig::of_kernel(2))?,
        global_average_pool(&mut recorder, seen)?,
    ];
    let expected = images.shape().len() + list.count() as usize;
    let mut subject = Subject::new(recorder, &list, &[images], &outputs)?;
    subject.tape.write(images, &distinct(images.shape().len()))?;
    subject.assert("two images of four", expected)
}

#[test]
fn max_pool_gradients_equal_differences() -> Outcome {
    for (image, [kernel, stride, padding]) in POOLS {
        let mut recorder = Recorder::new();
        let input = recorder.input(image);
        let output = max_pool(&mut recorder, input, MaxPoolConfig { kernel, stride, padding })?;
        let mut subject = Subject::new(recorder, &ParameterList::default(), &[input], &[output])?;
        let len = input.shape().len();
        subject.tape.write(input, &distinct(len))?;
        let what = format!("max pooling of {image:?}, kernel {kernel}, stride {stride}, padding {padding}");
        subject.assert(&what, len)?;
    }
    Ok(())
}

#[test]
fn global_average_pool_gradients_equal_differences() -> Outcome {
    for image in [[1, 1, 1, 1], [2, 3, 5, 7], [3, 2, 1, 9], [5, 7, 2, 2]] {
        let mut recorder = Recorder::new();
        let input = recorder.input(image);
        let output = global_average_pool(&mut recorder, input)?;
        let subject = Subject::new(recorder, &ParameterList::default(), &[input], &[output])?;
        subject.assert(&format!("global average pooling of {image:?}"), input.shape().len())?;
    }
    Ok(())
}

/// Convolution, pool, convolution with a stride, mean: an encoder of images.
#[test]
fn gradients_through_an_encoder_equal_differences() -> Outcome {
    let (mut list, mut recorder) = (ParameterList::default(), Recorder::new());
    let input = recorder.input([2, 3, 9, 7]);
    let first = record(&mut recorder, &mut list, input, [4, 3, 3], [1, 1], true)?;
    let pooled = max_pool(&mut recorder, first, MaxPoolConfig::of_kernel(2))?;
    let second = record(&mut recorder, &mut list, pooled, [5, 2, 3], [2, 1], false)?;
    let output = global_average_pool(&mut recorder, second)?;
    let expected = input.shape().len() + list.count() as usize;
    Subject::new(recorder, &list, &[input], &[output, second])?.assert("an encoder", expected)
}
