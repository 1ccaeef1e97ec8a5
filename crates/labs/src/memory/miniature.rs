//! The miniature of the Memory lab: 16 units that copy a symbol over 14 steps.

use crate::miniature::MiniaturePlan;
use rnn_protocol::{Experiment, LabKind};

/// Learnt within a minute of looking on, from chance to all of it.
pub(crate) fn miniature() -> MiniaturePlan {
    let mut experiment = Experiment::of(LabKind::Memory);
    experiment.model.hidden_size = 16;
    experiment.model.embedding_size = 8;
    experiment.memory.delay = 14;
    experiment.training.batch_size = 16;
    experiment.training.learning_rate = 0.004;
    MiniaturePlan { experiment, steps: 1_500, evaluate_every: Some(25), ..MiniaturePlan::default() }
}
