//! A file of runs, one or those of a race, and back.
//!
//! The first contender's run is the file. Each rival's whole file lies in it, its tensors below `run/rivals/1/` and its
//! words below `rivals/1/`, so that PyTorch opens the first network and passes over the others.

use super::saved_run::damaged;
use super::{KeepingError, SavedRun};
use crate::Lab;
use rnn_formats::{RUN_PREFIX, WeightFile};
use rnn_protocol::{Experiment, MAX_RIVALS};

/// The largest file that is written or read.
const MAX_BYTES: usize = 256 << 20;
/// At most, of one weight: itself and two memories of the optimiser, as they are and as they last were good.
const BYTES_OF_A_WEIGHT: u64 = 6 * 4;

/// What a weight file is.
pub(crate) enum SavedFile {
    /// A run, or a race.
    Runs(Box<SavedRuns>),
    /// Weights without a run.
    Weights(WeightFile),
}

/// A run and those that race with it.
pub(crate) struct SavedRuns {
    /// Its experiment names the rivals.
    pub(crate) first: SavedRun,
    pub(crate) rivals: Vec<SavedRun>,
}

impl SavedRuns {
    /// The file, and the steps that the first run has taken. The labs, one for each run, know the shapes of the weights
    /// and the symbols.
    ///
    /// # Errors
    /// If it would be too large, or a run is of no more use.
    pub(crate) fn into_bytes(self, labs: &[&dyn Lab]) -> Result<(u32, Vec<u8>), KeepingError> {
        let weights: u64 = labs.iter().map(|lab| lab.facts().parameter_count).sum();
        check_size(weights.saturating_mul(BYTES_OF_A_WEIGHT) as usize)?;
        let Self { first, rivals } = self;
        let runs = std::iter::once(first).chain(rivals).zip(labs);
        let mut files = runs.map(|(run, lab)| run.into_file(*lab));
        let (step, mut file) = files.next().ok_or(KeepingError::NoRun)??;
        for (number, rival) in (1..).zip(files) {
            take_in(&mut file, number, rival?.1);
        }
        Ok((step, file.to_bytes()?))
    }
}

impl SavedFile {
    /// Reads a file.
    ///
    /// # Errors
    /// If it is damaged, of another lab, of a later version, or too large.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, KeepingError> {
        check_size(bytes.len())?;
        let mut file = WeightFile::from_bytes(bytes)?;
        let rivals: Vec<WeightFile> =
            (1..=MAX_RIVALS).map_while(|number| take_out(&mut file, number)).collect();
        if !SavedRun::is_in(&file) {
            return Ok(Self::Weights(file));
        }
        let mut first = SavedRun::read(file)?;
        let rivals: Vec<SavedRun> = rivals.into_iter().map(SavedRun::read).collect::<Result<_, _>>()?;
        if rivals.is_empty() {
            first.experiment = Experiment { rivals: Vec::new(), ..first.experiment };
        }
        let is_one_race =
            first.experiment.contenders().skip(1).eq(rivals.iter().map(|run| run.experiment.clone()))
                && rivals.iter().all(|run| run.data == first.data);
        if !is_one_race {
            return Err(damaged("its rivals are those of another race"));
        }
        Ok(Self::Runs(Box::new(SavedRuns { first, rivals })))
    }
}

/// Puts a rival's file into the first one's.
fn take_in(file: &mut WeightFile, number: usize, rival: WeightFile) {
    let below = below(number);
    for mut tensor in rival.tensors {
        tensor.name = format!("{RUN_PREFIX}{below}{}", tensor.name);
        file.tensors.push(tensor);
    }
    file.metadata.extend(rival.metadata.into_iter().map(|(key, words)| (format!("{below}{key}"), words)));
}

/// Takes a rival's file out of the first one's, if it is there.
fn take_out(file: &mut WeightFile, number: usize) -> Option<WeightFile> {
    let below = below(number);
    let in_tensors = format!("{RUN_PREFIX}{below}");
    let mut rival = WeightFile::default();
    for mut tensor in file.tensors.extract_if(.., |tensor| tensor.name.starts_with(&in_tensors)) {
        tensor.name.drain(..in_tensors.len());
        rival.tensors.push(tensor);
    }
    for (mut key, words) in file.metadata.extract_if(.., |key, _| key.starts_with(&below)) {
        key.drain(..below.len());
        rival.metadata.insert(key, words);
    }
    SavedRun::is_in(&rival).then_some(rival)
}

fn below(number: usize) -> String {
    format!("rivals/{number}/")
}

fn check_size(bytes: usize) -> Result<(), KeepingError> {
    const MIB: usize = 1 << 20;
    let (found_mib, max_mib) = (bytes.div_ceil(MIB), MAX_BYTES / MIB);
    if bytes > MAX_BYTES { Err(KeepingError::TooLarge { found_mib, max_mib }) } else { Ok(()) }
}
