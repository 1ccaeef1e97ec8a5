//! What PyTorch computed: the files that `goldens/make_goldens.py` writes.

use crate::files::file_of_tests;
use rnn_compute::Real;
use rnn_compute::models::{CellKind, LanguageModelConfig, Window};
use rnn_compute::optimise::{Adam, AdamW, OptimizerRule, RmsProp, Sgd};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::{fs, io};

/// Tensors by parameter name, row-major.
pub type Named = BTreeMap<String, Vec<f64>>;

/// One file: a model and what PyTorch made of it.
#[derive(Debug, Deserialize)]
pub struct Golden {
    cell: Cell,
    sizes: Sizes,
    /// One forward and backward pass, in the files that have it.
    pub pass: Option<OnePass>,
    /// A training run.
    pub training: TrainingRun,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cell {
    Elman,
    Lstm,
    Gru,
}

#[derive(Debug, Deserialize)]
struct Sizes {
    vocabulary: usize,
    embedding: usize,
    hidden: usize,
    layers: usize,
    steps: usize,
    batch: usize,
}

/// One pass from the states of [`crate::fixture::Fixture::new`].
#[derive(Debug, Deserialize)]
pub struct OnePass {
    /// Symbols read, `[T, B]`.
    pub tokens: Vec<u32>,
    /// Symbols to be predicted, `[T, B]`.
    pub targets: Vec<u32>,
    /// How much each prediction counts, `[T·B]`.
    pub loss_weights: Vec<f64>,
    /// `[T, B, V]`.
    pub logits: Vec<f64>,
    /// In nats.
    pub loss: f64,
    /// For each layer h and, for the LSTM, c after the last step, `[B, H]`.
    pub final_states: Vec<Vec<Vec<f64>>>,
    /// ∂L of every parameter.
    pub gradients: Named,
    /// ∂L of each layer's initial h and c, `[B, H]`.
    pub initial_state_gradients: Vec<Vec<Vec<f64>>>,
    /// ∂L/∂h_t of each layer, `[T, B, H]`.
    pub hidden_gradients: Vec<Vec<f64>>,
}

/// A training run from weights by formula and a zero state that is carried from window to window.
#[derive(Debug, Deserialize)]
pub struct TrainingRun {
    optimizer: Optimizer,
    /// Step size.
    pub learning_rate: f64,
    /// The gradient's global norm is scaled down to this.
    pub clip_norm: f64,
    /// What each step reads.
    pub windows: Vec<TrainingWindow>,
    /// The mean loss of each step, in nats.
    pub losses: Vec<f64>,
    /// The gradient's global norm at each step, before clipping.
    pub grad_norms: Vec<f64>,
    /// The parameters after the last step.
    pub final_weights: Named,
}

/// What one training step reads and must predict, `[T, B]`.
#[derive(Debug, Deserialize)]
pub struct TrainingWindow {
    /// Symbols read.
    pub tokens: Vec<u32>,
    /// The symbols that follow.
    pub targets: Vec<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
enum Optimizer {
    Sgd { momentum: f64 },
    RmsProp,
    Adam,
    AdamW { weight_decay: f64 },
}

impl Golden {
    /// Reads `goldens/{name}.json`.
    ///
    /// # Errors
    /// If there is no such file or it holds something else.
    pub fn load(name: &str) -> io::Result<Self> {
        let path = file_of_tests(&format!("goldens/{name}.json"));
        Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
    }

    /// The model's sizes.
    #[must_use]
    pub fn config(&self) -> LanguageModelConfig {
        let cell = match self.cell {
            Cell::Elman => CellKind::ELMAN,
            Cell::Lstm => CellKind::Lstm,
            Cell::Gru => CellKind::Gru,
        };
        let Sizes { vocabulary, embedding, hidden, layers, .. } = self.sizes;
        LanguageModelConfig::new(cell, vocabulary, embedding, hidden, layers)
    }

    /// The window it reads.
    #[must_use]
    pub fn window(&self) -> Window {
        Window { steps: self.sizes.steps, batch: self.sizes.batch }
    }
}

impl TrainingRun {
    /// How the weights are updated.
    #[must_use]
    pub fn rule(&self) -> OptimizerRule {
        match self.optimizer {
            Optimizer::Sgd { momentum } => OptimizerRule::Sgd(Sgd { momentum, ..Sgd::default() }),
            Optimizer::RmsProp => OptimizerRule::RmsProp(RmsProp::default()),
            Optimizer::Adam => OptimizerRule::Adam(Adam::default()),
            Optimizer::AdamW { weight_decay } => {
                OptimizerRule::AdamW(AdamW { weight_decay, ..AdamW::default() })
            }
        }
    }
}

/// The largest difference between two tensors, measured against the largest number of `expected`.
/// Infinite if they differ in length or a number is not finite.
#[must_use]
pub fn tensor_error<R: Real>(found: impl IntoIterator<Item = R>, expected: &[f64]) -> f64 {
    let found: Vec<f64> = found.into_iter().map(R::to_f64).collect();
    if found.len() != expected.len() || found.iter().any(|number| !number.is_finite()) {
        return f64::INFINITY;
    }
    let largest = expected.iter().fold(f64::MIN_POSITIVE, |largest, number| largest.max(number.abs()));
    let differences = found.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
    differences.fold(0.0, f64::max) / largest
}
