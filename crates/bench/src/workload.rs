//! The table of workloads. A training step is forward, loss, backpropagation through the whole window,
//! clipping by global norm and Adam, all in `f32`; the inputs are written anew for each.

use crate::flops::{linear, recurrent, training_step};
use crate::work::{
    Training, Work, characters, forecaster, generation, music, one_hot, sentiment, small_characters,
};
use crate::{BenchError, Part};

/// One workload.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// Its short name.
    pub name: &'static str,
    /// What it is, with all sizes.
    pub title: &'static str,
    /// Nominal work of one step, see [`crate::flops`].
    pub flops: u64,
    /// What a step is.
    pub kind: Kind,
}

/// What a step of a workload is.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A training step.
    Training {
        /// Sequences of a batch.
        batch: usize,
        /// Builds model and trainer for some of them.
        build: fn(Part) -> Result<Training, BenchError>,
    },
    /// Anything else.
    Other(fn() -> Result<Box<dyn Work>, BenchError>),
}

const LSTM: u64 = 4;
const GRU: u64 = 3;
const ELMAN: u64 = 1;

/// All of them.
pub const WORKLOADS: [Workload; 7] = [
    Workload {
        name: "W1",
        title: "characters: LSTM, B 32, T 64, V 64, E 64, H 128, cross-entropy at every step",
        flops: training_step(32 * 64 * (recurrent(LSTM, 64, 128) + linear(128, 64))),
        kind: Kind::Training { batch: 32, build: characters },
    },
    Workload {
        name: "W2",
        title: "characters, small: LSTM, B 16, T 32, V 40, E 32, H 64, cross-entropy at every step",
        flops: training_step(16 * 32 * (recurrent(LSTM, 32, 64) + linear(64, 40))),
        kind: Kind::Training { batch: 16, build: small_characters },
    },
    Workload {
        name: "W3",
        title: "music: LSTM, B 32, T 100, V 88, E 64, H 256, L 2, cross-entropy at every step",
        flops: training_step(
            32 * 100 * (recurrent(LSTM, 64, 256) + recurrent(LSTM, 256, 256) + linear(256, 88)),
        ),
        kind: Kind::Training { batch: 32, build: music },
    },
    Workload {
        name: "W4",
        title: "sentiment: bidirectional LSTM, B 32, T 50, V 10,000, E 100, H 256, L 2, dropout 0.5, \
                binary cross-entropy of the sequence",
        // Both directions of both layers; the second reads both directions of the first.
        flops: training_step(
            32 * 50 * 2 * (recurrent(LSTM, 100, 256) + recurrent(LSTM, 2 * 256, 256))
                + 32 * linear(2 * 256, 1),
        ),
        kind: Kind::Training { batch: 32, build: sentiment },
    },
    Workload {
        name: "W5",
        title: "forecaster: GRU, B 32, T 48, I 1, H 50, squared error of the last step",
        flops: training_step(32 * 48 * recurrent(GRU, 1, 50) + 32 * linear(50, 1)),
        kind: Kind::Training { batch: 32, build: forecaster },
    },
    Workload {
        name: "W6",
        title: "Elman: B 32, T 64, I 50 (one-hot), H 100, cross-entropy over 50 classes at every step",
        flops: training_step(32 * 64 * (recurrent(ELMAN, 50, 100) + linear(100, 50))),
        kind: Kind::Training { batch: 32, build: one_hot },
    },
    Workload {
        name: "I1",
        title: "generation: the network of W1, one token at a time, batch 1; a step is a token",
        flops: recurrent(LSTM, 64, 128) + linear(128, 64),
        kind: Kind::Other(generation),
    },
];

impl Workload {
    /// The workload of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(name: &str) -> Result<Self, BenchError> {
        WORKLOADS.into_iter().find(|workload| workload.name == name).ok_or_else(|| {
            let known = WORKLOADS.map(|workload| workload.name).join(", ");
            BenchError::UnknownWorkload { name: name.to_owned(), known }
        })
    }

    /// Builds it for one worker.
    ///
    /// # Errors
    /// Never: the sizes are allowed.
    pub fn build(&self) -> Result<Box<dyn Work>, BenchError> {
        match self.kind {
            Kind::Training { batch, build } => Ok(Box::new(build(Part::whole(batch))?)),
            Kind::Other(build) => build(),
        }
    }

    /// Builds what one of several workers trains.
    ///
    /// # Errors
    /// If there is no batch to be split, or no sequence of it for this worker.
    pub fn build_part(&self, member: u32, workers: u32) -> Result<Training, BenchError> {
        match self.kind {
            Kind::Training { batch, build } => build(Part::of(batch, member, workers)?),
            Kind::Other(_) => Err(BenchError::NoBatch { name: self.name }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_work_is_what_it_is_by_hand() {
        let flops = WORKLOADS.map(|workload| workload.flops);
        // A token of W1: 2·512·(64 + 128) + 2·128·64 = 212,992 forward; 2,048 tokens, three times.
        assert_eq!(flops[0], 3 * 2048 * 212_992);
        assert_eq!(flops[6], 212_992);
        // W4: 2·1024·356 + 2·1024·768 a direction and token.
        assert_eq!(flops[3], 3 * (1600 * 2 * (729_088 + 1_572_864) + 32 * 1024));
        // W5: 2·150·51 a token, 100 a sequence.
        assert_eq!(flops[4], 3 * (1536 * 15_300 + 3200));
    }

    #[test]
    fn names_are_found_and_others_refused() {
        assert_eq!(Workload::find("W3").unwrap().name, "W3");
        let refusal = Workload::find("W9").unwrap_err().to_string();
        assert!(refusal.contains("W9") && refusal.contains("W1, W2"), "{refusal}");
    }

    #[test]
    fn each_workload_takes_steps_with_a_finite_loss() {
        for workload in WORKLOADS {
            workload.build().unwrap().step().unwrap();
        }
    }
}
