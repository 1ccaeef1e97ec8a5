//! The Text lab in training.

use super::data::TextData;
use super::evaluation::Evaluation;
use super::generator::{Generator, prompt_ids};
use super::model::{Plan, TextPlan};
use crate::network::{StudiedNetwork, never};
use crate::{Lab, LabError, LabFacts, LabNetwork, LabOutput, LookedWith, MemoryPlan, Microscope, Slice};
use rnn_compute::Cpu;
use rnn_protocol::{Experiment, Quantity, Snapshot};
use std::rc::Rc;

/// The Text lab in training.
pub(crate) struct TextLab {
    data: Rc<TextData>,
    facts: LabFacts,
    temperature: f32,
    network: StudiedNetwork<TextPlan>,
    microscope: Microscope,
    evaluation: Evaluation<Cpu>,
    generator: Generator,
    output: Option<Output>,
    samples: u32,
    baselines_reported: usize,
}

/// A sample being written.
struct Output {
    step: u32,
    sample: u32,
    /// Symbols of the prompt not read yet, last first.
    prompt: Vec<u16>,
    /// Symbols still to be drawn.
    left: u32,
}

impl TextLab {
    /// Sets up the lab at step 0.
    ///
    /// # Errors
    /// If the network would not fit into memory.
    pub(crate) fn new(experiment: &Experiment, data: Rc<TextData>) -> Result<Self, LabError> {
        let network = TextPlan::new(experiment, Rc::clone(&data))?;
        let plan = &network.plan;
        Ok(Self {
            facts: facts(experiment, &data, plan),
            temperature: experiment.sampling.temperature,
            microscope: plan.microscope(data.vocabulary())?,
            evaluation: Evaluation::new(plan.validation_graph(Cpu)?, data.validation().len()),
            generator: Generator::new(plan.writing_graph()?, experiment.seed),
            output: None,
            samples: 0,
            baselines_reported: 0,
            network: StudiedNetwork::new(experiment, network)?,
            data,
        })
    }

    /// What it would take of the machine's memory.
    ///
    /// # Errors
    /// If the network would not fit into memory.
    pub(crate) fn memory(experiment: &Experiment, data: &TextData) -> Result<MemoryPlan, LabError> {
        Plan::new(experiment, data.vocabulary(), (data.training().len(), data.validation().len()))?.memory()
    }
}

impl Lab for TextLab {
    fn facts(&self) -> LabFacts {
        self.facts.clone()
    }

    fn network(&self) -> &dyn LabNetwork {
        &self.network
    }

    fn network_mut(&mut self) -> &mut dyn LabNetwork {
        &mut self.network
    }

    fn tune(&mut self, experiment: &Experiment) {
        self.network.tune(experiment);
        self.temperature = experiment.sampling.temperature;
    }

    fn looked(&mut self, with: LookedWith) {
        let Some(look) = self.network.look() else { return };
        let (weights_step, weights) = self.network.weights_of(look, with);
        let ids = self.data.vocabulary().ids_from_text(&look.symbols().concat());
        self.microscope.show(look.subject(weights_step, ids), weights);
    }

    fn evaluate(&mut self, slice: &Slice<'_>) -> Option<f32> {
        let (ids, parameters) = (self.data.validation(), self.network.parameters_mut());
        self.evaluation
            .advance(ids, parameters, slice)
            .unwrap_or_else(|error| Some(never(&error).loss as f32))
    }

    fn restart_evaluation(&mut self) {
        self.evaluation.restart();
    }

    fn work_aside(&mut self, slice: &Slice<'_>) -> Option<LabOutput> {
        let mut baselines = self.data.baselines.borrow_mut();
        if baselines.measured().len() == self.baselines_reported {
            baselines.advance(self.data.training(), self.data.validation(), slice);
        }
        let &(name, value) = baselines.measured().get(self.baselines_reported)?;
        self.baselines_reported += 1;
        Some(LabOutput::Baseline { name, value })
    }

    fn has_work_aside(&self) -> bool {
        let baselines = self.data.baselines.borrow();
        !baselines.are_all_measured() || self.baselines_reported < baselines.measured().len()
    }

    fn begin_output(&mut self, prompt: &str, length: u32) {
        let mut prompt = prompt_ids(self.data.vocabulary(), prompt);
        prompt.reverse();
        self.generator.clear();
        self.output = Some(Output { step: self.step(), sample: self.samples, prompt, left: length });
        self.samples += 1;
    }

    fn has_output_to_write(&self) -> bool {
        self.output.is_some()
    }

    fn write_output(&mut self, max_symbols: u32, slice: &Slice<'_>) -> Option<LabOutput> {
        let output = self.output.as_mut()?;
        let parameters = self.network.parameters_mut();
        let vocabulary = self.data.vocabulary();
        let mut piece = String::new();
        let (mut read, mut written) = (0, 0);
        while written < max_symbols && output.left > 0 && !(slice.is_over() && read > 0) {
            let id = match output.prompt.pop() {
                Some(id) => id,
                None => {
                    let id = self.generator.draw(vocabulary, self.temperature);
                    piece.push(vocabulary.symbols()[usize::from(id)]);
                    output.left -= 1;
                    written += 1;
                    id
                }
            };
            if self.generator.read(id, parameters).is_err() {
                output.left = 0;
            }
            read += 1;
        }
        let (step, sample) = (output.step, output.sample);
        if output.left == 0 {
            self.output = None;
        }
        (!piece.is_empty()).then_some(LabOutput::Text { step, sample, piece })
    }

    fn snapshot(&self, quantity: Quantity) -> Option<Snapshot> {
        let symbols = self.data.vocabulary().symbols();
        self.network.snapshot(quantity, |index| symbols[index].to_string(), None)
    }

    fn microscope_mut(&mut self) -> Option<&mut Microscope> {
        Some(&mut self.microscope)
    }

    fn symbols(&self) -> Vec<String> {
        self.data.vocabulary().symbols().iter().map(char::to_string).collect()
    }
}

fn facts(experiment: &Experiment, data: &TextData, plan: &Plan) -> LabFacts {
    let window = plan.training_window;
    let asked = &experiment.training;
    let mut notes = Vec::new();
    if (window.batch, window.steps) != (asked.batch_size as usize, asked.sequence_length as usize) {
        notes.push(format!(
            "The text is short: {} streams of {} steps are read at once instead of {} streams of {}.",
            window.batch, window.steps, asked.batch_size, asked.sequence_length
        ));
    }
    if data.vocabulary().unknown().is_some() {
        notes.push("Characters outside the vocabulary are read as \u{fffd}.".to_owned());
    }
    LabFacts {
        parameter_count: plan.weights.count(),
        symbol_count: data.vocabulary().len() as u32,
        training_items: Some(data.training().len() as u64),
        held_out_items: data.validation().len() as u64,
        batch_size: window.batch as u32,
        sequence_length: window.steps as u32,
        notes,
    }
}
