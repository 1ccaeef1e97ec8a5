//! Settings that change while a run goes on: what goes into the running network, and what is remembered of it.

use super::run::{EvaluationStage, Mode, Run};
use super::turn::Traffic;
use crate::LabError;
use crate::device::Duty;
use crate::team::Team;
use rnn_protocol::{Experiment, SETTINGS};
use std::rc::Rc;

/// Settings without influence on what is learnt.
const BESIDE: [&str; 3] = ["temperature", "budget", "budget_unit"];

impl Run {
    /// Goes on with windows of another length, from where the run stands. Returns `false`, with the run as it was,
    /// where that cannot be: a device has steps in flight, or the batch would be another.
    pub(super) fn recut(
        &mut self,
        experiment: &Experiment,
        team: &mut Team,
        traffic: &mut Traffic,
    ) -> Result<bool, LabError> {
        if self.duty.device().is_some_and(|device| !device.is_settled()) {
            return Ok(false);
        }
        let lab = self.data.open(experiment)?;
        if lab.facts().batch_size != self.lab.facts().batch_size {
            return Ok(false);
        }
        self.end_peek();
        self.flush_reports(traffic);
        self.leave_team(team)?;
        self.abandon_step();
        self.give_up_trial();
        // Where the steps are best taken depends on their length.
        self.duty = Duty::Undecided;
        let state = Rc::new(self.state(team)?);
        let is_evaluation_owed = self.evaluation != EvaluationStage::Idle;
        let old = std::mem::replace(&mut self.lab, lab);
        if let Err(error) = self.stand_at(state) {
            self.lab = old;
            return Err(error);
        }
        self.samples_before = self.samples;
        if is_evaluation_owed {
            self.evaluation = EvaluationStage::Requested;
        }
        if self.mode() != Mode::Paused {
            // The next step is looked at anyway.
            self.keep.peek = None;
        }
        self.adopt(experiment.clone());
        traffic.is_stale = true;
        traffic.inspections.renew();
        traffic.traces.renew();
        Ok(true)
    }

    /// Is of this experiment from here on, and remembers what has changed on the way.
    pub(super) fn adopt(&mut self, experiment: Experiment) {
        let step = self.step();
        let changed = SETTINGS.iter().filter(|setting| {
            !BESIDE.contains(&setting.key) && setting.get(&self.experiment) != setting.get(&experiment)
        });
        for setting in changed {
            self.keep.past.push_change(step, setting.key);
        }
        self.experiment = experiment;
    }

    /// Says what was changed on the way, if anything was.
    pub(super) fn note_on_changes(&self) -> Option<String> {
        let changes = self.past().changes;
        let label =
            |key: &str| SETTINGS.iter().find(|setting| setting.key == key).map(|setting| setting.label);
        let words = changes
            .iter()
            .filter_map(|change| Some(format!("{} after step {}", label(&change.key)?, change.step)));
        let words = words.collect::<Vec<_>>().join(", ");
        (!words.is_empty()).then(|| {
            format!(
                "Changed on the way: {words}. A link has the settings as they are now from step 0, so that its curve \
                 is another; a saved file goes on from this one."
            )
        })
    }
}
