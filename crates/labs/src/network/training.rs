//! A lab's network in training, on the whole batch or on a part of it, here or on a device.

use super::arrivals::{ComingLook, ComingState};
use super::{Batches, Look, NetworkPlan, part_rows, trainer_config};
use crate::{LabError, MemoryPlan, Place, RawLook, RunState, Slice, Training};
use rnn_compute::models::LayerTrace;
use rnn_compute::tape::Tape;
use rnn_compute::{
    Backend, Companions, ComputeError, Cpu, DeviceError, Divergence, Parameters, StepOutcome, Trainer,
    TrainerConfig,
};
use rnn_protocol::{BatchPart, Experiment, StepReport};

/// Sets the seeds of a team's members apart: 2³² divided by the golden ratio, made odd.
const SEED_STRIDE: u32 = 0x9e37_79b9;

/// The network in training, on the whole batch or on a part of it.
pub(crate) struct NetworkTraining<B: Backend<Elem = f32>, P: NetworkPlan> {
    backend: B,
    plan: P,
    trainer: Trainer<B>,
    batches: P::Batches,
    member: u32,
    /// Whether a batch is loaded whose step is not begun in full.
    has_batch: bool,
    /// Whether the next step that is begun in full is to be looked at.
    is_look_wanted: bool,
    /// What the step reads that is to be looked at.
    inputs: Option<B::Transfer>,
    look: Option<ComingLook<B>>,
}

impl<P: NetworkPlan> NetworkTraining<Cpu, P> {
    /// Step 0 on the whole batch.
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    pub(crate) fn new(experiment: &Experiment, plan: P) -> Result<Self, LabError> {
        let recorded = plan.batches(Cpu, 0..plan.batch_size())?;
        let parameters = plan.weights().draw(experiment.seed);
        Ok(Self::with_batches((Cpu, parameters), experiment, plan, recorded, 0))
    }

    /// Step 0 on a part of the batch, together with others.
    ///
    /// # Errors
    /// If the batch has no such part.
    pub(crate) fn of_part(experiment: &Experiment, plan: P, part: BatchPart) -> Result<Self, LabError> {
        let recorded = plan.batches(Cpu, part_rows(plan.batch_size(), part)?)?;
        let parameters = plan.weights().draw(experiment.seed);
        let mut training = Self::with_batches((Cpu, parameters), experiment, plan, recorded, part.member);
        training.trainer.set_shared(true)?;
        Ok(training)
    }
}

impl<B: Backend<Elem = f32>, P: NetworkPlan> NetworkTraining<B, P> {
    /// On a device and on the whole batch; the weights are still to come, with [`NetworkTraining::load`].
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    pub(crate) fn on(backend: B, experiment: &Experiment, plan: P) -> Result<Self, LabError> {
        let recorded = plan.batches(backend.clone(), 0..plan.batch_size())?;
        let parameters = plan.weights().blank(backend.clone());
        Ok(Self::with_batches((backend, parameters), experiment, plan, recorded, 0))
    }

    fn with_batches(
        (backend, parameters): (B, Parameters<B>),
        experiment: &Experiment,
        plan: P,
        (batches, tape): (P::Batches, Tape<B>),
        member: u32,
    ) -> Self {
        let config = member_config(experiment, member);
        let spare = plan.weights().blank(backend.clone());
        let mut trainer = Trainer::new(&backend, config, (tape, batches.probe_points()), parameters, spare);
        trainer.watch_gradients(Look::watched(batches.layers()));
        let (has_batch, is_look_wanted, inputs, look) = (false, false, None, None);
        Self { backend, plan, trainer, batches, member, has_batch, is_look_wanted, inputs, look }
    }

    /// The network and what it is trained on.
    pub(crate) fn plan(&self) -> &P {
        &self.plan
    }

    /// The recurrent layers, bottom first.
    pub(crate) fn layers(&self) -> &[LayerTrace] {
        self.batches.layers()
    }

    /// Steps that are begun in full.
    pub(crate) fn step(&self) -> u32 {
        self.trainer.step()
    }

    /// The weights, for another tape of the same network to run with.
    pub(crate) fn parameters_mut(&mut self) -> &mut Parameters<B> {
        self.trainer.parameters_mut()
    }

    /// Whether a step is begun that the device has not been given in full.
    pub(crate) fn is_mid_step(&self) -> bool {
        !self.trainer.is_idle()
    }

    /// Whether a step that is begun in full has not landed.
    pub(crate) fn is_in_flight(&self) -> bool {
        self.trainer.is_in_flight()
    }

    /// Whether as many steps are in flight as may be.
    pub(crate) fn is_full(&self) -> bool {
        self.trainer.is_full()
    }

    /// Takes over the settings that a running network can change.
    pub(crate) fn retune(&mut self, experiment: &Experiment) {
        self.trainer.set_config(member_config(experiment, self.member));
    }

    /// Has the next step looked at.
    pub(crate) fn request_look(&mut self) {
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
    pub(crate) fn take_look(&mut self) -> Result<Option<RawLook>, DeviceError> {
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
    pub(crate) fn work(&mut self, slice: &Slice<'_>) -> Option<Result<StepOutcome, Divergence>> {
        let begins = self.trainer.is_idle() && !self.trainer.is_full();
        if begins {
            if let Err(error) = self.batches.load(self.trainer.tape_mut()) {
                return Some(Err(never(&error)));
            }
            self.has_batch = true;
            let parameters = self.trainer.parameters();
            self.inputs = self.is_look_wanted.then(|| self.batches.request_inputs(parameters)).flatten();
        }
        let outcome = self.trainer.advance(&mut || slice.is_over());
        if self.has_batch && self.trainer.is_idle() {
            self.has_batch = false;
            if std::mem::take(&mut self.is_look_wanted) {
                let (backend, inputs) = (self.backend.clone(), self.inputs.take());
                self.look = Some(ComingLook::request(backend, &mut self.trainer, &self.batches, inputs));
            }
        }
        self.hear(outcome)
    }

    /// The outcome of a step that is begun in full; begins none.
    ///
    /// # Errors
    /// As [`NetworkTraining::work`].
    pub(crate) fn land(&mut self) -> Option<Result<StepOutcome, Divergence>> {
        let outcome = self.trainer.land();
        self.hear(outcome)
    }

    /// Puts back the last good weights.
    pub(crate) fn retreat(&mut self) -> Divergence {
        self.batches.forget_state();
        self.trainer.retreat()
    }

    /// Asks for everything that the coming steps depend on.
    ///
    /// # Errors
    /// If a step is half done.
    pub(crate) fn request_state(&self) -> Result<ComingState<B>, ComputeError> {
        ComingState::request(&self.trainer, &self.batches)
    }

    /// What was asked for, once it has arrived.
    ///
    /// # Errors
    /// If the device failed.
    pub(crate) fn fetch_state(&self, coming: &mut ComingState<B>) -> Result<Option<RunState>, DeviceError> {
        coming.take(&self.batches)
    }

    /// Goes on from where another training of the same rows stands.
    ///
    /// # Errors
    /// If a step is half done, or the state is that of another network or of other rows.
    pub(crate) fn load(&mut self, state: &RunState) -> Result<(), LabError> {
        self.trainer.load(&state.trainer)?;
        self.batches.go_to(self.trainer.tape_mut(), &state.place)?;
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
            self.batches.forget_state();
            (self.has_batch, self.is_look_wanted) = (false, false);
        }
        Some(outcome)
    }
}

impl<P: NetworkPlan> Training for NetworkTraining<Cpu, P> {
    fn batch_size(&self) -> usize {
        self.plan.batch_size()
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
            self.batches.unload();
        }
        self.has_batch = false;
        self.trainer.abandon();
    }

    fn place(&self) -> Place {
        let (position, tensors) = (self.batches.position(), self.batches.carried());
        let tape = self.trainer.tape();
        let read = |&var: &_| tape.read(var).into_iter().collect();
        self.batches.place_of(position, &tensors.iter().map(read).collect::<Vec<_>>())
    }

    fn take_part(&mut self, part: BatchPart, place: &Place) -> Result<(), LabError> {
        let own = part_rows(self.batch_size(), part)?;
        let is_shared = own.len() < self.batch_size();
        let (mut batches, mut tape) = self.plan.batches(Cpu, own)?;
        batches.go_to(&mut tape, place)?;
        self.trainer.replace_tape(tape, batches.probe_points())?;
        self.trainer.watch_gradients(Look::watched(batches.layers()));
        self.trainer.set_shared(is_shared)?;
        (self.batches, self.member) = (batches, part.member);
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
pub(crate) fn report(outcome: &StepOutcome) -> StepReport {
    StepReport { step: outcome.step, loss: outcome.loss as f32, grad_norm: outcome.grad_norm as f32 }
}

/// The lead draws what a single worker draws; each helper draws otherwise, since its sequences are others.
fn member_config(experiment: &Experiment, member: u32) -> TrainerConfig {
    let config = trainer_config(experiment);
    TrainerConfig { seed: config.seed.wrapping_add(member.wrapping_mul(SEED_STRIDE)), ..config }
}

/// A failure that a lab's own checks rule out: its batches fit the network that was made for them.
pub(crate) fn never(error: &ComputeError) -> Divergence {
    debug_assert!(false, "{error}");
    Divergence { step: 0, loss: f64::NAN, grad_norm: None }
}
