//! The failure gallery: experiments of the Memory lab that go wrong in the ways that recurrent networks are
//! known for, each with its repair. `tests/tests/gallery.rs` holds each to what is said of it.

use crate::{Experiment, LabKind, Setting, SettingError};

/// An experiment that goes wrong, and its repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// Its word, for tests and addresses.
    pub word: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What one will see.
    pub sight: &'static str,
    /// What the repair changes.
    pub repair: &'static str,
    /// Why the one fails and the other does not.
    pub reason: &'static str,
    failing: &'static [(&'static str, &'static str)],
    /// On top of those.
    repairing: &'static [(&'static str, &'static str)],
}

/// Every failure, in the order of the gallery.
pub const FAILURES: &[Failure] = &[
    Failure {
        word: "exploding",
        title: "Exploding to NaN",
        sight: "At step 3 the loss is no longer a number; the step before, it has grown eight thousandfold.",
        repair: "Clip the gradient’s norm at 1, and take a fifth of the step.",
        reason: "Backwards through 40 steps of ReLU nothing holds the gradient down, and one long step throws \
                 the weights out of the region where the loss is small.",
        failing: &[
            ("delay", "40"),
            ("cell", "elman"),
            ("nonlinearity", "relu"),
            ("initialisation", "identity"),
            ("optimizer", "sgd"),
            ("learning_rate", "0.01"),
            ("clip_norm", "0"),
        ],
        repairing: &[("clip_norm", "1"), ("learning_rate", "0.002")],
    },
    Failure {
        word: "vanishing",
        title: "Vanishing at delay 100",
        sight: "Recall stays at chance. In the gradient flow, less than 10⁻¹⁵ of the last step’s gradient reaches \
                the symbol.",
        repair: "ReLU, with the identity as recurrent weights.",
        reason: "Each step back multiplies the gradient by tanh’s slope and by weights smaller than 1; the \
                 identity under ReLU multiplies it by 1.",
        failing: &[("delay", "100"), ("cell", "elman")],
        repairing: &[("nonlinearity", "relu"), ("initialisation", "identity"), ("learning_rate", "0.001")],
    },
    Failure {
        word: "dead-relu",
        title: "Dead ReLU units",
        sight: "More than half the rows of the hidden map are 0 at every step, and recall stays at chance.",
        repair: "A hundredth of the learning rate.",
        reason: "A long step pushes a unit’s sum below 0 for every input; there the slope is 0, so that no \
                 gradient ever brings it back.",
        failing: &[
            ("delay", "10"),
            ("cell", "elman"),
            ("nonlinearity", "relu"),
            ("initialisation", "identity"),
            ("learning_rate", "0.1"),
        ],
        repairing: &[("learning_rate", "0.001")],
    },
    Failure {
        word: "saturated",
        title: "Saturated gates",
        sight: "Choose a gate above the hidden map: nearly every one is shut or open to within a hundredth. \
                Recall stays at chance.",
        repair: "A learning rate of 0.005 instead of 1.",
        reason: "Steps that long drive the gates’ sums far from 0, where the sigmoid is flat: the gradient that \
                 could move them is next to nothing.",
        failing: &[("delay", "10"), ("learning_rate", "1")],
        repairing: &[("learning_rate", "0.005")],
    },
    Failure {
        word: "forget-bias",
        title: "Forget-gate bias of 0",
        sight: "After 500 steps an LSTM still answers no better than chance over a delay of 60.",
        repair: "A forget-gate bias of 4.",
        reason: "With a bias of 0 the gates begin half open and halve the memory at every step, 2⁻⁶⁰ over the \
                 delay; with 4 they begin 98% open, and a third of it arrives.",
        failing: &[("delay", "60"), ("forget_bias", "0")],
        repairing: &[("forget_bias", "4")],
    },
];

impl Failure {
    /// The experiment that goes wrong.
    ///
    /// # Errors
    /// None: a test sets every value.
    pub fn experiment(&self) -> Result<Experiment, SettingError> {
        set(Experiment::of(LabKind::Memory), self.failing)
    }

    /// The same with its repair.
    ///
    /// # Errors
    /// None: a test sets every value.
    pub fn repaired(&self) -> Result<Experiment, SettingError> {
        set(self.experiment()?, self.repairing)
    }
}

fn set(mut experiment: Experiment, settings: &[(&str, &str)]) -> Result<Experiment, SettingError> {
    for (key, value) in settings {
        Setting::find(key)?.set(&mut experiment, value)?;
    }
    Ok(experiment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_can_be_opened_and_its_repair_is_another_experiment() {
        for failure in FAILURES {
            let (failing, repaired) = (failure.experiment().unwrap(), failure.repaired().unwrap());
            assert_ne!(failing, repaired, "{}", failure.word);
            assert_eq!((failing.check(), repaired.check()), (Ok(()), Ok(())), "{}", failure.word);
        }
    }
}
