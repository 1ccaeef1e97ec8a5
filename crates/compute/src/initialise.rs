//! How weights are drawn before the first step.

use crate::backend::Backend;
use crate::orthogonal::orthogonal;
use crate::parameter_role::ParameterRole;
use crate::{Parameters, Random, Real, Shape, Stream};
use std::ops::Range;

/// A scheme for drawing initial weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Initialisation {
    /// PyTorch's defaults: embeddings standard normal, recurrent layers uniform within ±1/√H, linear
    /// layers uniform within ±1/√I, biases alike.
    #[default]
    PyTorch,
    /// Xavier uniform (Glorot and Bengio, 2010): within ±√(6 / (inputs + outputs)), each gate by itself;
    /// biases 0. Embeddings as in PyTorch.
    Xavier,
    /// Orthogonal recurrent weights, each gate by itself (Saxe, McClelland and Ganguli, 2014); the rest
    /// as Xavier.
    Orthogonal,
    /// He normal (He, Zhang, Ren and Sun, 2015; PyTorch's `kaiming_normal_`), for networks of ReLU: of
    /// variance 2 / inputs; biases 0. Embeddings as in PyTorch.
    He,
    /// Recurrent weights that are a multiple of the identity, each gate by itself (Le, Jaitly and Hinton,
    /// 2015), for recurrent networks of ReLU; the rest as Xavier.
    Identity,
}

/// A scheme and what may be set apart from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InitialisationConfig {
    /// The scheme.
    pub scheme: Initialisation,
    /// The diagonal that [`Initialisation::Identity`] gives to recurrent weights: 1 in the paper, a
    /// little less where long memories do harm.
    pub identity_scale: f64,
    /// The bias of every LSTM's forget gate (Gers, Schmidhuber and Cummins, 2000; Jozefowicz, Zaremba
    /// and Sutskever, 2015, advise 1), whatever the scheme. An LSTM has two biases that add up: the
    /// forget block of `bias_ih` is set to this, that of `bias_hh` to 0.
    pub forget_bias: Option<f64>,
}

/// PyTorch's.
impl Default for InitialisationConfig {
    fn default() -> Self {
        Initialisation::default().into()
    }
}

/// The scheme as it is in its paper.
impl From<Initialisation> for InitialisationConfig {
    fn from(scheme: Initialisation) -> Self {
        Self { scheme, identity_scale: 1.0, forget_bias: None }
    }
}

impl Initialisation {
    /// Draws every parameter from `seed`, see [`InitialisationConfig::draw`].
    pub fn draw<B: Backend>(self, parameters: &mut Parameters<B>, seed: u32) {
        InitialisationConfig::from(self).draw(parameters, seed);
    }
}

impl InitialisationConfig {
    /// Draws every parameter from `seed`. Each has a stream of its own, so that a change of one shape
    /// leaves the others as they were.
    pub fn draw<B: Backend>(self, parameters: &mut Parameters<B>, seed: u32) {
        for (index, id) in parameters.ids().enumerate() {
            let mut random = Random::new(seed, Stream::Parameter(index as u32));
            let mut numbers = self.numbers(parameters.role(id), parameters.shape(id), &mut random);
            if let Some((block, bias)) =
                self.forget_block(parameters.role(id), numbers.len(), parameters.name(id))
                && let Some(block) = numbers.get_mut(block)
            {
                block.fill(Real::from_f64(bias));
            }
            parameters.overwrite(id, &numbers);
        }
    }

    /// What an LSTM's bias `[4·H]`, whose gates are i f g o, shall hold in the forget gate's block.
    fn forget_block(self, role: ParameterRole, len: usize, name: &str) -> Option<(Range<usize>, f64)> {
        let (bias, ParameterRole::RecurrentBias { hidden }) = (self.forget_bias?, role) else {
            return None;
        };
        let is_lstm = len == hidden.saturating_mul(4);
        let is_of_input = name.rsplit('.').next().is_some_and(|name| name.starts_with("bias_ih"));
        is_lstm.then_some((hidden..2 * hidden, if is_of_input { bias } else { 0.0 }))
    }

    fn numbers<R: Real>(self, role: ParameterRole, shape: Shape, random: &mut Random) -> Vec<R> {
        use Initialisation::{He, Identity, Orthogonal, PyTorch, Xavier};
        use ParameterRole::{
            ConvolutionWeight, Embedding, InputWeight, LinearBias, LinearWeight, NormScale, NormShift,
            PaddedEmbedding, RecurrentBias, RecurrentWeight, RunningMean, RunningVariance,
        };
        let len = shape.len();
        match (self.scheme, role) {
            (_, NormScale | RunningVariance) => vec![R::ONE; len],
            (_, NormShift | RunningMean) => vec![R::ZERO; len],
            (_, Embedding) => (0..len).map(|_| random.normal()).collect(),
            (_, PaddedEmbedding { padding }) => {
                let mut table: Vec<R> = (0..len).map(|_| random.normal()).collect();
                if let Some(row) = table.chunks_mut(shape.width().max(1)).nth(padding as usize) {
                    row.fill(R::ZERO);
                }
                table
            }
            (PyTorch, InputWeight { hidden } | RecurrentBias { hidden }) => {
                uniform(random, len, inverse_root(hidden))
            }
            (PyTorch, RecurrentWeight | LinearWeight) => uniform(random, len, inverse_root(shape.width())),
            (PyTorch, ConvolutionWeight) => uniform(random, len, inverse_root(len / shape.dims()[0].max(1))),
            (PyTorch, LinearBias { inputs }) => uniform(random, len, inverse_root(inputs)),
            (He, InputWeight { .. } | RecurrentWeight | LinearWeight) => he(random, len, shape.width()),
            (He, ConvolutionWeight) => he(random, len, len / shape.dims()[0].max(1)),
            (_, RecurrentBias { .. } | LinearBias { .. }) => vec![R::ZERO; len],
            (_, LinearWeight) => xavier(random, shape, shape.rows()),
            (_, ConvolutionWeight) => xavier_of(random, len, convolution_fans(shape)),
            (_, InputWeight { hidden }) => xavier(random, shape, hidden),
            (Xavier, RecurrentWeight) => xavier(random, shape, shape.width()),
            // Whole square blocks, one a gate; where rows are left, the first of another.
            (Orthogonal, RecurrentWeight) => {
                let gates = shape.rows().div_ceil(shape.width().max(1));
                let draw = |_| orthogonal(random, shape.width());
                (0..gates).flat_map(draw).take(len).map(R::from_f64).collect()
            }
            (Identity, RecurrentWeight) => {
                let scale = R::from_f64(self.identity_scale);
                let width = shape.width().max(1);
                let at = |index| if index / width % width == index % width { scale } else { R::ZERO };
                (0..len).map(at).collect()
            }
        }
    }
}

fn inverse_root(size: usize) -> f64 {
    1.0 / libm::sqrt(size as f64)
}

fn uniform<R: Real>(random: &mut Random, len: usize, bound: f64) -> Vec<R> {
    (0..len).map(|_| random.uniform(-bound, bound)).collect()
}

/// `outputs` are those of one gate: the gates of a cell are layers side by side.
fn xavier<R: Real>(random: &mut Random, shape: Shape, outputs: usize) -> Vec<R> {
    xavier_of(random, shape.len(), shape.width() + outputs)
}

/// `fans` is the sum of inputs and outputs.
fn xavier_of<R: Real>(random: &mut Random, len: usize, fans: usize) -> Vec<R> {
    uniform(random, len, libm::sqrt(6.0 / fans as f64))
}

fn he<R: Real>(random: &mut Random, len: usize, inputs: usize) -> Vec<R> {
    let deviation = libm::sqrt(2.0 / inputs as f64);
    (0..len).map(|_| R::from_f64(deviation * random.normal::<f64>())).collect()
}

/// Inputs and outputs of a number of a convolution `[O, C, KH, KW]`: `(C + O)·KH·KW`.
fn convolution_fans(shape: Shape) -> usize {
    let dims = shape.dims();
    (dims[0] + dims[1]) * dims[2..].iter().product::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reference;
    use crate::parameters::ParameterList;
    use ndarray::{Array2, s};

    fn drawn(config: impl Into<InitialisationConfig>, seed: u32) -> Parameters<Reference<f64>> {
        let mut list = ParameterList::default();
        list.declare("embedding.weight", [50, 40], ParameterRole::Embedding);
        list.declare("rnn.weight_ih_l0", [64, 40], ParameterRole::InputWeight { hidden: 16 });
        list.declare("rnn.weight_hh_l0", [64, 16], ParameterRole::RecurrentWeight);
        list.declare("rnn.bias_ih_l0", [64], ParameterRole::RecurrentBias { hidden: 16 });
        list.declare("rnn.bias_hh_l0", [64], ParameterRole::RecurrentBias { hidden: 16 });
        list.declare("gru.bias_ih_l0", [48], ParameterRole::RecurrentBias { hidden: 16 });
        list.declare("output.weight", [50, 16], ParameterRole::LinearWeight);
        let mut parameters = Parameters::new(Reference::new(), &list);
        config.into().draw(&mut parameters, seed);
        parameters
    }

    fn read(parameters: &Parameters<Reference<f64>>, name: &str) -> Vec<f64> {
        parameters.read(parameters.find(name).unwrap()).into_iter().collect()
    }

    fn largest(parameters: &Parameters<Reference<f64>>, name: &str) -> f64 {
        read(parameters, name).into_iter().fold(0.0, |a, b| a.max(b.abs()))
    }

    #[test]
    fn each_scheme_keeps_to_its_bounds_and_fills_them() {
        let pytorch = drawn(Initialisation::PyTorch, 1);
        let xavier = drawn(Initialisation::Xavier, 1);
        let cases = [
            (largest(&pytorch, "rnn.weight_ih_l0"), 0.25),
            (largest(&pytorch, "output.weight"), 0.25),
            (largest(&xavier, "rnn.weight_ih_l0"), (6.0_f64 / (40.0 + 16.0)).sqrt()),
            (largest(&xavier, "rnn.weight_hh_l0"), (6.0_f64 / 32.0).sqrt()),
            (largest(&xavier, "output.weight"), (6.0_f64 / 66.0).sqrt()),
        ];
        for (found, bound) in cases {
            assert!(found <= bound && found > 0.98 * bound, "{found} against {bound}");
        }
        assert_eq!(largest(&xavier, "rnn.bias_hh_l0"), 0.0);
    }

    #[test]
    fn orthogonal_gates_keep_every_length() {
        let parameters = drawn(Initialisation::Orthogonal, 5);
        let weight = read(&parameters, "rnn.weight_hh_l0");
        let weight = Array2::from_shape_vec((64, 16), weight).unwrap();
        for gate in 0..4 {
            let block = weight.slice(s![gate * 16..(gate + 1) * 16, ..]);
            let error = block.dot(&block.t()) - Array2::<f64>::eye(16);
            assert!(error.iter().all(|x| x.abs() < 1e-14));
        }
    }

    #[test]
    fn only_the_padding_row_of_a_table_is_zero() {
        let mut list = ParameterList::default();
        let padded = list.declare("padded", [5, 3], ParameterRole::PaddedEmbedding { padding: 2 });
        let mut parameters = Parameters::new(Reference::<f64>::new(), &list);
        for scheme in [Initialisation::PyTorch, Initialisation::Xavier, Initialisation::Orthogonal] {
            InitialisationConfig::from(scheme).draw(&mut parameters, 1);
            for (row, numbers) in parameters.read(padded).outer_iter().enumerate() {
                assert!(numbers.iter().all(|&x| (x == 0.0) == (row == 2)), "row {row}: {numbers}");
            }
        }
    }

    #[test]
    fn he_has_the_variance_of_relu() {
        let parameters = drawn(Initialisation::He, 2);
        for (name, inputs) in
            [("rnn.weight_ih_l0", 40.0), ("rnn.weight_hh_l0", 16.0), ("output.weight", 16.0)]
        {
            let numbers = read(&parameters, name);
            let mean_square = numbers.iter().map(|x| x * x).sum::<f64>() / numbers.len() as f64;
            // Three standard errors of the share, √(2 / n) each, n at least 800.
            assert!((mean_square * inputs / 2.0 - 1.0).abs() < 0.15, "{name}: {mean_square}");
        }
        assert_eq!(largest(&parameters, "rnn.bias_ih_l0"), 0.0);
    }

    #[test]
    fn identity_gates_repeat_their_input() {
        let config = InitialisationConfig {
            identity_scale: 0.5,
            ..InitialisationConfig::from(Initialisation::Identity)
        };
        let weight = read(&drawn(config, 2), "rnn.weight_hh_l0");
        let weight = Array2::from_shape_vec((64, 16), weight).unwrap();
        for gate in 0..4 {
            assert_eq!(weight.slice(s![gate * 16..(gate + 1) * 16, ..]), Array2::<f64>::eye(16) * 0.5);
        }
    }

    #[test]
    fn the_forget_bias_is_set_once_and_nothing_else_is() {
        for scheme in [Initialisation::PyTorch, Initialisation::Xavier, Initialisation::Orthogonal] {
            let plain = drawn(scheme, 3);
            let config = InitialisationConfig { forget_bias: Some(1.5), ..scheme.into() };
            let biased = drawn(config, 3);
            for (name, forget) in [("rnn.bias_ih_l0", 1.5), ("rnn.bias_hh_l0", 0.0)] {
                let mut expected = read(&plain, name);
                expected[16..32].fill(forget);
                assert_eq!(read(&biased, name), expected, "{scheme:?}: {name}");
            }
            for name in ["rnn.weight_hh_l0", "gru.bias_ih_l0", "output.weight"] {
                assert_eq!(read(&biased, name), read(&plain, name), "{scheme:?}: {name}");
            }
        }
    }

    #[test]
    fn the_seed_decides() {
        let name = "rnn.weight_ih_l0";
        let [a, b, c] = [1, 1, 2].map(|seed| {
            let parameters = drawn(Initialisation::PyTorch, seed);
            parameters.read(parameters.find(name).unwrap())
        });
        assert_eq!(a, b);
        assert_ne!(a, c);
    }
}
