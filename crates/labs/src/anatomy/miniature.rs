//! The miniature of the Anatomy lab: three units that learn “hello world” by heart.

use crate::miniature::MiniaturePlan;
use rnn_protocol::{Experiment, LabKind};

/// Slow enough to be looked on.
pub(crate) fn miniature() -> MiniaturePlan {
    let mut experiment = Experiment::of(LabKind::Anatomy);
    experiment.training.learning_rate = 0.005;
    MiniaturePlan { experiment, steps: 3_000, evaluate_every: Some(25), ..MiniaturePlan::default() }
}
