//! The training of the Text lab's network.

use super::arrivals::{ComingLook, ComingState};
use super::data::TextData;
use super::model::{Plan, trainer_config};
use super::rows::Rows;
use crate::{LabError, MemoryPlan, Place, RawLook, RunState, Slice, Training};
use rnn_compute::models::LanguageModelGraph;
use rnn_compute::tape::Tape;
use rnn_compute::{
    Backend, Companions, ComputeError, Cpu, DeviceError, Divergence, Parameters, StepOutcome, Trainer,
    TrainerConfig,
};
use rnn_protocol::{BatchPart, Experiment, StepReport};
use std::rc::Rc;

/// Sets the seeds of a team's members apart: 2³² divided by the golden ratio, made odd.
const SEED_STRIDE: u32 = 0x9e37_79b9;

/// The network in training, on the whole batch or on a part of it.
pub(crate) struct TextTraining<B: Backend<Elem = f32>> {
    backend: B,
    data: Rc<TextData>,
    plan: Plan,
    trainer: Trainer<B>,
    rows: Rows,
    member: u32,
    /// Whether a window is loaded whose step is not begun in full.
    has_window: bool,
    /// Whether the next step that is begun in full is to be looked at.
    is_look_wanted: bool,
    look: Option<ComingLook<B>>,
}

impl TextTraining<Cpu> {
    /// Step 0 on the whole batch.
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    pub(super) fn new(experiment: &Experiment, data: Rc<TextData>, plan: Plan) -> Result<Self, LabError> {
        let rows = 0..plan.training_window.batch;
        let recorded = Rows::new(Cpu, &plan, rows, data.training().len())?;
        let parameters = plan.parameters(experiment);
        Ok(Self::with_rows((Cpu, parameters), experiment, (data, plan), recorded, 0))
    }

    /// Step 0 on a part of the batch, together with others.
    ///
    /// # Errors
    /// If the network would not fit into memory, or the batch has no such part.
    pub(crate) fn of_part(
        experiment: &Experiment,
        data: Rc<TextData>,
        part: BatchPart,
    ) -> Result<Self, LabError> {
        let chars = (data.training().len(), data.validation().len());
        let plan = Plan::new(experiment, data.vocabulary(), chars)?;
        let recorded = Rows::new(Cpu, &plan, plan.rows(part)?, chars.0)?;
        let parameters = plan.parameters(experiment);
        let member = part.member;
        let mut training = Self::with_rows((Cpu, parameters), experiment, (data, plan), recorded, member);
        training.trainer.set_shared(true)?;
        Ok(training)
    }
}

impl<B: Backend<Elem = f32>> TextTraining<B> {
    /// On a device and on the whole batch; the weights are still to come, with [`TextTraining::load`].
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    pub(super) fn on(
        backend: B,
        experiment: &Experiment,
        data: Rc<TextData>,
        plan: Plan,
    ) -> Result<Self, LabError> {
        let rows = 0..plan.training_window.batch;
        let recorded = Rows::new(backend.clone(), &plan, rows, data.training().len())?;
        let parameters = plan.blank_parameters(backend.clone());
        Ok(Self::with_rows((backend, parameters), experiment, (data, plan), recorded, 0))
    }

    fn with_rows(
        (backend, parameters): (B, Parameters<B>),
        experiment: &Experiment,
        (data, plan): (Rc<TextData>, Plan),
        (rows, tape): (Rows, Tape<B>),
        member: u32,
    ) -> Self {
        let config = member_config(experiment, member);
        let spare = plan.blank_parameters(backend.clone());
        let trainer = Trainer::new(&backend, config, (tape, rows.probe_points()), parameters, spare);
        let (has_window, is_look_wanted, look) = (false, false, None);
        Self { backend, data, plan, trainer, rows, member, has_window, is_look_wanted, look }
    }

    pub(super) fn graph(&self) -> &LanguageModelGraph {
        self.rows.graph()
    }

    /// Steps that are begun in full.
    pub(super) fn step(&self) -> u32 {
        self.trainer.step()
    }

    /// The weights, for another tape of the same network to run with.
    pub(super) fn parameters_mut(&mut self) -> &mut Parameters<B> {
        self.trainer.parameters_mut()
    }

    /// Whether a step is begun that the device has not been given in full.
    pub(super) fn is_mid_step(&self) -> bool {
        !self.trainer.is_idle()
    }

    /// Whether a step that is begun in full has not landed.
    pub(super) fn is_in_flight(&self) -> bool {
        self.trainer.is_in_flight()
    }

    /// Whether as many steps are in flight as may be.
    pub(super) fn is_full(&self) -> bool {
        self.trainer.is_full()
    }

    /// Symbols that the whole batch reads in one step.
    pub(super) fn symbols_per_step(&self) -> u64 {
        let window = self.plan.training_window;
        (window.steps * window.batch) as u64
    }

    /// Takes over the settings that a running network can change.
    pub(super) fn retune(&mut self, experiment: &Experiment) {
        self.trainer.set_config(member_config(experiment, self.member));
    }

    /// Has the next step looked at.
    pub(super) fn request_look(&mut self) {
        // One look at a time: that which is on its way is newer than what anybody has seen.
        if self.look.is_none() {
            self.trainer.request_look();
            self.is_look_wanted = true;
        }
    }

    /// The look at a step, once everything about it has arrived.
    ///
    /// # Errors
    /// If the device failed.
    pub(super) fn take_look(&mut self) -> Result<Option<RawLook>, DeviceError> {
        let Some(coming) = &mut self.look else { return Ok(None) };
        let look = coming.take()?;
        if look.is_some() {
            self.look = None;
        }
        Ok(look)
    }

    /// Works on the step in hand, or begins the next. Returns the outcome of the oldest that is begun in full,
    /// once it is known.
    ///
    /// # Errors
    /// If the loss or its gradient stops being a number; the last good weights are then in place.
    pub(super) fn work(&mut self, slice: &Slice<'_>) -> Option<Result<StepOutcome, Divergence>> {
        let begins = self.trainer.is_idle() && !self.trainer.is_full();
        if begins {
            if let Err(error) = self.rows.load(self.trainer.tape_mut(), self.data.training()) {
                return Some(Err(never(&error)));
            }
            self.has_window = true;
        }
        let outcome = self.trainer.advance(&mut || slice.is_over());
        if self.has_window && self.trainer.is_idle() {
            self.has_window = false;
            if std::mem::take(&mut self.is_look_wanted) {
                let vocabulary = self.data.vocabulary().symbols();
                let symbol = |id: u16| vocabulary[usize::from(id)].to_string();
                let symbols = self.rows.first_row().into_iter().map(symbol).collect();
                let backend = self.backend.clone();
                self.look = Some(ComingLook::request(backend, &self.trainer, &self.rows, symbols));
            }
        }
        self.hear(outcome)
    }

    /// The outcome of a step that is begun in full; begins none.
    ///
    /// # Errors
    /// As [`TextTraining::work`].
    pub(super) fn land(&mut self) -> Option<Result<StepOutcome, Divergence>> {
        let outcome = self.trainer.land();
        self.hear(outcome)
    }

    /// Puts back the last good weights.
    pub(super) fn retreat(&mut self) -> Divergence {
        self.rows.forget_state();
        self.trainer.retreat()
    }

    /// Asks for everything that the coming steps depend on.
    ///
    /// # Errors
    /// If a step is half done.
    pub(super) fn request_state(&self) -> Result<ComingState<B>, ComputeError> {
        ComingState::request(&self.trainer, &self.rows)
    }

    /// What was asked for, once it has arrived.
    ///
    /// # Errors
    /// If the device failed.
    pub(super) fn fetch_state(&self, coming: &mut ComingState<B>) -> Result<Option<RunState>, DeviceError> {
        coming.take(&self.rows)
    }

    /// Goes on from where another training of the same rows stands.
    ///
    /// # Errors
    /// If a step is half done, or the state is that of another network or of other rows.
    pub(super) fn load(&mut self, state: &RunState) -> Result<(), LabError> {
        self.trainer.load(&state.trainer)?;
        self.rows.go_to(self.trainer.tape_mut(), &state.place)?;
        Ok(())
    }

    fn hear(
        &mut self,
        outcome: Option<Result<StepOutcome, Divergence>>,
    ) -> Option<Result<StepOutcome, Divergence>> {
        let mut outcome = outcome?;
        if let Some(look) = &mut self.look
            && !look.hear(&mut outcome, &self.trainer)
        {
            self.look = None;
        }
        if outcome.is_err() {
            self.rows.forget_state();
            (self.has_window, self.is_look_wanted) = (false, false);
        }
        Some(outcome)
    }
}

impl Training for TextTraining<Cpu> {
    fn batch_size(&self) -> usize {
        self.plan.training_window.batch
    }

    fn trainer(&self) -> &Trainer<Cpu> {
        &self.trainer
    }

    fn trainer_mut(&mut self) -> &mut Trainer<Cpu> {
        &mut self.trainer
    }

    fn tune(&mut self, experiment: &Experiment) {
        self.retune(experiment);
    }

    fn advance(&mut self, slice: &Slice<'_>) -> Option<Result<StepOutcome, Divergence>> {
        self.work(slice)
    }

    fn abandon(&mut self) {
        if !self.trainer.is_idle() {
            self.rows.unload();
        }
        self.has_window = false;
        self.trainer.abandon();
    }

    fn place(&self) -> Place {
        self.rows.place(self.trainer.tape())
    }

    fn take_part(&mut self, part: BatchPart, place: &Place) -> Result<(), LabError> {
        let own = self.plan.rows(part)?;
        let is_shared = own.len() < self.batch_size();
        let (mut rows, mut tape) = Rows::new(Cpu, &self.plan, own, self.data.training().len())?;
        rows.go_to(&mut tape, place)?;
        self.trainer.replace_tape(tape, rows.probe_points())?;
        self.trainer.set_shared(is_shared)?;
        (self.rows, self.member) = (rows, part.member);
        Ok(())
    }

    fn state(&self) -> Result<RunState, LabError> {
        let trainer = self.trainer.save(Companions::default())?;
        Ok(RunState { trainer, place: self.place() })
    }

    fn go_on_from(&mut self, state: &RunState) -> Result<(), LabError> {
        self.load(state)
    }

    fn team_memory(&self, members: usize) -> Result<MemoryPlan, LabError> {
        self.plan.team_memory(members)
    }
}

/// What the page is told of a step.
pub(super) fn report(outcome: &StepOutcome) -> StepReport {
    StepReport { step: outcome.step, loss: outcome.loss as f32, grad_norm: outcome.grad_norm as f32 }
}

/// The lead draws what a single worker draws; each helper draws otherwise, since its sequences are others.
fn member_config(experiment: &Experiment, member: u32) -> TrainerConfig {
    let config = trainer_config(experiment);
    TrainerConfig { seed: config.seed.wrapping_add(member.wrapping_mul(SEED_STRIDE)), ..config }
}

/// A failure that the lab's own checks rule out: windows come from the vocabulary that the network
/// was made for.
pub(super) fn never(error: &ComputeError) -> Divergence {
    debug_assert!(false, "{error}");
    Divergence { step: 0, loss: f64::NAN, grad_norm: None }
}
