//! A lab's network as every lab has it: in training, looked into, and its gradient under study.

use super::{GradientStudy, Look, NetworkPlan, NetworkTraining, report};
use crate::{LabError, LabNetwork, LookedWith, RawLook, Slice, Training};
use rnn_compute::{Cpu, Divergence, Parameters};
use rnn_protocol::{Answer, Experiment, GradientTrace, Quantity, Snapshot, StepReport, TraceRequest};

/// A network that is trained on the CPU, the last look inside it, and what is asked about its gradient.
pub(crate) struct StudiedNetwork<P: NetworkPlan> {
    training: NetworkTraining<Cpu, P>,
    look: Option<Look>,
    study: GradientStudy<P>,
}

impl<P: NetworkPlan> StudiedNetwork<P> {
    /// Step 0 on the whole batch.
    ///
    /// # Errors
    /// If the graph cannot be recorded.
    pub(crate) fn new(experiment: &Experiment, plan: P) -> Result<Self, LabError> {
        let training = NetworkTraining::new(experiment, plan)?;
        Ok(Self { training, look: None, study: GradientStudy::new() })
    }

    /// The network and what it is trained on.
    pub(crate) fn plan(&self) -> &P {
        self.training.plan()
    }

    /// The weights.
    pub(crate) fn parameters(&self) -> &Parameters<Cpu> {
        self.training.trainer().parameters()
    }

    /// The weights, for another tape of the same network to run with.
    pub(crate) fn parameters_mut(&mut self) -> &mut Parameters<Cpu> {
        self.training.parameters_mut()
    }

    /// The weights that a look was taken with, or those nearest to them, and after how many steps they were so.
    pub(crate) fn weights_of(&self, look: &Look, with: LookedWith) -> (u32, &Parameters<Cpu>) {
        let trainer = self.training.trainer();
        match with {
            // The update of the step is made.
            LookedWith::LastGood => (look.step().saturating_sub(1), trainer.last_good_parameters()),
            LookedWith::Elsewhere => (trainer.step(), trainer.parameters()),
        }
    }

    /// The last look inside.
    pub(crate) fn look(&self) -> Option<&Look> {
        self.look.as_ref()
    }

    /// What the page draws of the last look: [`Look::snapshot`].
    pub(crate) fn snapshot(
        &self,
        quantity: Quantity,
        symbol: impl Fn(usize) -> String,
        answer: Option<Answer>,
    ) -> Option<Snapshot> {
        let parameters = self.parameters();
        let names = parameters.ids().map(|id| parameters.name(id).to_owned()).collect();
        self.look.as_ref()?.snapshot(quantity, names, symbol, answer)
    }
}

impl<P: NetworkPlan> LabNetwork for StudiedNetwork<P> {
    fn items_per_step(&self) -> u64 {
        self.plan().items_per_step()
    }

    fn tune(&mut self, experiment: &Experiment) {
        self.training.retune(experiment);
    }

    fn request_look(&mut self) {
        self.training.request_look();
    }

    fn train(&mut self, slice: &Slice<'_>) -> Option<(Result<StepReport, Divergence>, bool)> {
        let outcome = self.training.advance(slice)?;
        let look = self.training.take_look().ok().flatten();
        let is_looked_at = look.is_some();
        if let Some(look) = look {
            self.show(look);
        }
        Some((outcome.map(|outcome| report(&outcome)), is_looked_at))
    }

    fn show(&mut self, look: RawLook) {
        let look = Look::new(look, self.training.layers());
        self.study.show(self.training.plan(), &look, self.training.trainer());
        self.look = Some(look);
    }

    fn retreat(&mut self) -> Divergence {
        self.training.retreat()
    }

    fn ask_trace(&mut self, request: TraceRequest) {
        let training = &self.training;
        self.study.ask(request, training.plan(), self.look.as_ref(), training.trainer());
    }

    fn has_trace_to_work_out(&self) -> bool {
        self.study.has_work()
    }

    fn work_out_trace(&mut self, slice: &Slice<'_>) -> Option<GradientTrace> {
        self.study.advance(slice)
    }

    fn training(&self) -> &dyn Training {
        &self.training
    }

    fn training_mut(&mut self) -> &mut dyn Training {
        &mut self.training
    }
}
