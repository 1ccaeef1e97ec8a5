//! The miniatures of the home page: of each lab a small network that trains in short turns and tells how it stands.
//!
//! A miniature is its lab under an experiment of its own ([`MiniaturePlan`], given in the lab's folder), trained by
//! the same code as a run: a run of that experiment gives the same numbers, bit for bit. All miniatures together
//! take a small share of one core, each a bounded number of steps.

mod curve;
mod network;
mod turns;

pub(crate) use turns::Miniatures;

use rnn_protocol::Experiment;

/// What a lab's miniature is.
#[derive(Debug, Clone, PartialEq)]
pub struct MiniaturePlan {
    /// The network, its task and its seed.
    pub experiment: Experiment,
    /// Steps that it takes.
    pub steps: u32,
    /// Reads the held-out data every so many steps; `None` where that takes too long.
    pub evaluate_every: Option<u32>,
    /// Symbols that it writes at a time, where it writes.
    pub written: u32,
}

impl Default for MiniaturePlan {
    fn default() -> Self {
        Self { experiment: Experiment::default(), steps: 2_000, evaluate_every: None, written: 60 }
    }
}
