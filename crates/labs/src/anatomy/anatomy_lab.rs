//! The Anatomy lab in training.

use super::model::AnatomyNetwork;
use super::reader::Reader;
use super::walk::walk;
use crate::network::{GradientStudy, Look, NetworkPlan, NetworkTraining, never, report};
use crate::{Lab, LabError, LabFacts, LabOutput, Microscope, RawLook, Slice, Training};
use rnn_compute::{Cpu, Divergence, Parameters};
use rnn_protocol::{
    Experiment, GradientTrace, MAX_TOKENS, Quantity, Snapshot, StepReport, TraceRequest, WalkLook,
    WalkRequest,
};

/// The Anatomy lab in training.
pub(crate) struct AnatomyLab {
    training: NetworkTraining<Cpu, AnatomyNetwork>,
    facts: LabFacts,
    look: Option<Look>,
    study: GradientStudy<AnatomyNetwork>,
    microscope: Microscope,
    reader: Reader,
    has_reported_baseline: bool,
}

impl AnatomyLab {
    /// Sets up the lab at step 0.
    ///
    /// # Errors
    /// If the sentence cannot be learnt.
    pub(crate) fn new(experiment: &Experiment) -> Result<Self, LabError> {
        let network = AnatomyNetwork::new(experiment)?;
        let reader = Reader::new(&network)?;
        Ok(Self {
            facts: facts(&network),
            look: None,
            study: GradientStudy::new(),
            microscope: network.microscope()?,
            reader,
            has_reported_baseline: false,
            training: NetworkTraining::new(experiment, network)?,
        })
    }

    fn ids(&self) -> Vec<u16> {
        let sentence = &self.training.plan().sentence;
        sentence.read().iter().filter_map(|&id| u16::try_from(id).ok()).collect()
    }
}

impl Lab for AnatomyLab {
    fn facts(&self) -> LabFacts {
        self.facts.clone()
    }

    fn step(&self) -> u32 {
        self.training.trainer().step()
    }

    fn items_per_step(&self) -> u64 {
        self.training.plan().items_per_step()
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
            let look = Look::new(look, self.training.layers());
            let subject = look.subject(look.step().saturating_sub(1), self.ids());
            // The update of the step is made; these are the weights that it read its sentence with.
            self.microscope.show(subject, self.training.trainer().last_good_parameters());
            self.study.show(self.training.plan(), &look, self.training.trainer());
            self.look = Some(look);
        }
        Some(outcome.map(|outcome| report(&outcome)))
    }

    fn show(&mut self, look: RawLook) {
        let look = Look::new(look, self.training.layers());
        self.study.show(self.training.plan(), &look, self.training.trainer());
        self.look = Some(look);
    }

    fn evaluate(&mut self, _slice: &Slice<'_>) -> Option<f32> {
        let read = self.reader.read(self.training.trainer().parameters());
        Some(read.map_or_else(|error| never(&error).loss as f32, |()| self.reader.share_right()))
    }

    fn retreat(&mut self) -> Divergence {
        self.training.retreat()
    }

    /// A reading is done at once.
    fn restart_evaluation(&mut self) {}

    fn work_aside(&mut self, _slice: &Slice<'_>) -> Option<LabOutput> {
        if std::mem::replace(&mut self.has_reported_baseline, true) {
            return None;
        }
        let value = self.training.plan().sentence.most_frequent_share();
        Some(LabOutput::Baseline { name: "most frequent token", value })
    }

    fn has_work_aside(&self) -> bool {
        !self.has_reported_baseline
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
        let symbols = &self.training.plan().sentence.symbols;
        self.look.as_ref()?.snapshot(quantity, names, |index| symbols[index].clone(), None)
    }

    fn microscope_mut(&mut self) -> Option<&mut Microscope> {
        Some(&mut self.microscope)
    }

    fn walk(&mut self, request: WalkRequest) -> Option<WalkLook> {
        self.reader.read(self.training.trainer().parameters()).ok()?;
        Some(WalkLook { step: self.step(), ..walk(&self.reader, request)? })
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

    fn parameters(&self) -> &Parameters<Cpu> {
        self.training.trainer().parameters()
    }

    fn training(&self) -> &dyn Training {
        &self.training
    }

    fn training_mut(&mut self) -> &mut dyn Training {
        &mut self.training
    }

    fn symbols(&self) -> Vec<String> {
        self.training.plan().sentence.symbols.clone()
    }
}

fn facts(network: &AnatomyNetwork) -> LabFacts {
    let sentence = &network.sentence;
    let mut notes = Vec::new();
    if sentence.token_count > sentence.ids.len() {
        notes.push(format!(
            "The sentence has {} tokens; the first {MAX_TOKENS} are read.",
            sentence.token_count
        ));
    }
    LabFacts {
        parameter_count: network.weights().count(),
        symbol_count: sentence.symbols.len() as u32,
        training_items: Some(sentence.steps() as u64),
        held_out_items: 0,
        batch_size: 1,
        sequence_length: sentence.steps() as u32,
        notes,
    }
}
