//! The table of workloads. A training step is forward, loss, backpropagation through the whole window,
//! clipping by global norm and Adam, all in `f32`; the inputs are written anew for each.

use crate::flops::{linear, recurrent, training_step};
use crate::work::{CHARACTERS, Network, Training, Work, generation};
use crate::{BenchError, Part};
use rnn_compute::models::LanguageModelConfig;
use rnn_compute::{Backend, Cpu};

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
        /// What is trained.
        network: Network,
    },
    /// Anything else, on the CPU.
    Other(fn() -> Result<Box<dyn Work>, BenchError>),
}

const LSTM: u64 = 4;
const GRU: u64 = 3;
const ELMAN: u64 = 1;

const SMALL_CHARACTERS: LanguageModelConfig =
    LanguageModelConfig { vocabulary: 40, embedding: 32, hidden: 64, ..CHARACTERS };
const MUSIC: LanguageModelConfig =
    LanguageModelConfig { vocabulary: 88, embedding: 64, hidden: 256, layers: 2, ..CHARACTERS };
/// Of the workloads for a GPU.
const LARGE: LanguageModelConfig =
    LanguageModelConfig { vocabulary: 128, embedding: 128, hidden: 512, ..CHARACTERS };

/// Those that are measured unless others are named.
pub const WORKLOADS: [Workload; 7] = [
    Workload {
        name: "W1",
        title: "characters: LSTM, B 32, T 64, V 64, E 64, H 128, cross-entropy at every step",
        flops: training_step(32 * 64 * (recurrent(LSTM, 64, 128) + linear(128, 64))),
        kind: Kind::Training { batch: 32, network: Network::LanguageModel { config: CHARACTERS, steps: 64 } },
    },
    Workload {
        name: "W2",
        title: "characters, small: LSTM, B 16, T 32, V 40, E 32, H 64, cross-entropy at every step",
        flops: training_step(16 * 32 * (recurrent(LSTM, 32, 64) + linear(64, 40))),
        kind: Kind::Training {
            batch: 16,
            network: Network::LanguageModel { config: SMALL_CHARACTERS, steps: 32 },
        },
    },
    Workload {
        name: "W3",
        title: "music: LSTM, B 32, T 100, V 88, E 64, H 256, L 2, cross-entropy at every step",
        flops: training_step(
            32 * 100 * (recurrent(LSTM, 64, 256) + recurrent(LSTM, 256, 256) + linear(256, 88)),
        ),
        kind: Kind::Training { batch: 32, network: Network::LanguageModel { config: MUSIC, steps: 100 } },
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
        kind: Kind::Training { batch: 32, network: Network::Sentiment { dropout: 0.5, steps: 50 } },
    },
    Workload {
        name: "W5",
        title: "forecaster: GRU, B 32, T 48, I 1, H 50, squared error of the last step",
        flops: training_step(32 * 48 * recurrent(GRU, 1, 50) + 32 * linear(50, 1)),
        kind: Kind::Training { batch: 32, network: Network::Forecaster },
    },
    Workload {
        name: "W6",
        title: "Elman: B 32, T 64, I 50 (one-hot), H 100, cross-entropy over 50 classes at every step",
        flops: training_step(32 * 64 * (recurrent(ELMAN, 50, 100) + linear(100, 50))),
        kind: Kind::Training { batch: 32, network: Network::OneHot },
    },
    Workload {
        name: "I1",
        title: "generation: the network of W1, one token at a time, batch 1; a step is a token",
        flops: recurrent(LSTM, 64, 128) + linear(128, 64),
        kind: Kind::Other(generation),
    },
];

/// Networks large enough to keep a GPU busy. On a CPU they take seconds a step, and are measured if they are named.
pub const LARGE_WORKLOADS: [Workload; 3] = [
    Workload {
        name: "G1",
        title: "large: LSTM, B 64, T 64, V 128, E 128, H 512, cross-entropy at every step",
        flops: training_step(64 * 64 * (recurrent(LSTM, 128, 512) + linear(512, 128))),
        kind: Kind::Training { batch: 64, network: Network::LanguageModel { config: LARGE, steps: 64 } },
    },
    Workload {
        name: "G2",
        title: "large: the same with L 2",
        flops: training_step(
            64 * 64 * (recurrent(LSTM, 128, 512) + recurrent(LSTM, 512, 512) + linear(512, 128)),
        ),
        kind: Kind::Training {
            batch: 64,
            network: Network::LanguageModel { config: LanguageModelConfig { layers: 2, ..LARGE }, steps: 64 },
        },
    },
    Workload {
        name: "G3",
        title: "large: the same as G1 with H 1,024",
        flops: training_step(64 * 64 * (recurrent(LSTM, 128, 1024) + linear(1024, 128))),
        kind: Kind::Training {
            batch: 64,
            network: Network::LanguageModel {
                config: LanguageModelConfig { hidden: 1024, ..LARGE },
                steps: 64,
            },
        },
    },
];

impl Workload {
    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        WORKLOADS.into_iter().chain(LARGE_WORKLOADS)
    }

    /// The workload of this name.
    ///
    /// # Errors
    /// If there is none.
    pub fn find(name: &str) -> Result<Self, BenchError> {
        Self::all().find(|workload| workload.name == name).ok_or_else(|| {
            let known: Vec<_> = Self::all().map(|workload| workload.name).collect();
            BenchError::UnknownWorkload { name: name.to_owned(), known: known.join(", ") }
        })
    }

    /// Builds it for one worker on the CPU.
    ///
    /// # Errors
    /// Never: the sizes are allowed.
    pub fn build(&self) -> Result<Box<dyn Work>, BenchError> {
        match self.kind {
            Kind::Training { batch, network } => Ok(Box::new(network.build(&Cpu, Part::whole(batch))?)),
            Kind::Other(build) => build(),
        }
    }

    /// Builds what is trained, on any backend.
    ///
    /// # Errors
    /// If it does not train.
    pub fn build_on<B: Backend<Elem = f32>>(&self, backend: &B) -> Result<Training<B>, BenchError> {
        match self.kind {
            Kind::Training { batch, network } => network.build(backend, Part::whole(batch)),
            Kind::Other(_) => Err(BenchError::CpuOnly { name: self.name }),
        }
    }

    /// Builds what one of several workers trains on the CPU.
    ///
    /// # Errors
    /// If there is no batch to be split, or no sequence of it for this worker.
    pub fn build_part(&self, member: u32, workers: u32) -> Result<Training<Cpu>, BenchError> {
        match self.kind {
            Kind::Training { batch, network } => network.build(&Cpu, Part::of(batch, member, workers)?),
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
        // G1: 2·2048·640 + 2·512·128 a token; G2: 2·2048·1024 more; G3: 2·4096·1152 + 2·1024·128.
        let flops = LARGE_WORKLOADS.map(|workload| workload.flops);
        assert_eq!(flops, [2_752_512, 6_946_816, 9_699_328].map(|token| 3 * 4096 * token));
    }

    #[test]
    fn names_are_found_and_others_refused() {
        assert_eq!(Workload::find("W3").unwrap().name, "W3");
        let refusal = Workload::find("W9").unwrap_err().to_string();
        assert!(refusal.contains("W9") && refusal.contains("W1, W2") && refusal.contains("G3"), "{refusal}");
    }

    #[test]
    fn generation_takes_steps() {
        // The others do in the tests of the team and on the GPU.
        let mut work = Workload::find("I1").unwrap().build().unwrap();
        assert!(work.step().unwrap().is_ready() && work.step().unwrap().is_ready());
    }
}
