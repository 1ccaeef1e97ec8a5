//! What is kept of a run beside its lab: what it has reported, checkpoints to go back to, and its file when it
//! is asked for.

use super::output::{SAMPLE_SYMBOLS, WRITING_SHARE};
use super::run::{EvaluationStage, Mode, Run};
use super::turn::{Traffic, Turn};
use crate::device::Duty;
use crate::keeping::{Checkpoints, KeepingError, SavedRun, SavedRuns};
use crate::team::Team;
use crate::{Lab, LabError, RunState};
use rnn_protocol::{Event, Past, StepReport};
use std::rc::Rc;

/// What is kept of a run beside its lab.
#[derive(Default)]
pub(super) struct Keep {
    pub(super) past: Past,
    pub(super) checkpoints: Checkpoints,
    /// Files that were asked for and are not written yet.
    requests: Vec<u32>,
    /// A look inside that is taken, or about to be.
    pub(super) peek: Option<Peek>,
    /// Whether it has trained since the page was shown where it stood.
    pub(super) is_unseen: bool,
}

/// A look inside a run where it rests: a step is taken to be looked at, and then the run is where it was.
#[derive(Clone)]
pub(super) struct Peek {
    state: Rc<RunState>,
    is_begun: bool,
    /// Whether the run was just brought here, and has written nothing yet.
    is_restored: bool,
}

impl Keep {
    /// A step is taken.
    pub(super) fn take_report(&mut self, report: StepReport) {
        self.past.push_step(report);
        self.checkpoints.go_on(report.step);
    }
}

impl Run {
    /// The file is owed that this request asks for.
    pub(super) fn request_save(&mut self, request: u32) {
        self.keep.requests.push(request);
    }

    /// Comes to stand between two steps, if it can at once. Returns whether it does.
    fn stands_between_steps(&mut self, team: &Team) -> bool {
        let is_coming =
            self.mode == Mode::Paused && self.duty.device().is_some_and(|device| !device.is_settled());
        if is_coming {
            return false;
        }
        self.put_off_peek();
        if self.is_mid_step {
            if self.mode != Mode::Paused || team.is_together() {
                return false;
            }
            // It is taken again, to the bit, when training goes on.
            self.abandon_step();
        }
        true
    }

    /// Whether a step must be ended for a file to be written: only one that others work on, too.
    pub(super) fn must_end_step_to_save(&self, turn: &Turn<'_>) -> bool {
        !self.keep.requests.is_empty() && self.is_mid_step && turn.team.is_together()
    }

    /// Takes the run down for later, if that is due. To be called between two steps of the lab.
    pub(super) fn keep_checkpoint_if_due(&mut self, turn: &mut Turn<'_>) {
        // Contenders go on together, so that none goes back alone.
        if turn.config.is_watched
            && self.race.is_none()
            && self.keep.checkpoints.is_due(self.lab.step())
            && let Ok(state) = self.state(turn.team)
        {
            self.keep.checkpoints.keep(state);
        }
    }

    /// Says which checkpoints there are, if they have changed.
    pub(super) fn announce_checkpoints(&mut self, traffic: &mut Traffic) {
        if let Some(steps) = self.keep.checkpoints.take_changed() {
            traffic.events.push(Event::Checkpoints { run: self.id(), steps });
        }
    }

    /// Goes to a checkpoint, paused.
    pub(super) fn rewind(
        &mut self,
        step: u32,
        team: &mut Team,
        traffic: &mut Traffic,
    ) -> Result<(), KeepingError> {
        let state = self.keep.checkpoints.find(step).ok_or(KeepingError::NoCheckpoint { step })?;
        self.set_mode(Mode::Paused, team, traffic);
        self.leave_team(team)?;
        self.abandon_step();
        self.keep.checkpoints.leave(self.state(team)?);
        // A device begins anew from where the lab then stands.
        if matches!(self.duty, Duty::Device(_)) {
            self.duty = Duty::Undecided;
        }
        self.stand_at(state)?;
        traffic.is_stale = true;
        Ok(())
    }

    /// Brings the lab where a run stood.
    pub(super) fn stand_at(&mut self, state: Rc<RunState>) -> Result<(), LabError> {
        self.lab.training_mut().go_on_from(&state)?;
        self.evaluation = EvaluationStage::Idle;
        self.lab.restart_evaluation();
        self.keep.peek = Some(Peek { state, is_begun: false, is_restored: true });
        Ok(())
    }

    /// Takes up what a run has reported.
    pub(super) fn recall(&mut self, past: Past) {
        // As much was written as is right.
        self.writing_millis = WRITING_SHARE * past.clock.training_millis;
        self.keep.past = past;
    }

    /// What the run had reported when it stood where it stands.
    pub(super) fn past(&self) -> Past {
        self.keep.past.up_to(self.step())
    }

    /// Whether the page is to be shown where the run rests: the last look may be of some steps before. A device
    /// or a team is not called back for it.
    pub(super) fn owes_peek(&self, team: &Team) -> bool {
        let is_alone = self.duty.device().is_none() && !team.is_together();
        let is_resting = self.mode == Mode::Paused && self.evaluation == EvaluationStage::Idle;
        is_resting && (self.keep.peek.is_some() || (self.keep.is_unseen && is_alone))
    }

    /// Looks inside a run where it rests; one that was just brought there writes something, too.
    pub(super) fn peek(&mut self, turn: &mut Turn<'_>) {
        if !self.owes_peek(turn.team) || !self.begin_peek(turn.team) {
            return;
        }
        if self.lab.train(turn.slice).is_some() {
            let is_restored = self.keep.peek.as_ref().is_some_and(|peek| peek.is_restored);
            self.end_peek();
            self.keep.is_unseen = false;
            turn.traffic.is_stale = true;
            if is_restored && self.writes() && self.lab.step() > 0 && !self.lab.has_output_to_write() {
                self.lab.begin_output("", SAMPLE_SYMBOLS);
            }
        }
    }

    /// Has a step in hand that is to be looked at, if it can. Returns whether it has.
    fn begin_peek(&mut self, team: &Team) -> bool {
        if self.keep.peek.is_none() {
            // It is taken again, to the bit, when training goes on.
            self.abandon_step();
            self.is_looking = false;
            let state = self.state(team).ok().map(Rc::new);
            self.keep.is_unseen &= state.is_some();
            self.keep.peek = state.map(|state| Peek { state, is_begun: false, is_restored: false });
        }
        let Some(peek) = self.keep.peek.as_mut().filter(|_| !self.is_mid_step) else { return false };
        if !std::mem::replace(&mut peek.is_begun, true) {
            self.lab.network_mut().request_look();
        }
        true
    }

    /// The run is where it was before it was looked at, and is still to be looked at.
    fn put_off_peek(&mut self) {
        let peek = self.keep.peek.clone();
        self.end_peek();
        self.keep.peek = peek.map(|peek| Peek { is_begun: false, ..peek });
    }

    /// The run is where it was before it was looked at.
    pub(super) fn end_peek(&mut self) {
        if let Some(Peek { state, is_begun: true, .. }) = self.keep.peek.take() {
            self.lab.training_mut().abandon();
            // It went there before.
            let gone = self.lab.training_mut().go_on_from(&state);
            debug_assert!(gone.is_ok(), "{gone:?}");
        }
    }

    /// The step in hand has not begun.
    pub(super) fn abandon_step(&mut self) {
        if std::mem::take(&mut self.is_mid_step) {
            self.lab.training_mut().abandon();
        }
    }

    /// Everything that the coming steps of the whole batch depend on. To be called between two steps.
    pub(super) fn state(&self, team: &Team) -> Result<RunState, LabError> {
        let RunState { trainer, place } = self.lab.training().state()?;
        Ok(RunState { trainer, place: team.whole(place) })
    }

    fn saved(&self, team: &Team) -> Result<SavedRun, LabError> {
        Ok(SavedRun {
            experiment: self.experiment.clone(),
            data: self.data.mark(),
            past: self.keep.past.clone(),
            state: self.state(team)?,
        })
    }
}

/// Writes the files that were asked for, as soon as everybody in the race stands between two steps.
pub(super) fn save_if_asked(lead: &mut Run, rivals: &mut [Run], turn: &mut Turn<'_>) {
    if lead.keep.requests.is_empty() {
        return;
    }
    let is_between_steps = rivals.iter_mut().all(|run| run.stands_between_steps(turn.team))
        && lead.stands_between_steps(turn.team);
    if !is_between_steps {
        return;
    }
    for request in std::mem::take(&mut lead.keep.requests) {
        match file(lead, rivals, turn.team) {
            Ok((step, bytes)) => {
                lead.flush_reports(turn.traffic);
                rivals.iter_mut().for_each(|run| run.flush_reports(turn.traffic));
                turn.traffic.files.push_back(bytes);
                turn.traffic.events.push(Event::Saved { run: lead.id(), request, step });
            }
            Err(error) => {
                let message = error.to_string();
                turn.traffic.events.push(Event::NotSaved { request, message });
            }
        }
    }
}

fn file(lead: &Run, rivals: &[Run], team: &Team) -> Result<(u32, Vec<u8>), KeepingError> {
    let labs: Vec<&dyn Lab> = std::iter::once(lead).chain(rivals).map(|run| &*run.lab).collect();
    let rivals = rivals.iter().map(|run| run.saved(team)).collect::<Result<_, _>>()?;
    SavedRuns { first: lead.saved(team)?, rivals }.into_bytes(&labs)
}
