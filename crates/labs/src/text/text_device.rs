//! The Text lab's training on a device.

use super::data::TextData;
use super::evaluation::Evaluation;
use super::model::TextPlan;
use crate::network::{ComingState, NetworkPlan, NetworkTraining, never, report};
use crate::{DeviceStop, DeviceTraining, LabError, RawLook, RunState, Slice};
use rnn_compute::{Backend, DeviceError, Divergence, StepOutcome};
use rnn_protocol::{Experiment, StepReport};
use std::rc::Rc;

/// The network in training on a device, and its evaluation there.
pub(crate) struct TextDevice<B: Backend<Elem = f32>> {
    backend: B,
    data: Rc<TextData>,
    training: NetworkTraining<B, TextPlan>,
    evaluation: Evaluation<B>,
    state: Option<ComingState<B>>,
}

impl<B: Backend<Elem = f32>> TextDevice<B> {
    /// Sets up the network with weights that are still to come.
    ///
    /// # Errors
    /// If the network would not fit into memory.
    pub(crate) fn new(backend: &B, experiment: &Experiment, data: Rc<TextData>) -> Result<Self, LabError> {
        let network = TextPlan::new(experiment, Rc::clone(&data))?;
        let graph = network.plan.validation_graph(backend.clone())?;
        Ok(Self {
            evaluation: Evaluation::new(graph, data.validation().len()),
            training: NetworkTraining::on(backend.clone(), experiment, network)?,
            state: None,
            backend: backend.clone(),
            data,
        })
    }

    /// A device that has failed gives no finite numbers either.
    fn hear(
        &self,
        outcome: Option<Result<StepOutcome, Divergence>>,
    ) -> Option<Result<StepReport, DeviceStop>> {
        let failed = |error| Err(DeviceStop::Failed(error));
        match self.backend.failure() {
            Some(error) => Some(failed(error)),
            None => Some(outcome?.map(|outcome| report(&outcome)).map_err(DeviceStop::Diverged)),
        }
    }
}

impl<B: Backend<Elem = f32>> DeviceTraining for TextDevice<B> {
    fn load(&mut self, state: &RunState) -> Result<(), LabError> {
        self.training.load(state)
    }

    fn tune(&mut self, experiment: &Experiment) {
        self.training.retune(experiment);
    }

    fn step(&self) -> u32 {
        self.training.step()
    }

    fn items_per_step(&self) -> u64 {
        self.training.plan().items_per_step()
    }

    fn is_mid_step(&self) -> bool {
        self.training.is_mid_step()
    }

    fn is_in_flight(&self) -> bool {
        self.training.is_in_flight()
    }

    fn is_full(&self) -> bool {
        self.training.is_full()
    }

    fn advance(&mut self, slice: &Slice<'_>) -> Option<Result<StepReport, DeviceStop>> {
        let outcome = self.training.work(slice);
        self.hear(outcome)
    }

    fn land(&mut self) -> Option<Result<StepReport, DeviceStop>> {
        let outcome = self.training.land();
        self.hear(outcome)
    }

    fn request_look(&mut self) {
        self.training.request_look();
    }

    fn take_look(&mut self) -> Result<Option<RawLook>, DeviceError> {
        self.training.take_look()
    }

    fn request_state(&mut self) -> Result<(), LabError> {
        self.state = Some(self.training.request_state()?);
        Ok(())
    }

    fn forget_state(&mut self) {
        self.state = None;
    }

    fn take_state(&mut self) -> Result<Option<RunState>, DeviceError> {
        let Some(coming) = &mut self.state else { return Ok(None) };
        let state = self.training.fetch_state(coming)?;
        if state.is_some() {
            self.state = None;
        }
        Ok(state)
    }

    fn evaluate(&mut self, slice: &Slice<'_>) -> Option<f32> {
        let (ids, parameters) = (self.data.validation(), self.training.parameters_mut());
        self.evaluation
            .advance(ids, parameters, slice)
            .unwrap_or_else(|error| Some(never(&error).loss as f32))
    }

    fn is_evaluation_awaited(&self) -> bool {
        self.evaluation.is_waiting()
    }

    fn restart_evaluation(&mut self) {
        self.evaluation.restart();
    }

    fn retreat(&mut self) -> Divergence {
        self.training.retreat()
    }

    fn failure(&self) -> Option<DeviceError> {
        self.backend.failure()
    }
}
