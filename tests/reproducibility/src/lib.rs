//! Whether the same seed gives the same bits: a short training of each kind of network, and a digest of
//! all that it computed.
//!
//! `tests/browser/engines.test.mjs` runs it natively and, as the module that `cargo xtask test` builds
//! like the site's worker, in Node, Chromium and Firefox, and compares the outcomes without a tolerance.
//! No digest is written down here: a change of the mathematics may change all of them, but on every
//! engine alike.
//!
//! # Symbols
//! Those of `rnn_compute`: `B` batch, `T` time steps, `H` hidden units, `L` layers, `V` vocabulary,
//! `E` embedding.

#[cfg(target_arch = "wasm32")]
pub mod browser;
mod classifier;
mod digest;
mod language;
mod training;

pub use training::{Outcome, TrainingError};

use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::CellKind;
use serde::Serialize;

/// A network to train.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What it is.
    pub name: &'static str,
    network: Network,
}

#[derive(Debug, Clone, Copy)]
enum Network {
    Language(CellKind),
    Classifier,
}

/// Each cell, and what the other layers add.
pub const CASES: [Case; 5] = [
    Case { name: "Elman, tanh", network: Network::Language(CellKind::ELMAN) },
    Case { name: "Elman, ReLU", network: Network::Language(CellKind::Elman(Nonlinearity::Relu)) },
    Case { name: "LSTM", network: Network::Language(CellKind::Lstm) },
    Case { name: "GRU", network: Network::Language(CellKind::Gru) },
    Case { name: "bidirectional LSTM, packed, with dropout and layer norm", network: Network::Classifier },
];

/// The outcome of a case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Its name.
    pub case: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Case {
    /// Trains the network from the weights that `seed` gives.
    ///
    /// # Errors
    /// If a loss is not finite.
    pub fn train(&self, seed: u32) -> Result<Outcome, TrainingError> {
        match self.network {
            Network::Language(cell) => language::train(cell, seed),
            Network::Classifier => classifier::train(seed),
        }
    }
}

/// Trains every case and returns its report, as one JSON array.
///
/// # Errors
/// If a loss is not finite.
pub fn reports(seed: u32) -> Result<String, TrainingError> {
    let report = |case: &Case| Ok(Report { case: case.name, outcome: case.train(seed)? });
    let reports = CASES.iter().map(report).collect::<Result<Vec<_>, TrainingError>>()?;
    // Only a map with keys that are not strings could fail, and there is none.
    Ok(serde_json::to_string(&reports).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_own_outcome_again_and_another_seed_another() {
        for case in CASES {
            let first = case.train(0).unwrap();
            assert_eq!(case.train(0).unwrap(), first, "{}", case.name);
            assert_ne!(case.train(1).unwrap().digest, first.digest, "{}", case.name);
        }
    }

    /// Otherwise most of the kernels might see nothing but zeros.
    #[test]
    fn every_network_learns() {
        for case in CASES {
            let losses = case.train(0).unwrap().losses;
            let (first, last) = (losses[0], losses[losses.len() - 1]);
            assert!(last < 0.8 * first, "{}: from {first} to {last}", case.name);
        }
    }

    #[test]
    fn no_two_cases_are_the_same() {
        let digests: Vec<_> = CASES.iter().map(|case| case.train(0).unwrap().digest).collect();
        assert!(
            digests.iter().enumerate().all(|(at, digest)| !digests[..at].contains(digest)),
            "{digests:?}"
        );
    }
}
