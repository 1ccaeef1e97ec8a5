//! The training of the Text lab's network.

use super::data::TextData;
use super::model::{Plan, trainer_config};
use super::rows::Rows;
use crate::{LabError, MemoryPlan, Place, Slice, Training};
use rnn_compute::models::LanguageModelGraph;
use rnn_compute::{ComputeError, Cpu, Divergence, StepOutcome, Trainer, TrainerConfig};
use rnn_protocol::{BatchPart, Experiment};
use std::rc::Rc;

/// Sets the seeds of a team's members apart: 2³² divided by the golden ratio, made odd.
const SEED_STRIDE: u32 = 0x9e37_79b9;

/// The network in training, on the whole batch or on a part of it.
pub(crate) struct TextTraining {
    data: Rc<TextData>,
    plan: Plan,
    trainer: Trainer<Cpu>,
    rows: Rows,
    member: u32,
}

impl TextTraining {
    /// Step 0 on the whole batch.
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    pub(super) fn new(experiment: &Experiment, data: Rc<TextData>, plan: Plan) -> Result<Self, LabError> {
        let (rows, tape) = Rows::new(&plan, 0..plan.training_window.batch, data.training().len())?;
        Ok(Self::with_rows(experiment, data, plan, (rows, tape, 0)))
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
        let (rows, tape) = Rows::new(&plan, plan.rows(part)?, chars.0)?;
        let mut training = Self::with_rows(experiment, data, plan, (rows, tape, part.member));
        training.trainer.set_shared(true)?;
        Ok(training)
    }

    fn with_rows(
        experiment: &Experiment,
        data: Rc<TextData>,
        plan: Plan,
        (rows, tape, member): (Rows, rnn_compute::Tape<Cpu>, u32),
    ) -> Self {
        let config = member_config(experiment, member);
        let (parameters, spare) = (plan.parameters(experiment), plan.spare_parameters());
        let trainer = Trainer::new(&Cpu, config, (tape, rows.probe_points()), parameters, spare);
        Self { data, plan, trainer, rows, member }
    }

    pub(super) fn graph(&self) -> &LanguageModelGraph {
        self.rows.graph()
    }

    /// The symbols that the first row read in the last window.
    pub(super) fn first_row(&self) -> Vec<u16> {
        self.rows.first_row()
    }

    /// Symbols that the whole batch reads in one step.
    pub(super) fn symbols_per_step(&self) -> u64 {
        let window = self.plan.training_window;
        (window.steps * window.batch) as u64
    }

    /// Puts back the last good weights.
    pub(super) fn retreat(&mut self) -> Divergence {
        self.rows.forget_state();
        self.trainer.retreat()
    }
}

impl Training for TextTraining {
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
        self.trainer.set_config(member_config(experiment, self.member));
    }

    fn advance(&mut self, slice: &Slice<'_>) -> Option<Result<StepOutcome, Divergence>> {
        if self.trainer.is_idle()
            && let Err(error) = self.rows.load(self.trainer.tape_mut(), self.data.training())
        {
            return Some(Err(never(&error)));
        }
        let outcome = self.trainer.advance(&mut || slice.is_over())?;
        if outcome.is_err() {
            self.rows.forget_state();
        }
        Some(outcome)
    }

    fn abandon(&mut self) {
        if !self.trainer.is_idle() {
            self.rows.unload();
        }
        self.trainer.abandon();
    }

    fn place(&self) -> Place {
        self.rows.place(self.trainer.tape())
    }

    fn take_part(&mut self, part: BatchPart, place: &Place) -> Result<(), LabError> {
        let own = self.plan.rows(part)?;
        let is_shared = own.len() < self.batch_size();
        let (mut rows, mut tape) = Rows::new(&self.plan, own, self.data.training().len())?;
        rows.go_to(&mut tape, place)?;
        self.trainer.replace_tape(tape, rows.probe_points())?;
        self.trainer.set_shared(is_shared)?;
        (self.rows, self.member) = (rows, part.member);
        Ok(())
    }

    fn team_memory(&self, members: usize) -> Result<MemoryPlan, LabError> {
        self.plan.team_memory(members)
    }
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
