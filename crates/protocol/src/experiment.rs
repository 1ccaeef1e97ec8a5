//! The experiment: everything that determines a run.

use crate::race::{Budget, Rival};
use crate::{AnatomySettings, LabKind, MemorySettings};
use serde::{Deserialize, Serialize};

/// Everything that determines a run: the same experiment on the same text gives the same weights,
/// bit for bit, in every browser and on the command line.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Experiment {
    /// The task.
    pub lab: LabKind,
    /// Where its data comes from.
    pub data: DataSource,
    /// What the Memory lab has to keep in mind. The other labs do not read it.
    pub memory: MemorySettings,
    /// What the Anatomy lab reads. The other labs do not.
    pub anatomy: AnatomySettings,
    /// The network.
    pub model: ModelSettings,
    /// How it learns.
    pub training: TrainingSettings,
    /// How text is drawn from it. Does not influence training.
    pub sampling: SamplingSettings,
    /// Seeds the initial weights and, in a stream of its own, the sampling.
    pub seed: u32,
    /// When training pauses by itself.
    pub budget: Budget,
    /// Networks that train beside this one, [`crate::MAX_RIVALS`] at most.
    pub rivals: Vec<Rival>,
}

impl Experiment {
    /// The experiment that a lab is opened with.
    #[must_use]
    pub fn of(lab: LabKind) -> Self {
        let default = Self { lab, ..Self::default() };
        match lab {
            LabKind::Text => default,
            LabKind::Memory => Self {
                model: ModelSettings { hidden_size: 32, embedding_size: 8, ..default.model },
                training: TrainingSettings { learning_rate: 0.005, ..default.training },
                ..default
            },
            LabKind::Anatomy => Self {
                model: ModelSettings {
                    cell: CellKind::Elman,
                    hidden_size: 3,
                    embedding_size: 2,
                    ..default.model
                },
                training: TrainingSettings { learning_rate: 0.05, ..default.training },
                ..default
            },
        }
    }
}

/// Where a lab's data comes from. The bytes themselves travel beside the experiment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum DataSource {
    /// The data the lab is served with, or generates from the seed.
    #[default]
    Shipped,
    /// A visitor's own file or pasted text.
    Own {
        /// Its name, for the screen only.
        name: String,
    },
}

/// A recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CellKind {
    /// Elman's simple recurrent network with tanh (PyTorch's `RNN`).
    Elman,
    /// Long short-term memory.
    #[default]
    Lstm,
    /// Gated recurrent unit, reset applied after the matrix product as in PyTorch.
    Gru,
}

/// How the weights are drawn before step 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InitialisationKind {
    /// PyTorch's default: uniform within ±1/√H.
    #[default]
    Pytorch,
    /// Xavier (Glorot) uniform weights, zero biases.
    Xavier,
    /// Orthogonal recurrent weights, Xavier input weights, zero biases.
    Orthogonal,
    /// Recurrent weights that are the identity, Xavier input weights, zero biases: for networks of ReLU.
    Identity,
}

/// What an Elman network bends its sums with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NonlinearityKind {
    /// tanh.
    #[default]
    Tanh,
    /// max(0, x).
    Relu,
}

/// A rule that turns gradients into weight changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerKind {
    /// Stochastic gradient descent with momentum.
    Sgd,
    /// RMSprop.
    Rmsprop,
    /// Adam.
    #[default]
    Adam,
    /// Adam with decoupled weight decay.
    Adamw,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelSettings {
    /// The recurrent cell.
    pub cell: CellKind,
    /// Stacked recurrent layers, L.
    pub layers: u32,
    /// Units of each recurrent layer, H.
    pub hidden_size: u32,
    /// Length of the vector that stands for a symbol, E.
    pub embedding_size: u32,
    /// How the weights are drawn.
    pub initialisation: InitialisationKind,
    /// What an Elman network bends its sums with. Read by the Memory lab; in the others it is tanh.
    pub nonlinearity: NonlinearityKind,
    /// What the forget gates' bias of an LSTM is before the first step. Read by the Memory lab; in the
    /// others it is drawn with the rest.
    pub forget_bias: f32,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            cell: CellKind::Lstm,
            layers: 1,
            hidden_size: 128,
            embedding_size: 64,
            initialisation: InitialisationKind::Pytorch,
            nonlinearity: NonlinearityKind::Tanh,
            forget_bias: 1.0,
        }
    }
}

/// How the network learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainingSettings {
    /// The update rule.
    pub optimizer: OptimizerKind,
    /// Its step size.
    pub learning_rate: f32,
    /// SGD's momentum; the other optimisers do not read it.
    pub momentum: f32,
    /// AdamW's decoupled weight decay; the other optimisers do not read it.
    pub weight_decay: f32,
    /// Streams read side by side, B.
    pub batch_size: u32,
    /// Time steps of one window of truncated backpropagation through time, T.
    pub sequence_length: u32,
    /// The gradient's global norm is scaled down to this; 0 turns clipping off.
    pub clip_norm: f32,
}

impl Default for TrainingSettings {
    fn default() -> Self {
        Self {
            optimizer: OptimizerKind::Adam,
            learning_rate: 0.002,
            momentum: 0.9,
            weight_decay: 0.01,
            batch_size: 32,
            sequence_length: 64,
            clip_norm: 1.0,
        }
    }
}

/// How text is drawn from the network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SamplingSettings {
    /// Divides the logits before the softmax: below 1 bolder, above 1 wilder.
    pub temperature: f32,
}

impl Default for SamplingSettings {
    fn default() -> Self {
        Self { temperature: 0.8 }
    }
}
