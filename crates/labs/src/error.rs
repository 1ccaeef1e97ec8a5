//! Why an experiment cannot be run.

use crate::memory_plan::MemoryPlan;
use rnn_compute::ComputeError;
use rnn_protocol::SettingError;
use thiserror::Error;

/// Why an experiment cannot be run: what was expected, what was found, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LabError {
    /// There are no bytes at all.
    #[error("The text is empty. Paste or choose a text of at least {min} characters.")]
    Empty {
        /// Fewest characters that can be trained on.
        min: usize,
    },
    /// There is less text than a network can learn from.
    #[error("The text is too short: {found} of at least {min} characters. Paste or choose a longer one.")]
    TooShort {
        /// Fewest characters that can be trained on.
        min: usize,
        /// Characters found.
        found: usize,
    },
    /// The file is larger than is read.
    #[error("The file has {found_mib} MiB; the limit is {max_mib} MiB. Choose a part of it.")]
    TooLarge {
        /// Largest size, in MiB.
        max_mib: usize,
        /// Size found, in MiB, rounded up.
        found_mib: usize,
    },
    /// The bytes are no text.
    #[error("This looks like a binary file, not a text (byte {offset} is 0). Choose a plain text file.")]
    Binary {
        /// Where the first zero byte is.
        offset: usize,
    },
    /// The bytes are text in another encoding.
    #[error("The text is not in UTF-8 (byte {offset} does not fit). Save it as UTF-8 and choose it again.")]
    NotUtf8 {
        /// Where the first byte is that does not fit.
        offset: usize,
    },
    /// There is nothing to predict.
    #[error("The text consists of one character repeated; at least two different ones are needed.")]
    OneSymbol,
    /// The network does not fit into memory.
    #[error(
        "This network would need {} of memory; the limit is {}. Choose a smaller hidden size, embedding, \
         batch or sequence length.",
        plan.needed(),
        plan.limit()
    )]
    TooMuchMemory {
        /// What it would need, and the limit.
        plan: MemoryPlan,
    },
    /// The networks of a race do not fit into memory together.
    #[error(
        "The networks of this race would need {} of memory together; the limit is {}. Choose smaller ones, or take \
         one out.",
        plan.needed(),
        plan.limit()
    )]
    TooMuchMemoryTogether {
        /// What they would need, and the limit.
        plan: MemoryPlan,
    },
    /// A device was asked to train what only the CPU trains.
    #[error("This lab trains on the CPU only.")]
    NoDevice,
    /// A member of a team was given a part that the batch does not have.
    #[error("the part must lie within the batch of {batch} sequences, found {count} from {first}")]
    BatchPart {
        /// Sequences of the batch.
        batch: usize,
        /// The part's first.
        first: u32,
        /// How many it has.
        count: u32,
    },
    /// A weight file does not belong to this network.
    #[error("The weights do not fit this network: {reason}")]
    Weights {
        /// What was expected and what was found.
        reason: String,
    },
    /// A setting is out of bounds.
    #[error("{0}.")]
    Setting(#[from] SettingError),
    /// A request that the mathematics refuses.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}
