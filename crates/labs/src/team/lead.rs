//! The lead: divides the batch, gathers shares, hands out their sum, and takes the batch back.

use super::division::divide;
use super::letter::{Payload, Post, Reply};
use super::member::Member;
use super::standing::{self, SavedTrainer};
use crate::step_timing::StepTiming;
use crate::{LabData, LabError, Place, Training};
use rnn_compute::Share;
use rnn_protocol::{
    AloneReason, BUILD_ID, BatchPart, Experiment, HelperCommand, HelperEvent, Staffing, Standing,
};
use std::rc::Rc;

/// A step that one worker takes in less is not split: messages and the sum take about a millisecond.
const WORTHWHILE_MILLIS: f64 = 5.0;
/// A helper that owes its share is waited for this long …
const SHARE_PATIENCE_MILLIS: f64 = 2000.0;
/// … or for this many steps, if that is longer.
const SHARE_PATIENCE_STEPS: f64 = 20.0;
/// A helper that sets up is waited for this long: it reads as much text as the lead did.
const OPENING_PATIENCE_MILLIS: f64 = 10_000.0;

/// How far the run on stage is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nobody has been asked.
    Unasked,
    /// Helpers set up, while the lead times its steps.
    Opening,
    /// Every step is taken together.
    Together,
    /// It is not.
    Alone,
}

/// The helpers of one worker, and how the run on stage is shared with them.
pub(crate) struct Team {
    /// In the order of their numbers.
    members: Vec<Member>,
    /// Helpers there ever were.
    hired: u32,
    lost: u32,
    stage: Stage,
    /// Answers to any other are stale.
    task: u32,
    timing: StepTiming,
    last_step_millis: f64,
    /// What the helpers that have data have.
    data: Option<LabData>,
    /// Numbers of a share's gradients.
    gradients: usize,
    /// Training cannot go on before an answer comes, which is waited for until then.
    held_until: Option<f64>,
    /// Whether there are letters that are not on their way before the caller's turn ends.
    has_posted: bool,
    news: Option<Staffing>,
}

impl Team {
    /// A lead without helpers.
    pub(crate) fn new() -> Self {
        Self {
            members: Vec::new(),
            hired: 0,
            lost: 0,
            stage: Stage::Unasked,
            task: 0,
            timing: StepTiming::default(),
            last_step_millis: 0.0,
            data: None,
            gradients: 0,
            held_until: None,
            has_posted: false,
            news: None,
        }
    }

    /// One more helper. Returns its number.
    pub(crate) fn add_helper(&mut self, post: Post) -> u32 {
        self.hired += 1;
        self.members.push(Member::new(self.hired, post));
        if self.stage == Stage::Opening {
            self.dismiss();
        }
        self.hired
    }

    /// Takes in a helper's answer.
    pub(crate) fn hear(&mut self, from: u32, Reply { event, numbers }: Reply) {
        let (HelperEvent::Ready { task, .. }
        | HelperEvent::Share { task, .. }
        | HelperEvent::Failed { task, .. }) = event;
        let member = self.members.iter_mut().find(|member| member.number == from);
        if let Some(member) = member.filter(|_| task == self.task) {
            member.hear(&event, numbers, self.gradients);
            self.held_until = None;
        }
    }

    /// Who trains the run from here on, and how many helpers were lost, if that has changed.
    pub(crate) fn take_news(&mut self) -> Option<(Staffing, u32)> {
        self.news.take().map(|staffing| (staffing, self.lost))
    }

    /// Whether letters wait for the end of the caller's turn.
    pub(crate) fn has_posted(&self) -> bool {
        self.has_posted
    }

    /// Whether letters were written since this was last asked. Browsers deliver what a worker posts when its
    /// task ends, so that whoever goes on working keeps the helpers waiting.
    pub(crate) fn take_posted(&mut self) -> bool {
        std::mem::take(&mut self.has_posted)
    }

    /// Whether training cannot go on before an answer comes.
    pub(crate) fn is_held(&self, now: f64) -> bool {
        self.held_until.is_some_and(|until| now < until)
    }

    /// Milliseconds after which training goes on even if no answer comes.
    pub(crate) fn wake_after(&self, now: f64) -> Option<f64> {
        self.held_until.map(|until| (until - now).max(0.0))
    }

    /// Nobody wants to train for now, so that nothing is waited for.
    pub(crate) fn rest(&mut self) {
        self.held_until = None;
    }

    /// Counts a step that was taken.
    pub(crate) fn count_step(&mut self, millis: f64) {
        self.last_step_millis = millis;
        if self.stage == Stage::Opening {
            self.timing.count(millis);
        }
    }

    /// The live settings have changed.
    pub(crate) fn tune(&mut self, experiment: &Experiment) {
        if matches!(self.stage, Stage::Opening | Stage::Together) {
            self.command_all(&HelperCommand::Tune { experiment: experiment.clone() }, &Payload::None);
        }
    }

    /// To be called before each step. Has the helpers begin theirs, if it is taken together, and makes it so
    /// when that is due. Returns whether the lead can begin.
    pub(crate) fn begin_step(
        &mut self,
        (experiment, data): (&Experiment, &LabData),
        training: &mut dyn Training,
        now: f64,
    ) -> Result<bool, LabError> {
        if self.stage == Stage::Unasked && !self.members.is_empty() {
            self.open((experiment, data), training)?;
        }
        if let (Stage::Opening, Some(millis)) = (self.stage, self.timing.millis()) {
            if millis < WORTHWHILE_MILLIS {
                self.stay_alone(AloneReason::ShortStep { millis });
            } else if self.members.iter().all(|member| member.is_ready) {
                self.split(training)?;
            } else {
                self.held_until.get_or_insert(now + OPENING_PATIENCE_MILLIS);
                return Ok(false);
            }
        }
        if self.stage == Stage::Together {
            self.command_all(&HelperCommand::Step, &Payload::None);
        }
        Ok(true)
    }

    /// Adds the shares up and hands the sum out, if the lead's own is worked out and all others have come.
    /// Returns whether the lead has the sum, too.
    pub(crate) fn complete_step(&mut self, training: &mut dyn Training, now: f64) -> Result<bool, LabError> {
        if !training.trainer().is_waiting() {
            return Ok(false);
        }
        if self.members.iter().any(|member| member.share.is_none()) {
            let patience = SHARE_PATIENCE_MILLIS.max(SHARE_PATIENCE_STEPS * self.last_step_millis);
            self.held_until.get_or_insert(now + patience);
            return Ok(false);
        }
        let mut sum = Share { loss: 0.0, gradients: Vec::new() };
        training.trainer().share(&mut sum)?;
        for share in self.members.iter_mut().filter_map(Member::take_share) {
            sum.add(&share)?;
        }
        training.trainer_mut().complete(&sum)?;
        let Share { loss, gradients } = sum;
        self.command_all(&HelperCommand::Complete { loss }, &Payload::Numbers(Rc::new(gradients)));
        Ok(true)
    }

    /// Whether a helper has failed or was waited for in vain: [`Team::recall`] parts with it.
    pub(crate) fn has_losses(&mut self, now: f64) -> bool {
        if self.held_until.is_some_and(|until| now >= until) {
            let is_together = self.stage == Stage::Together;
            for member in &mut self.members {
                member.is_lost |= if is_together { member.share.is_none() } else { !member.is_ready };
            }
        }
        self.members.iter().any(|member| member.is_lost)
    }

    /// Takes the whole batch back, and parts with helpers that are lost. Returns whether the step in hand was
    /// taken back with it, which is then to be taken again.
    pub(crate) fn recall(&mut self, training: &mut dyn Training) -> Result<bool, LabError> {
        let was_together = self.stage == Stage::Together;
        if was_together {
            training.abandon();
            let place = self.whole(training.place());
            let whole = BatchPart { member: 0, first: 0, count: training.batch_size() as u32 };
            training.take_part(whole, &place)?;
        }
        self.dismiss();
        let before = self.members.len();
        self.members.retain(|member| !member.is_lost);
        self.lost += (before - self.members.len()) as u32;
        if self.members.is_empty() && before > 0 {
            self.stay_alone(AloneReason::Lost);
        }
        Ok(was_together)
    }

    /// Whether every step is taken together.
    pub(crate) fn is_together(&self) -> bool {
        self.stage == Stage::Together
    }

    /// Where the next window of the whole batch begins, of where that of the lead's own part does. To be asked
    /// between two steps.
    pub(crate) fn whole(&self, mut place: Place) -> Place {
        if let Some(states) = place.states.as_mut().filter(|_| self.is_together()) {
            self.members.iter().for_each(|member| states.extend_from_slice(&member.states));
        }
        place
    }

    /// Nothing is asked of anybody, and the next step of the run on stage begins anew with asking.
    fn dismiss(&mut self) {
        self.stage = Stage::Unasked;
        self.task = self.task.wrapping_add(1);
        self.timing = StepTiming::default();
        self.held_until = None;
        self.members.iter_mut().for_each(Member::dismiss);
    }

    fn open(
        &mut self,
        (experiment, data): (&Experiment, &LabData),
        training: &dyn Training,
    ) -> Result<(), LabError> {
        let workers = self.members.len() + 1;
        let Some(parts) = divide(training.batch_size(), workers) else {
            self.stay_alone(AloneReason::SmallBatch);
            return Ok(());
        };
        if !training.team_memory(workers)?.fits() {
            self.stay_alone(AloneReason::Memory);
            return Ok(());
        }
        self.dismiss();
        self.stage = Stage::Opening;
        self.gradients = training.trainer().parameters().trained_count();
        if !self.data.as_ref().is_some_and(|known| known.is(data)) {
            self.data = Some(data.clone());
            self.members.iter_mut().for_each(|member| member.has_data = false);
        }
        let mut bytes = None;
        for (member, part) in self.members.iter_mut().zip(&parts[1..]) {
            let payload = if std::mem::replace(&mut member.has_data, true) {
                Payload::None
            } else {
                Payload::Bytes(Rc::clone(bytes.get_or_insert_with(|| Rc::new(data.to_bytes()))))
            };
            member.part = *part;
            let (build, task, experiment) = (BUILD_ID.to_owned(), self.task, experiment.clone());
            let command = HelperCommand::Open { build, task, experiment, part: *part };
            member.post(command, payload);
        }
        Ok(())
    }

    /// Every member takes its part over from where the run stands.
    fn split(&mut self, training: &mut dyn Training) -> Result<(), LabError> {
        let Place { position, states } = training.place();
        let SavedTrainer { present, last_good, numbers } = standing::save(training.trainer())?;
        let has_state = states.is_some();
        let standing = Standing { present, last_good, position: position as u32, has_state };
        let states = states.unwrap_or_default();
        let width = states.len() / training.batch_size();
        let of = |part: BatchPart| &states[part.first as usize * width..][..part.count as usize * width];
        let mut own = training.batch_size() as u32;
        for member in &mut self.members {
            own -= member.part.count;
            member.states = of(member.part).to_vec();
            let numbers = [&numbers, member.states.as_slice()].concat();
            member.post(HelperCommand::Adopt { standing }, Payload::Numbers(Rc::new(numbers)));
        }
        let own = BatchPart { member: 0, first: 0, count: own };
        let states = has_state.then(|| of(own).to_vec());
        training.take_part(own, &Place { position, states })?;
        self.stage = Stage::Together;
        self.news = Some(Staffing::Together { workers: self.members.len() as u32 + 1 });
        Ok(())
    }

    fn stay_alone(&mut self, reason: AloneReason) {
        self.stage = Stage::Alone;
        self.news = Some(Staffing::Alone { reason });
    }

    fn command_all(&mut self, command: &HelperCommand, payload: &Payload) {
        self.has_posted = true;
        for member in &mut self.members {
            member.post(command.clone(), payload.clone());
        }
    }
}
