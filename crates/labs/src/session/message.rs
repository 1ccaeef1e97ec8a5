//! The sentences of a session: what was expected, what was found, what to do.

use rnn_compute::Divergence;
use rnn_protocol::{BUILD_ID, Experiment};

/// A command needs an experiment, and none is open.
pub(super) const NOTHING_OPEN: &str = "No experiment is open yet. Open one first.";

/// An output is asked of a lab that has none.
pub(super) const NOTHING_WRITTEN: &str =
    "The network of this lab writes nothing. Open the Text lab for that.";

/// A run was to come back and is not there.
pub(super) const RUN_GONE: &str = "That run is no longer there to be brought back.";

/// The other side comes from another build.
pub(super) fn other_build(found: &str) -> String {
    format!(
        "The page is of build {found}, its worker of build {BUILD_ID}. Reload the page to get both from one \
         build."
    )
}

/// An experiment came without its data.
pub(super) fn data_missing(name: &str) -> String {
    format!("The data of this experiment ({name}) did not come with it. Choose it again.")
}

/// Training stopped.
pub(super) fn diverged(divergence: &Divergence, experiment: &Experiment, kept_step: u32) -> String {
    let found = if divergence.loss.is_finite() { "gradient" } else { "loss" };
    // As 1e30 and not with thirty zeros.
    let rate = format!("{:?}", experiment.training.learning_rate);
    let advice = if experiment.training.clip_norm > 0.0 {
        format!("Try a smaller learning rate than {rate}")
    } else {
        format!("Try a smaller learning rate than {rate}, or clip the gradient at 1")
    };
    format!(
        "Training stopped at step {}: the {found} is no longer a finite number. {advice}, and go on. The weights \
         after step {kept_step} are kept.",
        divergence.step
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_is_advised_only_where_it_is_off() {
        let divergence = Divergence { step: 3, loss: f64::NAN, grad_norm: None };
        let mut experiment = Experiment::default();
        assert!(!diverged(&divergence, &experiment, 1).contains("clip"));
        experiment.training.clip_norm = 0.0;
        experiment.training.learning_rate = 1e30;
        let message = diverged(&divergence, &experiment, 1);
        assert!(message.contains("clip the gradient at 1") && message.contains("after step 1 are kept"));
        assert!(message.contains("than 1e30,"), "{message}");
    }
}
