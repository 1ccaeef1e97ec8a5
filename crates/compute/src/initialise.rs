//! How weights are drawn before the first step.

use crate::backend::Backend;
use crate::{Parameters, Random, Real, Shape, Stream};
use ndarray::Array2;

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
}

/// What a parameter is in its layer, which decides how it is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterRole {
    /// A table of vectors, `[V, E]`.
    Embedding,
    /// A table of vectors, `[V, E]`, of which one stands for no symbol and is 0 (PyTorch's `padding_idx`).
    PaddedEmbedding {
        /// Its row.
        padding: u32,
    },
    /// `weight_ih` of a recurrent layer with this many hidden units, `[G·H, I]`.
    InputWeight {
        /// H.
        hidden: usize,
    },
    /// `weight_hh` of a recurrent layer, `[G·H, H]`.
    RecurrentWeight,
    /// A bias of a recurrent layer with this many hidden units, `[G·H]`.
    RecurrentBias {
        /// H.
        hidden: usize,
    },
    /// The weight of a linear layer, `[O, I]`.
    LinearWeight,
    /// The bias of a linear layer that reads this many inputs, `[O]`, or of a convolution in which as
    /// many numbers meet in one output.
    LinearBias {
        /// I.
        inputs: usize,
    },
    /// The weight of a convolution, `[O, C, KH, KW]`.
    ConvolutionWeight,
    /// What a normalised number is multiplied by; 1 at first.
    NormScale,
    /// What is added to a normalised number; 0 at first.
    NormShift,
    /// A running mean of batch norm, which no optimiser touches; 0 at first.
    RunningMean,
    /// A running variance of batch norm, which no optimiser touches; 1 at first.
    RunningVariance,
}

impl ParameterRole {
    /// Whether optimisers change it.
    #[must_use]
    pub fn is_trained(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVariance)
    }
}

impl Initialisation {
    /// Draws every parameter from `seed`. Each has a stream of its own, so that a change of one shape
    /// leaves the others as they were.
    pub fn draw<B: Backend>(self, parameters: &mut Parameters<B>, seed: u32) {
        for (index, id) in parameters.ids().enumerate() {
            let mut random = Random::new(seed, Stream::Parameter(index as u32));
            let numbers = self.numbers(parameters.role(id), parameters.shape(id), &mut random);
            parameters.overwrite(id, &numbers);
        }
    }

    fn numbers<R: Real>(self, role: ParameterRole, shape: Shape, random: &mut Random) -> Vec<R> {
        use ParameterRole::{
            ConvolutionWeight, Embedding, InputWeight, LinearBias, LinearWeight, NormScale, NormShift,
            PaddedEmbedding, RecurrentBias, RecurrentWeight, RunningMean, RunningVariance,
        };
        let len = shape.len();
        match (self, role) {
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
            (Self::PyTorch, InputWeight { hidden } | RecurrentBias { hidden }) => {
                uniform(random, len, inverse_root(hidden))
            }
            (Self::PyTorch, RecurrentWeight | LinearWeight) => {
                uniform(random, len, inverse_root(shape.width()))
            }
            (Self::PyTorch, ConvolutionWeight) => {
                uniform(random, len, inverse_root(len / shape.dims()[0].max(1)))
            }
            (Self::PyTorch, LinearBias { inputs }) => uniform(random, len, inverse_root(inputs)),
            (_, RecurrentBias { .. } | LinearBias { .. }) => vec![R::ZERO; len],
            (_, LinearWeight) => xavier(random, shape, shape.rows()),
            (_, ConvolutionWeight) => xavier_of(random, len, convolution_fans(shape)),
            (_, InputWeight { hidden }) => xavier(random, shape, hidden),
            (Self::Xavier, RecurrentWeight) => xavier(random, shape, shape.width()),
            (Self::Orthogonal, RecurrentWeight) => (0..shape.rows() / shape.width())
                .flat_map(|_| orthogonal(random, shape.width()))
                .map(R::from_f64)
                .collect(),
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

/// Inputs and outputs of a number of a convolution `[O, C, KH, KW]`: `(C + O)·KH·KW`.
fn convolution_fans(shape: Shape) -> usize {
    let dims = shape.dims();
    (dims[0] + dims[1]) * dims[2..].iter().product::<usize>()
}

/// A random orthogonal matrix: the rows of a normally distributed one, made orthonormal one after
/// the other (modified Gram–Schmidt), which distributes it uniformly over all rotations and
/// reflections.
fn orthogonal(random: &mut Random, size: usize) -> Array2<f64> {
    let mut matrix = Array2::from_shape_simple_fn((size, size), || random.normal::<f64>());
    for row in 0..size {
        // Twice: once loses orthogonality to rounding where rows are nearly parallel.
        for _ in 0..2 {
            for earlier in 0..row {
                let dot = matrix.row(row).dot(&matrix.row(earlier));
                let projection = &matrix.row(earlier) * dot;
                let mut current = matrix.row_mut(row);
                current -= &projection;
            }
        }
        let norm = libm::sqrt(matrix.row(row).dot(&matrix.row(row)));
        matrix.row_mut(row).mapv_inplace(|x| x / norm);
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reference;
    use crate::parameters::ParameterList;

    fn drawn(scheme: Initialisation, seed: u32) -> Parameters<Reference<f64>> {
        let mut list = ParameterList::default();
        list.declare("embedding.weight", [50, 40], ParameterRole::Embedding);
        list.declare("rnn.weight_ih_l0", [64, 40], ParameterRole::InputWeight { hidden: 16 });
        list.declare("rnn.weight_hh_l0", [64, 16], ParameterRole::RecurrentWeight);
        list.declare("rnn.bias_hh_l0", [64], ParameterRole::RecurrentBias { hidden: 16 });
        list.declare("output.weight", [50, 16], ParameterRole::LinearWeight);
        let mut parameters = Parameters::new(Reference::new(), &list);
        scheme.draw(&mut parameters, seed);
        parameters
    }

    fn largest(parameters: &Parameters<Reference<f64>>, name: &str) -> f64 {
        parameters.read(parameters.find(name).unwrap()).iter().fold(0.0, |a, b| a.max(b.abs()))
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
        let weight = parameters.read(parameters.find("rnn.weight_hh_l0").unwrap());
        let weight = weight.into_shape_with_order((64, 16)).unwrap();
        for gate in 0..4 {
            let block = weight.slice(ndarray::s![gate * 16..(gate + 1) * 16, ..]);
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
            scheme.draw(&mut parameters, 1);
            for (row, numbers) in parameters.read(padded).outer_iter().enumerate() {
                assert!(numbers.iter().all(|&x| (x == 0.0) == (row == 2)), "row {row}: {numbers}");
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
