//! What each workload does in a step: forward, loss, backward, clipping, Adam; or one token.

use crate::network::{Cell, Network, Sizes};
use burn::grad_clipping::GradientClippingConfig;
use burn::nn::LstmState;
use burn::nn::loss::{BinaryCrossEntropyLossConfig, CrossEntropyLossConfig, MseLoss, Reduction};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rnn_bench::pattern::{BATCHES, label, reading, symbol};

const LEARNING_RATE: f64 = 3e-3;
const CLIP_NORM: f32 = 1.0;

/// What is read and predicted.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Symbols in, the next symbol at every step.
    Language,
    /// Symbols in, one of two classes.
    Sentiment,
    /// Numbers in, the number after the last step.
    Forecast,
    /// Symbols as one-hot vectors in, the next symbol at every step.
    OneHot,
    /// One symbol in, the next one out.
    Generation,
}

/// A workload in progress.
pub struct Task {
    kind: Kind,
    sizes: Sizes,
    batch: usize,
    steps: usize,
    device: Device,
    network: Option<Network>,
    optimizer: ModuleOptimizer,
    state: Option<LstmState<2>>,
    token: i32,
    taken: usize,
}

impl Task {
    /// A workload by its name, which is known.
    pub fn new(name: &str) -> Self {
        let lstm = |vocabulary, inputs, hidden, layers| Sizes {
            cell: Cell::Lstm,
            vocabulary,
            inputs,
            hidden,
            layers,
            dropout: 0.0,
            outputs: vocabulary,
        };
        let w1 = lstm(64, 64, 128, 1);
        let (kind, sizes, batch, steps) = match name {
            "W1" => (Kind::Language, w1, 32, 64),
            "W2" => (Kind::Language, lstm(40, 32, 64, 1), 16, 32),
            "W3" => (Kind::Language, lstm(88, 64, 256, 2), 32, 100),
            "W4" => {
                let cell = Cell::BidirectionalLstm;
                let sizes = Sizes { cell, dropout: 0.5, outputs: 1, ..lstm(10_000, 100, 256, 2) };
                (Kind::Sentiment, sizes, 32, 50)
            }
            "W5" => (Kind::Forecast, Sizes { cell: Cell::Gru, outputs: 1, ..lstm(0, 1, 50, 1) }, 32, 48),
            "W6" => (Kind::OneHot, Sizes { cell: Cell::Elman, outputs: 50, ..lstm(0, 50, 100, 1) }, 32, 64),
            _ => (Kind::Generation, w1, 1, 1),
        };
        let device = match kind {
            Kind::Generation => Device::flex(),
            _ => Device::flex().autodiff(),
        };
        let clipping = GradientClippingConfig::Norm(CLIP_NORM);
        let adam = AdamConfig::new().with_epsilon(1e-8).with_grad_clipping(Some(clipping));
        let state = LstmState::new(
            Tensor::zeros([1, sizes.hidden], &device),
            Tensor::zeros([1, sizes.hidden], &device),
        );
        Self {
            kind,
            network: Some(Network::new(&sizes, &device)),
            optimizer: adam.init(),
            state: Some(state),
            sizes,
            batch,
            steps,
            device,
            token: 0,
            taken: 0,
        }
    }

    /// Takes a step.
    ///
    /// # Panics
    /// If the loss is not finite.
    pub fn step(&mut self) {
        let network = self.network.take().expect("a step ends with a network");
        let network = match self.kind {
            Kind::Generation => {
                self.generate(&network);
                network
            }
            _ => self.train(network),
        };
        self.network = Some(network);
        self.taken += 1;
    }

    fn train(&mut self, network: Network) -> Network {
        let loss = self.loss(&network);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        let loss: f32 = loss.into_scalar();
        assert!(loss.is_finite(), "the loss of step {} is {loss}", self.taken + 1);
        self.optimizer.step(LEARNING_RATE, network, gradients)
    }

    fn loss(&self, network: &Network) -> Tensor<1> {
        let device = &self.device;
        let (rows, outputs) = (self.batch * self.steps, self.sizes.outputs);
        let every_step = |hidden: Tensor<3>| {
            let scores = network.score(hidden).reshape([rows, outputs]);
            let targets = self.symbols(1, outputs).reshape([rows]);
            CrossEntropyLossConfig::new().init(device).forward(scores, targets)
        };
        match self.kind {
            Kind::Language | Kind::Generation => {
                every_step(network.recur(network.embed(self.symbols(0, self.sizes.vocabulary))))
            }
            Kind::OneHot => {
                let vectors = self.symbols(0, outputs).one_hot::<3>(outputs).float();
                every_step(network.recur(vectors))
            }
            Kind::Sentiment => {
                let vectors = network.embed(self.symbols(0, self.sizes.vocabulary));
                let scores = network.score(network.recur_to_end(vectors));
                let labels: Vec<i32> = (0..self.batch).map(|sequence| label(sequence) as i32).collect();
                let labels = Tensor::<2, Int>::from_data(TensorData::new(labels, [self.batch, 1]), device);
                BinaryCrossEntropyLossConfig::new().with_logits(true).init(device).forward(scores, labels)
            }
            Kind::Forecast => {
                let predicted = network.score(network.recur_to_end(self.readings(0..self.steps)));
                let targets = self.readings(self.steps..self.steps + 1).reshape([self.batch, 1]);
                MseLoss::new().forward(predicted, targets, Reduction::Mean)
            }
        }
    }

    /// `[B, T]`, `shift` steps later.
    fn symbols(&self, shift: usize, vocabulary: usize) -> Tensor<2, Int> {
        let batch = self.taken % BATCHES;
        let of_sequence = |sequence| {
            (shift..self.steps + shift).map(move |step| symbol(batch, sequence, step, vocabulary) as i32)
        };
        let symbols: Vec<i32> = (0..self.batch).flat_map(of_sequence).collect();
        Tensor::from_data(TensorData::new(symbols, [self.batch, self.steps]), &self.device)
    }

    /// `[B, count of steps, 1]`.
    fn readings(&self, steps: std::ops::Range<usize>) -> Tensor<3> {
        let batch = self.taken % BATCHES;
        let of_sequence = |sequence| steps.clone().map(move |step| reading(batch, sequence, step));
        let readings: Vec<f32> = (0..self.batch).flat_map(of_sequence).collect();
        Tensor::from_data(TensorData::new(readings, [self.batch, steps.len(), 1]), &self.device)
    }

    /// Reads a token and draws the next one.
    fn generate(&mut self, network: &Network) {
        let token = Tensor::<2, Int>::from_data(TensorData::new(vec![self.token], [1, 1]), &self.device);
        let state = self.state.take().expect("a token ends with a state");
        let (scores, state) = network.token(token, state);
        self.state = Some(state);
        let scores: Vec<f32> = scores.into_data().try_to_vec().expect("scores are f32");
        self.token = draw(&scores, unit(self.taken));
    }
}

/// An index with probability proportional to the exponential of its score.
fn draw(scores: &[f32], unit: f32) -> i32 {
    let largest = scores.iter().copied().fold(f32::MIN, f32::max);
    let weights: Vec<f32> = scores.iter().map(|score| (score - largest).exp()).collect();
    let mut left = unit * weights.iter().sum::<f32>();
    let drawn = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    drawn.unwrap_or(0) as i32
}

/// A number in `[0, 1)` that jumps about: the golden ratio's multiples.
fn unit(index: usize) -> f32 {
    (index as f64 * 0.618_033_988_749_895).fract() as f32
}
