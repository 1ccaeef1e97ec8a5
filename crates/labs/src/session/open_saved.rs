//! Runs that come from files, and the commands about keeping a run.

use super::run::{Mode, Run};
use super::stage_data::{Delivery, StageData};
use super::{Session, race};
use crate::keeping::{KeepingError, SavedFile, SavedRun, SavedRuns, adopt_weights};
use crate::{Lab, LabError};
use rnn_formats::WeightFile;
use rnn_protocol::{DataSource, Event, Experiment};
use std::rc::Rc;

impl Session {
    /// Carries out a command about keeping, or says why not.
    pub(super) fn or_refuse(&mut self, carry_out: impl FnOnce(&mut Self) -> Result<(), KeepingError>) {
        if let Err(error) = carry_out(self) {
            self.refuse(error.to_string());
        }
    }

    /// The file of the run on stage is owed.
    pub(super) fn save(&mut self, request: u32) {
        match &mut self.run {
            Some(run) => run.request_save(request),
            None => {
                let message = KeepingError::NoRun.to_string();
                self.traffic.events.push(Event::NotSaved { request, message });
            }
        }
    }

    /// Opens a file, at once if its data is on stage.
    pub(super) fn open_file(&mut self, bytes: Option<Vec<u8>>) -> Result<(), KeepingError> {
        self.awaited = None;
        match SavedFile::read(&bytes.ok_or(KeepingError::FileMissing)?)? {
            SavedFile::Weights(file) => self.open_weights(&file),
            SavedFile::Runs(saved) => match self.data_at_hand(&saved.first) {
                Some(data) => self.bring_on_stage(*saved, &data),
                None => {
                    let Experiment { lab, data: source, .. } = saved.first.experiment.clone();
                    let bytes = saved.first.data.bytes;
                    self.traffic.events.push(Event::DataWanted { lab, source, bytes });
                    self.awaited = Some(saved);
                    Ok(())
                }
            },
        }
    }

    /// Opens the file that waits for this data.
    pub(super) fn take_data(&mut self, data: Option<Delivery>) -> Result<(), KeepingError> {
        let saved = self.awaited.take().ok_or(KeepingError::NothingWaits)?;
        let first = &saved.first;
        let data = StageData::read(first.experiment.lab, data.ok_or(KeepingError::FileMissing)?)?;
        let (expected, found) = (first.data, data.mark());
        if expected != found {
            let name = match &first.experiment.data {
                DataSource::Shipped => "the text of this site".to_owned(),
                DataSource::Own { name } => name.clone(),
            };
            return Err(KeepingError::OtherData { name, expected: expected.bytes, found: found.bytes });
        }
        self.bring_on_stage(*saved, &data)
    }

    /// Goes to a checkpoint of the run on stage.
    pub(super) fn rewind(&mut self, step: u32) -> Result<(), KeepingError> {
        let run = self.run.as_mut().ok_or(KeepingError::NoRun)?;
        run.rewind(step, &mut self.team, &mut self.traffic)?;
        self.announce_with_past();
        Ok(())
    }

    /// The data of a saved run, where nobody needs to bring it.
    fn data_at_hand(&self, saved: &SavedRun) -> Option<StageData> {
        if let Some(generated) = StageData::generated(saved.experiment.lab) {
            return Some(generated);
        }
        let run = self.run.as_ref()?;
        let is_same = run.experiment.lab == saved.experiment.lab && run.data.mark() == saved.data;
        is_same.then(|| run.data.clone())
    }

    fn bring_on_stage(&mut self, saved: SavedRuns, data: &StageData) -> Result<(), KeepingError> {
        let SavedRuns { first, rivals } = saved;
        let (lab, rival_labs) = race::open(data, &first.experiment)?;
        let mut last_run_id = self.last_run_id;
        let mut begin = |saved: SavedRun, lab: Box<dyn Lab>| {
            last_run_id += 1;
            let mut run = Run::new(last_run_id, saved.experiment, data.clone(), lab, Mode::Paused);
            // A file that does not fit its own experiment.
            let unfit = |error: LabError| KeepingError::Words { reason: error.to_string() };
            run.stand_at(Rc::new(saved.state)).map_err(unfit)?;
            run.recall(saved.past);
            Ok::<_, KeepingError>(run)
        };
        let run = begin(first, lab)?;
        let rivals = rivals.into_iter().zip(rival_labs).map(|(saved, (_, lab))| begin(saved, lab));
        let rivals = rivals.collect::<Result<_, _>>()?;
        self.put_runs_on_stage(run, rivals);
        self.announce_with_past();
        Ok(())
    }

    /// A run at step 0 with these weights, on the data on stage.
    fn open_weights(&mut self, file: &WeightFile) -> Result<(), KeepingError> {
        let Some(run) = &self.run else { return Err(KeepingError::NoNetwork) };
        let data = run.data.clone();
        let experiment = alone(experiment_of(file, &run.experiment));
        let mut lab: Box<dyn Lab> = data.open(&experiment)?;
        adopt_weights(&mut *lab, file)?;
        self.put_on_stage(experiment, &data, (lab, Vec::new()), Mode::Paused);
        Ok(())
    }

    fn announce_with_past(&mut self) {
        self.announce();
        if let Some(run) = &self.run {
            for run in std::iter::once(run).chain(self.race.rivals()) {
                self.traffic.events.push(Event::Recalled { run: run.id(), past: run.past() });
            }
        }
    }
}

/// Weights are those of one network and none of those that raced with it.
fn alone(experiment: Experiment) -> Experiment {
    Experiment { rivals: Vec::new(), ..experiment }
}

/// The network that the command line's files name in their metadata, or that on stage.
fn experiment_of(file: &WeightFile, on_stage: &Experiment) -> Experiment {
    let words = file.metadata.get("experiment");
    let named = words.and_then(|words| serde_json::from_str::<Experiment>(words).ok());
    let named = named.filter(|experiment| experiment.lab == on_stage.lab && experiment.check().is_ok());
    match named {
        Some(experiment) => Experiment { data: on_stage.data.clone(), ..experiment },
        None => on_stage.clone(),
    }
}
