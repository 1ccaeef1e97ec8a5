//! What the image ops promise beside their numbers: work that is cut into parts equals what is written out
//! here, a batch gives what its images give one by one, a constant image gets no gradient, max pooling is
//! exact about ties and NaN, and what cannot be recorded is refused.

use rnn_compute::ops::{ConvolutionConfig, MaxPoolConfig, convolution, global_average_pool, max_pool};
use rnn_compute::{
    Backend, ComputeError, Cpu, GradientScope, Gradients, ParameterList, ParameterRole, Parameters, Pass,
    Real, Recorder, Reference, Shape, Tape, Var,
};
use rnn_tests::fixture::parameters;
use rnn_tests::formula::numbers;
use rnn_tests::golden::tensor_error;

type Outcome = Result<(), ComputeError>;

/// A convolution `[N, C, H, W]` to O channels with a square kernel.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    image: [usize; 4],
    outputs: usize,
    kernel: usize,
    config: ConvolutionConfig,
}

impl Sizes {
    /// Every product of the convolution: the places of a number of the output, of the weight and of the input.
    fn products(self) -> Vec<[usize; 3]> {
        let Self { image: [images, channels, height, width], outputs, kernel, config } = self;
        let [out_height, out_width] =
            [height, width].map(|size| (size + 2 * config.padding - kernel) / config.stride + 1);
        let mut products = vec![];
        for (n, o) in (0..images).flat_map(|n| (0..outputs).map(move |o| (n, o))) {
            for (oy, ox) in (0..out_height).flat_map(|oy| (0..out_width).map(move |ox| (oy, ox))) {
                let output = ((n * outputs + o) * out_height + oy) * out_width + ox;
                for (c, ky) in (0..channels).flat_map(|c| (0..kernel).map(move |ky| (c, ky))) {
                    for kx in 0..kernel {
                        let (y, x) = (oy * config.stride + ky, ox * config.stride + kx);
                        let (Some(y), Some(x)) =
                            (y.checked_sub(config.padding), x.checked_sub(config.padding))
                        else {
                            continue;
                        };
                        if y < height && x < width {
                            let weight = ((o * channels + c) * kernel + ky) * kernel + kx;
                            products.push([output, weight, ((n * channels + c) * height + y) * width + x]);
                        }
                    }
                }
            }
        }
        products
    }
}

/// A recorded convolution.
struct Graph<B: Backend> {
    tape: Tape<B>,
    parameters: Parameters<B>,
    input: Var,
    output: Var,
}

impl<B: Backend> Graph<B> {
    fn new(backend: &B, sizes: Sizes, is_constant: bool) -> Result<Self, ComputeError> {
        let Sizes { image, outputs, kernel, config } = sizes;
        let mut list = ParameterList::default();
        let role = ParameterRole::ConvolutionWeight;
        let weight = list.declare("weight", [outputs, image[1], kernel, kernel], role);
        let role = ParameterRole::LinearBias { inputs: image[1] * kernel * kernel };
        let bias = list.declare("bias", [outputs], role);
        let mut recorder = Recorder::new();
        let input = if is_constant { recorder.constant(image) } else { recorder.input(image) };
        let output = convolution(&mut recorder, input, (weight, list.shape(weight)), Some(bias), config)?;
        let tape = recorder.finish(backend.clone(), Gradients::Kept);
        Ok(Self { tape, parameters: parameters(backend, &list)?, input, output })
    }

    /// Forward and back; returns the parts of the backward pass.
    fn run(&mut self, input: &[f64], d_output: &[f64], scope: GradientScope) -> Result<usize, ComputeError> {
        let converted = |numbers: &[f64]| numbers.iter().map(|&x| B::Elem::from_f64(x)).collect::<Vec<_>>();
        self.tape.write(self.input, &converted(input))?;
        self.tape.forward(&mut self.parameters);
        self.tape.zero_gradients();
        self.parameters.zero_gradients();
        self.tape.write_gradient(self.output, &converted(d_output))?;
        let (mut pass, mut parts) = (Pass::backward(scope), 1);
        while !self.tape.advance(&mut pass, &mut self.parameters) {
            parts += 1;
        }
        Ok(parts)
    }

    fn parameter(&self, name: &str) -> Result<[Vec<f64>; 2], ComputeError> {
        let id = self.parameters.find(name)?;
        let both = [self.parameters.read(id), self.parameters.read_gradient(id)];
        Ok(both.map(|numbers| numbers.into_iter().map(Real::to_f64).collect()))
    }
}

fn assert_equal<R: Real>(what: &str, found: impl IntoIterator<Item = R>, expected: &[f64], tolerance: f64) {
    let error = tensor_error(found, expected);
    assert!(error <= tolerance, "{what}: error {error:.1e} above {tolerance:.0e}");
}

fn check_blocks<B: Backend>(backend: &B, sizes: Sizes, tolerance: f64) -> Outcome {
    let mut graph = Graph::new(backend, sizes, false)?;
    let x: Vec<f64> = numbers(800, graph.input.shape().len(), 1.0);
    let d_y: Vec<f64> = numbers(801, graph.output.shape().len(), 1.0);
    let parts = graph.run(&x, &d_y, GradientScope::Everything)?;
    assert!(parts >= 3, "{sizes:?} should come in several parts");
    let ([w, d_w], [b, d_b]) = (graph.parameter("weight")?, graph.parameter("bias")?);
    let plane = d_y.len() / (sizes.image[0] * sizes.outputs);
    let mut y: Vec<f64> = (0..d_y.len()).map(|place| b[place / plane % sizes.outputs]).collect();
    let (mut want_d_w, mut want_d_x, mut want_d_b) =
        (vec![0.0; w.len()], vec![0.0; x.len()], vec![0.0; b.len()]);
    for (place, d_y) in d_y.iter().enumerate() {
        want_d_b[place / plane % sizes.outputs] += d_y;
    }
    for [output, weight, input] in sizes.products() {
        y[output] += w[weight] * x[input];
        want_d_w[weight] += d_y[output] * x[input];
        want_d_x[input] += d_y[output] * w[weight];
    }
    assert_equal("y", graph.tape.read(graph.output), &y, tolerance);
    assert_equal("dx", graph.tape.read_gradient(graph.input), &want_d_x, tolerance);
    assert_equal("dW", d_w, &want_d_w, tolerance);
    assert_equal("db", d_b, &want_d_b, tolerance);
    Ok(())
}

/// Blocks that end within an image, hold several images, and hold one line.
#[test]
fn convolutions_in_blocks_equal_the_sums_written_out() -> Outcome {
    let padded = ConvolutionConfig { stride: 1, padding: 1 };
    let strided = ConvolutionConfig { stride: 2, padding: 2 };
    for sizes in [
        Sizes { image: [3, 4, 40, 37], outputs: 5, kernel: 3, config: padded },
        Sizes { image: [70, 9, 7, 6], outputs: 17, kernel: 3, config: padded },
        Sizes { image: [2, 65, 7, 90], outputs: 2, kernel: 5, config: strided },
    ] {
        check_blocks(&Reference::<f64>::new(), sizes, 1e-12)?;
        // Measured 3.3e-6, in the gradient of the bias: sums of 4,440 terms.
        check_blocks(&Cpu, sizes, 1e-5)?;
    }
    Ok(())
}

/// A line of the output takes 41 · 9 numbers of a block and, with 200 channels, 73,800 multiply-adds: 177 lines
/// fit the memory of a block, and 135 the time of a part.
#[test]
fn convolutions_are_cut_as_memory_and_time_ask() -> Outcome {
    let config = ConvolutionConfig { stride: 1, padding: 1 };
    for (images, outputs, expected) in [(4, 2, 1), (5, 2, 2), (3, 200, 1), (4, 200, 2), (5, 200, 2)] {
        let sizes = Sizes { image: [images, 1, 40, 41], outputs, kernel: 3, config };
        let mut graph = Graph::new(&Cpu, sizes, false)?;
        let [x, d_y] = [graph.input, graph.output].map(|var| vec![1.0; var.shape().len()]);
        let parts = graph.run(&x, &d_y, GradientScope::Everything)?;
        assert_eq!(parts, expected, "{} lines of {outputs} channels", 40 * images);
    }
    Ok(())
}

/// Pools that are cut by planes: the mean and the largest of planes whose numbers are known.
#[test]
fn pools_in_parts_equal_whole_ones() -> Outcome {
    let (planes, size) = (37, 400);
    let mut recorder = Recorder::new();
    let input = recorder.input([1, planes, size, size]);
    let mean = global_average_pool(&mut recorder, input)?;
    let largest = max_pool(&mut recorder, input, MaxPoolConfig::of_kernel(size))?;
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let mut parameters = Parameters::new(Cpu, &ParameterList::default());
    // Plane p holds p everywhere but for 2p + 1 at its place p.
    let ramp = |plane: usize, place: usize| if place == plane { 2 * plane + 1 } else { plane } as f32;
    let numbers = (0..planes).flat_map(|plane| (0..size * size).map(move |place| ramp(plane, place)));
    tape.write(input, &numbers.collect::<Vec<_>>())?;
    let (mut pass, mut parts) = (Pass::forward(), 1);
    while !tape.advance(&mut pass, &mut parameters) {
        parts += 1;
    }
    assert!(parts >= 10, "both should come in several parts, found {parts}");
    let ones = vec![1.0; planes];
    tape.write_gradient(mean, &ones)?;
    tape.write_gradient(largest, &ones)?;
    tape.backward(&mut parameters);
    let share = 1.0 / (size * size) as f32;
    let d_input: Vec<f32> = tape.read_gradient(input).into_iter().collect();
    for plane in 0..planes {
        let expected = plane as f32 + (plane + 1) as f32 * share;
        assert!((tape.read(mean)[[0, plane]] - expected).abs() <= 1e-6 * expected);
        assert!(tape.read(largest)[[0, plane, 0, 0]] == ramp(plane, plane));
        for (place, &number) in d_input[plane * size * size..][..size * size].iter().enumerate() {
            assert!(
                number == if place == plane { 1.0 + share } else { share },
                "{number} at {place} of {plane}"
            );
        }
    }
    Ok(())
}

#[test]
fn a_batch_gives_what_its_images_give_alone() -> Outcome {
    let config = ConvolutionConfig { stride: 2, padding: 1 };
    let together = Sizes { image: [5, 3, 7, 6], outputs: 17, kernel: 3, config };
    let mut graph = Graph::new(&Cpu, together, false)?;
    let x: Vec<f64> = numbers(802, graph.input.shape().len(), 1.0);
    let d_y: Vec<f64> = numbers(803, graph.output.shape().len(), 1.0);
    graph.run(&x, &d_y, GradientScope::Everything)?;
    let (y, d_x) = (graph.tape.read(graph.output), graph.tape.read_gradient(graph.input));
    let mut alone = Graph::new(&Cpu, Sizes { image: [1, 3, 7, 6], ..together }, false)?;
    let chunks = |numbers: &[f64], count| {
        numbers.chunks(numbers.len() / count).map(<[f64]>::to_vec).collect::<Vec<_>>()
    };
    for (index, (x, d_y)) in chunks(&x, 5).into_iter().zip(chunks(&d_y, 5)).enumerate() {
        alone.run(&x, &d_y, GradientScope::Everything)?;
        // To the last bit.
        assert!(alone.tape.read(alone.output).outer_iter().next() == y.outer_iter().nth(index));
        assert!(alone.tape.read_gradient(alone.input).outer_iter().next() == d_x.outer_iter().nth(index));
    }
    Ok(())
}

#[test]
fn gradients_that_nobody_wants_are_not_computed() -> Outcome {
    let sizes = Sizes { image: [2, 3, 5, 4], outputs: 2, kernel: 3, config: ConvolutionConfig::default() };
    let is_zero = |numbers: &[f64]| numbers.iter().all(|&number| number == 0.0);
    for (is_constant, scope) in [(false, GradientScope::Activations), (true, GradientScope::Everything)] {
        let mut graph = Graph::new(&Reference::<f64>::new(), sizes, is_constant)?;
        let (x, d_y) = (numbers::<f64>(804, 120, 1.0), numbers::<f64>(805, graph.output.shape().len(), 1.0));
        graph.run(&x, &d_y, scope)?;
        let d_x: Vec<f64> = graph.tape.read_gradient(graph.input).into_iter().collect();
        let ([_, d_w], [_, d_b]) = (graph.parameter("weight")?, graph.parameter("bias")?);
        assert_eq!([is_zero(&d_x), is_zero(&d_w), is_zero(&d_b)], [is_constant, !is_constant, !is_constant]);
    }
    Ok(())
}

#[test]
fn ties_go_to_the_first_and_nan_stays() -> Outcome {
    let mut recorder = Recorder::new();
    let input = recorder.input([1, 1, 2, 6]);
    let output = max_pool(&mut recorder, input, MaxPoolConfig::of_kernel(2))?;
    let mut tape = recorder.finish(Cpu, Gradients::Kept);
    let mut parameters = Parameters::new(Cpu, &ParameterList::default());
    let (nan, lowest) = (f32::NAN, f32::NEG_INFINITY);
    tape.write(input, &[1.0, 3.0, lowest, lowest, 5.0, nan, 3.0, 3.0, lowest, lowest, nan, 9.0])?;
    tape.forward(&mut parameters);
    tape.write_gradient(output, &[1.0, 2.0, 3.0])?;
    tape.backward(&mut parameters);
    let found: Vec<f32> = tape.read(output).into_iter().collect();
    assert_eq!(found[..2], [3.0, lowest]);
    assert!(found[2].is_nan());
    let d_input: Vec<f32> = tape.read_gradient(input).into_iter().collect();
    assert_eq!(d_input, [0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    Ok(())
}

/// What is said to a convolution of `image` with a weight of this shape.
fn refusal(image: Shape, weight: Shape, stride: usize, padding: usize) -> String {
    let mut list = ParameterList::default();
    let id = list.declare("weight", weight, ParameterRole::ConvolutionWeight);
    let mut recorder = Recorder::<Cpu>::new();
    let input = recorder.input(image);
    let config = ConvolutionConfig { stride, padding };
    let output = convolution(&mut recorder, input, (id, weight), None, config);
    output.map_or_else(|error| error.to_string(), |output| format!("accepted, as {}", output.shape()))
}

#[test]
fn convolutions_that_do_not_fit_are_refused() {
    let (image, weight) = (Shape::from([2, 3, 5, 4]), Shape::from([7, 3, 3, 3]));
    for (found, expected) in [
        (
            refusal([2, 3, 5].into(), weight, 1, 0),
            "convolution: input must have 4 dimensions, found the shape [2, 3, 5]",
        ),
        (
            refusal(image, [7, 27].into(), 1, 0),
            "convolution: weight must have 4 dimensions, found the shape [7, 27]",
        ),
        (
            refusal(image, [7, 4, 3, 3].into(), 1, 0),
            "weight must have the shape [7, 3, 3, 3], found [7, 4, 3, 3]",
        ),
        (
            refusal(image, [7, 3, 3, 7].into(), 1, 1),
            "the kernel must fit the padded image [7, 6], found [3, 7]",
        ),
        (refusal(image, weight, 0, 0), "stride must be at least 1, found 0"),
        (refusal(image, [0, 3, 3, 3].into(), 1, 0), "channels of an output must be at least 1, found 0"),
        (refusal(image, [7, 3, 0, 3].into(), 1, 0), "size of a kernel must be at least 1, found 0"),
        (refusal([0, 3, 5, 4].into(), weight, 1, 0), "batch of images must be at least 1, found 0"),
        (refusal([2, 0, 5, 4].into(), weight, 1, 0), "channels of an image must be at least 1, found 0"),
        (refusal([2, 3, 0, 4].into(), weight, 1, 2), "size of an image must be at least 1, found 0"),
    ] {
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn pools_that_do_not_fit_are_refused() {
    let refusal = |image: Shape, kernel, stride, padding| {
        let mut recorder = Recorder::<Cpu>::new();
        let input = recorder.input(image);
        let pooled = max_pool(&mut recorder, input, MaxPoolConfig { kernel, stride, padding });
        pooled.expect_err("this must not fit").to_string()
    };
    let image = Shape::from([2, 3, 5, 4]);
    for (found, expected) in [
        (refusal(image, 5, 1, 0), "max pooling: the kernel must fit the padded image [5, 4], found [5, 5]"),
        (refusal(image, 3, 1, 2), "max pooling: the padding must be at most 1, half the kernel, found 2"),
        (refusal(image, 4, 1, 3), "max pooling: the padding must be at most 2, half the kernel, found 3"),
        (refusal(image, 2, 0, 0), "stride must be at least 1, found 0"),
        (refusal(image, 0, 1, 0), "size of a kernel must be at least 1, found 0"),
        (
            refusal([6, 5, 4].into(), 2, 2, 0),
            "max pooling: input must have 4 dimensions, found the shape [6, 5, 4]",
        ),
    ] {
        assert!(found.contains(expected), "{found}");
    }
    let mut recorder = Recorder::<Cpu>::new();
    let (flat, empty) = (recorder.input([2, 3]), recorder.input([2, 3, 4, 0]));
    assert!(global_average_pool(&mut recorder, flat).is_err());
    assert!(global_average_pool(&mut recorder, empty).is_err());
}

#[test]
fn sizes_beyond_all_memory_can_be_asked_about() -> Outcome {
    let huge = usize::MAX / 2;
    for (image, kernel, padding) in [([huge; 4], 3, 1), ([huge; 4], huge, huge), ([1, 1, huge, huge], 1, 0)] {
        let mut list = ParameterList::default();
        let weight =
            list.declare("weight", [huge, image[1], kernel, kernel], ParameterRole::ConvolutionWeight);
        let mut recorder = Recorder::<Cpu>::new();
        let input = recorder.input(image);
        let config = ConvolutionConfig { stride: 1, padding };
        let output = convolution(&mut recorder, input, (weight, list.shape(weight)), None, config)?;
        max_pool(&mut recorder, output, MaxPoolConfig { kernel: huge, stride: 1, padding: huge / 2 })?;
        global_average_pool(&mut recorder, output)?;
        assert_eq!(recorder.planned_numbers(Gradients::Kept), u64::MAX);
    }
    Ok(())
}
