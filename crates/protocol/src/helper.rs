//! What the lead of a team and a helper say to each other, over a message port of their own.
//!
//! A team trains one run: each member works out the gradients of its part of the batch, and all make the same
//! update from the sum. The lead is the worker that the page talks to. Text and numbers travel beside the
//! words, as bytes or as one flat array of `f32`.

use crate::{Arithmetic, Experiment};
use serde::{Deserialize, Serialize};

/// Some sequences of a batch, which one member of a team works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPart {
    /// The member: 0 is the lead, the helpers follow. What is random in a step differs by it.
    pub member: u32,
    /// Its first sequence.
    pub first: u32,
    /// How many it has.
    pub count: u32,
}

/// What a training counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainingCounts {
    /// Steps taken.
    pub step: u32,
    /// Training passes begun.
    pub passes: u32,
    /// Updates that the optimiser has made.
    pub updates: u32,
}

/// Where a run stands, apart from the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// As it is.
    pub present: TrainingCounts,
    /// As it last gave a finite loss.
    pub last_good: TrainingCounts,
    /// Where the next window begins.
    pub position: u32,
    /// Whether it starts from a state, which is then among the numbers, or from zero.
    pub has_state: bool,
}

/// What the lead asks of a helper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum HelperCommand {
    /// Set up this experiment for a part of its batch, in place of whatever was. Its data travels beside, as
    /// bytes, unless it is that of before. Answered by [`HelperEvent::Ready`].
    Open {
        /// The lead's [`crate::BUILD_ID`].
        build: String,
        /// Numbers what the helper is asked to set up; its answers repeat it.
        task: u32,
        /// The experiment.
        experiment: Experiment,
        /// The helper's part.
        part: BatchPart,
    },
    /// Go on from where the run stands. Beside it: weights and optimiser, as they are and as they were last
    /// good, then the state that the helper's sequences start from.
    Adopt {
        /// Where the run stands.
        standing: Standing,
    },
    /// Continue under this experiment, from the next update on.
    Tune {
        /// It differs in live settings only.
        experiment: Experiment,
    },
    /// Work out the part's share of the next step. Answered by [`HelperEvent::Share`].
    Step,
    /// End the step: the sum of all shares' gradients travels beside.
    Complete {
        /// The sum of the shares' losses.
        loss: f64,
    },
}

/// What a helper answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum HelperEvent {
    /// The experiment is set up.
    Ready {
        /// That of [`HelperCommand::Open`].
        task: u32,
        /// The helper's [`crate::BUILD_ID`].
        build: String,
        /// How the helper's module rounds, which must be as the lead's does.
        arithmetic: Arithmetic,
    },
    /// A share is worked out. Beside it: its gradients, then the state after the last time step.
    Share {
        /// That of [`HelperCommand::Open`].
        task: u32,
        /// The share's part of the loss.
        loss: f64,
    },
    /// The helper cannot go on with this task.
    Failed {
        /// That of [`HelperCommand::Open`].
        task: u32,
        /// What was expected and what was found.
        message: String,
    },
}

/// Who trains a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Staffing {
    /// Every step is split over several workers.
    Together {
        /// How many, the lead included.
        workers: u32,
    },
    /// One worker trains.
    Alone {
        /// Why.
        reason: AloneReason,
    },
}

/// Why a run is trained by one worker, although there are or were helpers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AloneReason {
    /// A step is too short to be worth the messages.
    ShortStep {
        /// How long it takes alone.
        millis: f64,
    },
    /// The batch is too small to be split.
    SmallBatch,
    /// All members together would need more memory than a run may have.
    Memory,
    /// The helpers failed or fell silent.
    Lost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_went() -> Result<(), serde_json::Error> {
        let counts = |step| TrainingCounts { step, passes: step + 1, updates: step };
        let (present, last_good) = (counts(u32::MAX - 1), counts(7));
        let part = BatchPart { member: 1, first: 16, count: 17 };
        let (build, experiment) = (String::from("b1"), Experiment::default());
        let commands = [
            HelperCommand::Open { build: build.clone(), task: 3, experiment: experiment.clone(), part },
            HelperCommand::Adopt {
                standing: Standing { present, last_good, position: 640, has_state: true },
            },
            HelperCommand::Tune { experiment },
            HelperCommand::Step,
            HelperCommand::Complete { loss: 0.1 + 0.2 },
        ];
        for command in commands {
            let words = serde_json::to_string(&command)?;
            assert_eq!(serde_json::from_str::<HelperCommand>(&words)?, command, "{words}");
        }
        let events = [
            HelperEvent::Ready { task: 3, build, arithmetic: Arithmetic::Fast },
            HelperEvent::Share { task: 3, loss: 1e-300 },
            HelperEvent::Failed { task: 3, message: "“why”".to_owned() },
        ];
        for event in events {
            let words = serde_json::to_string(&event)?;
            assert_eq!(serde_json::from_str::<HelperEvent>(&words)?, event, "{words}");
        }
        Ok(())
    }
}
