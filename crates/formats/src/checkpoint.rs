//! The whole state of a trainer as a [`WeightFile`], from which a run goes on to the last bit.
//!
//! The tensors' names say whose they are: `present/parameters/rnn.weight_ih_l0`,
//! `last_good/optimizer/exp_avg.rnn.weight_ih_l0`, `companions/…`. What is counted stands in the metadata
//! under `trainer`, as JSON.

use crate::{FormatError, Tensor, WeightFile};
use rnn_compute::optimise::{EarlyStopping, OptimizerState, PlateauState};
use rnn_compute::{Companions, NamedTensor, Snapshot, TrainerState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Before the names of tensors that belong to a run and not to its network, in a file that holds both.
pub const RUN_PREFIX: &str = "run/";

const TRAINER: &str = "trainer";
const PRESENT: &str = "present";
const LAST_GOOD: &str = "last_good";
const COMPANIONS: &str = "companions";
const PARAMETERS: &str = "parameters";
const OPTIMIZER: &str = "optimizer";

impl WeightFile {
    /// A trainer's state, and a few words of the caller's.
    ///
    /// # Errors
    /// None: every state can be put into words.
    pub fn from_checkpoint(
        state: &TrainerState<f32>,
        mut metadata: BTreeMap<String, String>,
    ) -> Result<Self, FormatError> {
        let words = serde_json::to_string(&Words::from(state)).map_err(|error| refused(&error))?;
        metadata.insert(TRAINER.to_owned(), words);
        let mut tensors = Vec::new();
        let snapshots = [(PRESENT, Some(&state.present)), (LAST_GOOD, state.last_good.as_ref())];
        for (whose, snapshot) in snapshots {
            if let Some(Snapshot { parameters, optimizer, .. }) = snapshot {
                push(&mut tensors, &format!("{whose}/{PARAMETERS}/"), parameters);
                push(&mut tensors, &format!("{whose}/{OPTIMIZER}/"), &optimizer.memories);
            }
        }
        push(&mut tensors, &format!("{COMPANIONS}/"), &state.companions.tensors);
        Ok(Self { tensors, metadata, ..Self::default() })
    }

    /// The trainer's state that [`Self::from_checkpoint`] put here. Whether it belongs to a model is for the
    /// trainer to say that loads it.
    ///
    /// # Errors
    /// If there is none.
    pub fn checkpoint(&self) -> Result<TrainerState<f32>, FormatError> {
        let words = self.metadata.get(TRAINER).ok_or_else(|| refused(&"its metadata has no “trainer”"))?;
        let words: Words = serde_json::from_str(words).map_err(|error| refused(&error))?;
        let snapshot = |whose: &str, words: SnapshotWords| Snapshot {
            step: words.step,
            passes: words.passes,
            parameters: self.below(&format!("{whose}/{PARAMETERS}/")),
            optimizer: OptimizerState {
                rule: words.rule,
                step: words.updates,
                memories: self.below(&format!("{whose}/{OPTIMIZER}/")),
            },
        };
        let PlateauWords { scale, best, bad, cooling } = words.plateau;
        let early_stopping = words.early_stopping.map(|EarlyStoppingWords { best, best_step, waited }| {
            EarlyStopping { best: best.0, best_step, waited }
        });
        Ok(TrainerState {
            present: snapshot(PRESENT, words.present),
            last_good: words.last_good.map(|words| snapshot(LAST_GOOD, words)),
            plateau: PlateauState { scale: scale.0, best: best.0, bad, cooling },
            companions: Companions {
                early_stopping,
                random_positions: words.random_positions,
                data_position: words.data_position,
                tensors: self.below(&format!("{COMPANIONS}/")),
            },
        })
    }

    /// The network alone, without what belongs to a run.
    #[must_use]
    pub fn without_run(mut self) -> Self {
        self.tensors.retain(|tensor| !tensor.name.starts_with(RUN_PREFIX));
        self
    }

    /// The tensors whose names begin so, under the rest of their names.
    fn below(&self, prefix: &str) -> Vec<NamedTensor<f32>> {
        let named = |tensor: &Tensor| {
            let name = tensor.name.strip_prefix(prefix)?.to_owned();
            Some(NamedTensor { name, numbers: tensor.values.clone() })
        };
        self.tensors.iter().filter_map(named).collect()
    }
}

fn push(tensors: &mut Vec<Tensor>, prefix: &str, named: &[NamedTensor<f32>]) {
    tensors.extend(named.iter().map(|NamedTensor { name, numbers }| {
        Tensor::new(format!("{prefix}{name}"), [numbers.len()], numbers.clone())
    }));
}

fn refused(reason: &impl ToString) -> FormatError {
    FormatError::Checkpoint { reason: reason.to_string() }
}

/// What is counted.
#[derive(Serialize, Deserialize)]
struct Words {
    present: SnapshotWords,
    last_good: Option<SnapshotWords>,
    plateau: PlateauWords,
    early_stopping: Option<EarlyStoppingWords>,
    random_positions: Vec<u64>,
    data_position: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct SnapshotWords {
    step: u32,
    passes: u32,
    rule: String,
    updates: u32,
}

#[derive(Serialize, Deserialize)]
struct PlateauWords {
    scale: Exact,
    best: Exact,
    bad: u32,
    cooling: u32,
}

#[derive(Serialize, Deserialize)]
struct EarlyStoppingWords {
    best: Exact,
    best_step: u32,
    waited: u32,
}

impl From<&TrainerState<f32>> for Words {
    fn from(state: &TrainerState<f32>) -> Self {
        let snapshot = |snapshot: &Snapshot<f32>| SnapshotWords {
            step: snapshot.step,
            passes: snapshot.passes,
            rule: snapshot.optimizer.rule.clone(),
            updates: snapshot.optimizer.step,
        };
        let PlateauState { scale, best, bad, cooling } = state.plateau;
        let early_stopping = state.companions.early_stopping.map(|stopping| {
            let EarlyStopping { best, best_step, waited } = stopping;
            EarlyStoppingWords { best: Exact(best), best_step, waited }
        });
        Self {
            present: snapshot(&state.present),
            last_good: state.last_good.as_ref().map(snapshot),
            plateau: PlateauWords { scale: Exact(scale), best: Exact(best), bad, cooling },
            early_stopping,
            random_positions: state.companions.random_positions.clone(),
            data_position: state.companions.data_position.clone(),
        }
    }
}

/// A number in the digits that are read back to the same bits, as a string: JSON has no infinity, which is
/// the best loss before the first.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
struct Exact(f64);

impl From<Exact> for String {
    fn from(Exact(number): Exact) -> Self {
        number.to_string()
    }
}

impl TryFrom<String> for Exact {
    type Error = std::num::ParseFloatError;

    fn try_from(digits: String) -> Result<Self, Self::Error> {
        digits.parse().map(Self)
    }
}
