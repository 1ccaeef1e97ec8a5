//! A run as a file, and back.

use super::{DataMark, KeepingError};
use crate::{Lab, Place, RunState};
use rnn_compute::{Companions, NamedTensor, Snapshot, TrainerState};
use rnn_formats::{RUN_PREFIX, WeightFile};
use rnn_protocol::{Experiment, MOST_STEPS, Past};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form of the file. A change that older versions would misread takes the next number.
const FORM: u32 = 1;

/// Where the weights are among a checkpoint's tensors. In the file they stand under their own names.
const WEIGHTS: &str = "present/parameters/";
/// The state that the next window starts from.
const STATES: &str = "states";

const EXPERIMENT: &str = "experiment";
const VOCABULARY: &str = "vocabulary";
const STEP: &str = "step";
const RUN: &str = "run";
const PAST: &str = "past";

/// Everything that a run goes on from, and what it has reported.
pub(crate) struct SavedRun {
    pub(crate) experiment: Experiment,
    /// Of the data that it learns from.
    pub(crate) data: DataMark,
    pub(crate) state: RunState,
    pub(crate) past: Past,
}

/// What the file says of itself beside the tensors and the experiment.
#[derive(Serialize, Deserialize)]
struct RunWords {
    form: u32,
    /// The lab's word.
    lab: String,
    data: DataMark,
}

impl SavedRun {
    /// The file, and the steps that its run has taken. `lab` knows the shapes of the weights and the symbols.
    ///
    /// # Errors
    /// If the run is of no more use.
    pub(crate) fn into_file(self, lab: &dyn Lab) -> Result<(u32, WeightFile), KeepingError> {
        let Self { experiment, data, state, past } = self;
        let state = finite(state)?;
        let step = state.trainer.present.step;
        let run = RunWords { form: FORM, lab: lab_word(&experiment)?, data };
        let metadata = BTreeMap::from([
            // What PyTorch's own tools write.
            ("format".to_owned(), "pt".to_owned()),
            (EXPERIMENT.to_owned(), json(&experiment)?),
            (VOCABULARY.to_owned(), json(&lab.symbols())?),
            (STEP.to_owned(), step.to_string()),
            (RUN.to_owned(), json(&run)?),
            (PAST.to_owned(), json(&past.up_to(step))?),
        ]);
        let mut file = WeightFile::from_checkpoint(&with_place(state), metadata)?;
        let parameters = lab.parameters();
        for tensor in &mut file.tensors {
            match tensor.name.strip_prefix(WEIGHTS).map(str::to_owned) {
                Some(name) => {
                    if let Ok(id) = parameters.find(&name) {
                        tensor.shape = parameters.shape(id).dims().to_vec();
                    }
                    tensor.name = name;
                }
                None => tensor.name.insert_str(0, RUN_PREFIX),
            }
        }
        Ok((step, file))
    }

    /// Whether a weight file is that of a run.
    pub(crate) fn is_in(file: &WeightFile) -> bool {
        file.metadata.contains_key(RUN)
    }

    /// Reads a run's file.
    ///
    /// # Errors
    /// If it is damaged, of another lab, or of a later version.
    pub(crate) fn read(file: WeightFile) -> Result<Self, KeepingError> {
        let words = file.metadata.get(RUN).ok_or_else(|| damaged("it has no “run”"))?;
        let RunWords { form, lab, data } = read_json(RUN, words)?;
        if form > FORM {
            return Err(KeepingError::LaterVersion { found: form, known: FORM });
        }
        let experiment = experiment(&file, &lab)?;
        let past: Past = read_json(PAST, file.metadata.get(PAST).map_or("{}", String::as_str))?;
        if !past.is_sound() {
            return Err(damaged("its past is out of order"));
        }
        let state = without_place(as_checkpoint(file).checkpoint()?)?;
        check_counts(&state.trainer)?;
        Ok(Self { experiment, data, state, past })
    }
}

/// The experiment of a file, with every setting within its bounds.
fn experiment(file: &WeightFile, lab: &str) -> Result<Experiment, KeepingError> {
    let words = file.metadata.get(EXPERIMENT).ok_or_else(|| damaged("it has no “experiment”"))?;
    let experiment = match serde_json::from_str::<Experiment>(words) {
        Ok(experiment) => experiment,
        // A lab that is not known is the likeliest reason, and the one that a person can act on.
        Err(_) if !is_known(lab) => {
            return Err(KeepingError::OtherLab { found: lab.chars().take(40).collect() });
        }
        Err(error) => return Err(damaged(&error)),
    };
    if lab_word(&experiment)? != lab {
        return Err(KeepingError::OtherLab { found: lab.chars().take(40).collect() });
    }
    experiment.check().map_err(|error| damaged(&error))?;
    Ok(experiment)
}

fn is_known(lab: &str) -> bool {
    serde_json::from_value::<rnn_protocol::LabKind>(lab.into()).is_ok()
}

fn lab_word(experiment: &Experiment) -> Result<String, KeepingError> {
    let word = serde_json::to_value(experiment.lab).map_err(|error| damaged(&error))?;
    Ok(word.as_str().unwrap_or_default().to_owned())
}

/// The tensors under the names that a checkpoint has for them.
fn as_checkpoint(mut file: WeightFile) -> WeightFile {
    for tensor in &mut file.tensors {
        tensor.name = match tensor.name.strip_prefix(RUN_PREFIX) {
            Some(name) => name.to_owned(),
            None => format!("{WEIGHTS}{}", tensor.name),
        };
    }
    file
}

/// Puts the place among what the trainer does not know.
fn with_place(RunState { mut trainer, place }: RunState) -> TrainerState<f32> {
    let states = place.states.map(|numbers| NamedTensor { name: STATES.to_owned(), numbers });
    trainer.companions = Companions {
        data_position: vec![place.position as u64],
        tensors: states.into_iter().collect(),
        ..Companions::default()
    };
    trainer
}

fn without_place(mut trainer: TrainerState<f32>) -> Result<RunState, KeepingError> {
    let Companions { data_position, tensors, .. } = std::mem::take(&mut trainer.companions);
    let position = data_position.first().and_then(|&position| usize::try_from(position).ok());
    let position = position.filter(|&position| position <= MOST_STEPS as usize);
    let position = position.ok_or_else(|| damaged("it does not say how far its data is read"))?;
    let states = tensors.into_iter().find(|tensor| tensor.name == STATES).map(|tensor| tensor.numbers);
    Ok(RunState { trainer, place: Place { position, states } })
}

/// A state of finite numbers: as the run is, or as it was last good. A file holds no others.
fn finite(mut state: RunState) -> Result<RunState, KeepingError> {
    let all_finite = |numbers: &Vec<f32>| numbers.iter().all(|number| number.is_finite());
    let is_finite = |snapshot: &Snapshot<f32>| {
        let tensors = snapshot.parameters.iter().chain(&snapshot.optimizer.memories);
        tensors.map(|tensor| &tensor.numbers).all(all_finite)
    };
    let good = state.trainer.last_good.take().filter(is_finite);
    if is_finite(&state.trainer.present) && state.place.states.iter().all(all_finite) {
        state.trainer.last_good = good;
        return Ok(state);
    }
    state.trainer.present = good.ok_or(KeepingError::NotFinite)?;
    state.place.states = None;
    Ok(state)
}

fn check_counts(trainer: &TrainerState<f32>) -> Result<(), KeepingError> {
    let snapshots = std::iter::once(&trainer.present).chain(&trainer.last_good);
    let mut counts = snapshots.flat_map(|snapshot| [snapshot.step, snapshot.passes, snapshot.optimizer.step]);
    if counts.any(|count| count > MOST_STEPS) {
        return Err(damaged("it counts more steps than a run takes"));
    }
    if !(trainer.plateau.scale.is_finite() && trainer.plateau.scale > 0.0) {
        return Err(damaged("its learning rate has no finite scale"));
    }
    Ok(())
}

fn json(value: &impl Serialize) -> Result<String, KeepingError> {
    serde_json::to_string(value).map_err(|error| damaged(&error))
}

fn read_json<'a, T: Deserialize<'a>>(key: &str, words: &'a str) -> Result<T, KeepingError> {
    serde_json::from_str(words).map_err(|error| damaged(&format_args!("“{key}”: {error}")))
}

pub(super) fn damaged(reason: &(impl ToString + ?Sized)) -> KeepingError {
    KeepingError::Words { reason: reason.to_string() }
}
