//! The miniature of the Text lab: 24 units that read the shipped text.

use crate::miniature::MiniaturePlan;
use rnn_protocol::{Experiment, LabKind};

/// Small enough for a hundred steps a second, large enough to write words.
pub(crate) fn miniature() -> MiniaturePlan {
    let mut experiment = Experiment::of(LabKind::Text);
    experiment.model.hidden_size = 24;
    experiment.model.embedding_size = 12;
    experiment.training.batch_size = 8;
    experiment.training.sequence_length = 32;
    experiment.training.learning_rate = 0.005;
    MiniaturePlan { experiment, steps: 4_000, ..MiniaturePlan::default() }
}
