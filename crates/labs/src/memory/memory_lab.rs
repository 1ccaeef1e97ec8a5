//! The Memory lab in training.

use super::delays::DelaySweep;
use super::exam::Exam;
use super::model::MemoryNetwork;
use crate::network::{GradientStudy, Look, NetworkPlan, NetworkTraining, never, report};
use crate::{Lab, LabError, LabFacts, LabOutput, RawLook, Slice, Training};
use rnn_compute::{Cpu, Divergence, Parameters};
use rnn_protocol::{Experiment, GradientTrace, Quantity, Snapshot, StepReport, TraceRequest};

/// Sequences held out: recall is then known to 2 points of 100 at worst, one standard deviation.
const HELD_OUT: usize = 512;

/// Steps after which recall against delay is measured anew while training goes on.
const SWEEP_STEPS: u32 = 500;

/// The Memory lab in training.
pub(crate) struct MemoryLab {
    training: NetworkTraining<Cpu, MemoryNetwork>,
    facts: LabFacts,
    look: Option<Look>,
    study: GradientStudy<MemoryNetwork>,
    exam: Exam,
    has_reported_chance: bool,
    sweep: Option<DelaySweep>,
    /// The step that the last sweep was of.
    swept_step: Option<u32>,
    is_sweep_wanted: bool,
}

impl MemoryLab {
    /// Sets up the lab at step 0.
    ///
    /// # Errors
    /// If the network would not fit into memory.
    pub(crate) fn new(experiment: &Experiment) -> Result<Self, LabError> {
        let network = MemoryNetwork::new(experiment)?;
        let exam = Exam::new(&network, network.task, HELD_OUT)?;
        let facts = LabFacts {
            parameter_count: network.weights().count(),
            symbol_count: network.task.symbols().len() as u32,
            training_items: None,
            held_out_items: exam.len() as u64,
            batch_size: network.batch_size() as u32,
            sequence_length: network.task.steps() as u32,
            notes: Vec::new(),
        };
        Ok(Self {
            training: NetworkTraining::new(experiment, network)?,
            facts,
            look: None,
            study: GradientStudy::new(),
            exam,
            has_reported_chance: false,
            sweep: None,
            swept_step: None,
            is_sweep_wanted: true,
        })
    }

    fn network(&self) -> &MemoryNetwork {
        self.training.plan()
    }

    /// Works on recall against delay, beginning anew where that is wanted.
    fn sweep_on(&mut self, slice: &Slice<'_>) -> Option<LabOutput> {
        let step = self.step();
        if self.sweep.is_none() && std::mem::take(&mut self.is_sweep_wanted) {
            self.swept_step = Some(step);
            let weights = self.training.trainer().parameters();
            self.sweep = DelaySweep::new(self.training.plan(), weights, step).ok();
        }
        let outcome = self.sweep.as_mut()?.advance(self.training.plan(), slice);
        // What failed to be recorded once will not be tried again.
        let measured = outcome.unwrap_or_else(|_| Some((step, Vec::new())));
        let (step, points) = measured?;
        self.sweep = None;
        Some(LabOutput::Delays { step, points })
    }
}

impl Lab for MemoryLab {
    fn facts(&self) -> LabFacts {
        self.facts.clone()
    }

    fn step(&self) -> u32 {
        self.training.trainer().step()
    }

    fn items_per_step(&self) -> u64 {
        self.network().items_per_step()
    }

    fn tune(&mut self, experiment: &Experiment) {
        self.training.tune(experiment);
    }

    fn request_look(&mut self) {
        self.training.request_look();
    }

    fn train(&mut self, slice: &Slice<'_>) -> Option<Result<StepReport, Divergence>> {
        let outcome = self.training.advance(slice)?;
        if let Ok(Some(look)) = self.training.take_look() {
            self.show(look);
        }
        Some(outcome.map(|outcome| report(&outcome)))
    }

    fn show(&mut self, look: RawLook) {
        let look = Look::new(look, self.training.layers());
        self.study.show(self.training.plan(), &look, self.training.trainer());
        self.look = Some(look);
    }

    fn evaluate(&mut self, slice: &Slice<'_>) -> Option<f32> {
        let outcome = self.exam.advance(self.training.parameters_mut(), slice);
        let recall = outcome.unwrap_or_else(|error| Some(never(&error).loss as f32))?;
        let is_due = self.swept_step.is_none_or(|swept| self.step().saturating_sub(swept) >= SWEEP_STEPS);
        self.is_sweep_wanted |= is_due;
        Some(recall)
    }

    fn retreat(&mut self) -> Divergence {
        self.training.retreat()
    }

    fn restart_evaluation(&mut self) {
        self.exam.restart();
    }

    fn settle(&mut self) {
        self.is_sweep_wanted |= self.swept_step != Some(self.step());
    }

    fn work_aside(&mut self, slice: &Slice<'_>) -> Option<LabOutput> {
        if !std::mem::replace(&mut self.has_reported_chance, true) {
            return Some(LabOutput::Baseline { name: "chance", value: self.network().task.chance() });
        }
        self.sweep_on(slice)
    }

    fn has_work_aside(&self) -> bool {
        !self.has_reported_chance || self.sweep.is_some() || self.is_sweep_wanted
    }

    /// The network writes nothing.
    fn begin_output(&mut self, _prompt: &str, _length: u32) {}

    fn has_output_to_write(&self) -> bool {
        false
    }

    fn write_output(&mut self, _max_symbols: u32, _slice: &Slice<'_>) -> Option<LabOutput> {
        None
    }

    fn snapshot(&self, quantity: Quantity) -> Option<Snapshot> {
        let parameters = self.training.trainer().parameters();
        let names = parameters.ids().map(|id| parameters.name(id).to_owned()).collect();
        let look = self.look.as_ref()?;
        let answer = look.answered().map(|(target, scores)| self.network().task.answer(target, scores));
        // Nothing is predicted on the way.
        look.snapshot(quantity, names, |_| String::new(), answer)
    }

    fn parameters(&self) -> &Parameters<Cpu> {
        self.training.trainer().parameters()
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

    fn symbols(&self) -> Vec<String> {
        self.network().task.symbols().into_iter().map(str::to_owned).collect()
    }
}
