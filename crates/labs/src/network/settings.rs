//! From an experiment's settings to the engine's.

use rnn_compute::models::CellKind;
use rnn_compute::optimise::{Adam, AdamW, OptimizerRule, RmsProp, Sgd};
use rnn_compute::{Initialisation, TrainerConfig};
use rnn_protocol::{self as protocol, Experiment, TrainingSettings};

/// The engine's cell; Elman's with tanh.
pub(crate) fn recurrent_cell(cell: protocol::CellKind) -> CellKind {
    match cell {
        protocol::CellKind::Elman => CellKind::ELMAN,
        protocol::CellKind::Lstm => CellKind::Lstm,
        protocol::CellKind::Gru => CellKind::Gru,
    }
}

/// How weights are drawn.
pub(crate) fn initialisation(kind: protocol::InitialisationKind) -> Initialisation {
    match kind {
        protocol::InitialisationKind::Pytorch => Initialisation::PyTorch,
        protocol::InitialisationKind::Xavier => Initialisation::Xavier,
        protocol::InitialisationKind::Orthogonal => Initialisation::Orthogonal,
        protocol::InitialisationKind::Identity => Initialisation::Identity,
    }
}

/// The update rule.
pub(crate) fn optimizer_rule(settings: &TrainingSettings) -> OptimizerRule {
    match settings.optimizer {
        protocol::OptimizerKind::Sgd => {
            OptimizerRule::Sgd(Sgd { momentum: f64::from(settings.momentum), ..Sgd::default() })
        }
        protocol::OptimizerKind::Rmsprop => OptimizerRule::RmsProp(RmsProp::default()),
        protocol::OptimizerKind::Adam => OptimizerRule::Adam(Adam::default()),
        protocol::OptimizerKind::Adamw => {
            let weight_decay = f64::from(settings.weight_decay);
            OptimizerRule::AdamW(AdamW { weight_decay, ..AdamW::default() })
        }
    }
}

/// How a trainer learns under an experiment's settings.
#[must_use]
pub fn trainer_config(experiment: &Experiment) -> TrainerConfig {
    let settings = &experiment.training;
    TrainerConfig {
        rule: optimizer_rule(settings),
        learning_rate: f64::from(settings.learning_rate),
        clip_norm: (settings.clip_norm > 0.0).then_some(f64::from(settings.clip_norm)),
        seed: experiment.seed,
        ..TrainerConfig::default()
    }
}
