//! From an experiment to a network with memory.

use super::streams::Streams;
use super::vocabulary::Vocabulary;
use crate::{LabError, MemoryPlan, Microscope};
use rnn_compute::models::{CellKind, LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
use rnn_compute::optimise::{Adam, AdamW, OptimizerRule, RmsProp, Sgd};
use rnn_compute::tape::{Gradients, Recorder, Tape};
use rnn_compute::{Backend, Cpu, Initialisation, ParameterList, Parameters, TrainerConfig};
use rnn_protocol::{self as protocol, BatchPart, Experiment, ModelSettings, TrainingSettings};
use std::ops::Range;

/// A recorded graph with its memory.
pub(super) type Recorded<B> = (Tape<B>, LanguageModelGraph);

/// A network whose memory has been reckoned and found to fit.
pub(super) struct Plan {
    model: LanguageModel,
    list: ParameterList,
    rule: OptimizerRule,
    /// Of the whole batch.
    pub(super) training_window: Window,
    pub(super) validation_window: Window,
}

/// One character at a time, one text: how text is written.
const WRITING_WINDOW: Window = Window { steps: 1, batch: 1 };

impl Plan {
    /// Plans a network for an experiment on a text of this many training and held-out characters.
    pub(super) fn new(
        experiment: &Experiment,
        vocabulary: &Vocabulary,
        (training_chars, validation_chars): (usize, usize),
    ) -> Result<Self, LabError> {
        let TrainingSettings { batch_size, sequence_length, .. } = experiment.training;
        let asked = Window { steps: sequence_length as usize, batch: batch_size as usize };
        let training_window = Streams::fitting_window(asked, training_chars);
        let validation_window = Streams::fitting_window(training_window, validation_chars);
        let mut list = ParameterList::default();
        let model = LanguageModel::declare(&mut list, model_config(&experiment.model, vocabulary.len()))?;
        let rule = optimizer_rule(&experiment.training);
        let plan = Self { model, list, rule, training_window, validation_window };
        let memory = plan.memory()?;
        if memory.fits() { Ok(plan) } else { Err(LabError::TooMuchMemory { plan: memory }) }
    }

    /// What a worker takes that trains on the whole batch.
    pub(super) fn memory(&self) -> Result<MemoryPlan, LabError> {
        let tapes = [
            (self.training_window, Gradients::Kept),
            (self.validation_window, Gradients::None),
            (WRITING_WINDOW, Gradients::None),
        ];
        let steps = self.training_window.steps;
        self.worker_memory(&tapes, Microscope::planned_numbers(&self.model, &self.list, steps)?)
    }

    /// What puts a cell of the network under the microscope.
    pub(super) fn microscope(&self, vocabulary: &Vocabulary) -> Result<Microscope, LabError> {
        let symbols = vocabulary.symbols().iter().map(char::to_string).collect();
        Microscope::new(&self.model, &self.list, symbols)
    }

    /// What a lead and its helpers take together: a lead can train on the whole batch at any time, and
    /// helpers do nothing but train.
    pub(super) fn team_memory(&self, members: usize) -> Result<MemoryPlan, LabError> {
        let Window { steps, batch } = self.training_window;
        let largest_part = Window { steps, batch: batch.div_ceil(members) };
        let helper = self.worker_memory(&[(largest_part, Gradients::Kept)], 0)?;
        Ok(self.memory()?.and(members.saturating_sub(1) as u64, helper))
    }

    /// What a worker takes with tapes over these windows, and as many numbers beside them.
    fn worker_memory(
        &self,
        tapes: &[(Window, Gradients)],
        other_numbers: u64,
    ) -> Result<MemoryPlan, LabError> {
        let mut tape_numbers = other_numbers;
        for &(window, gradients) in tapes {
            let mut recorder = Recorder::<Cpu>::new();
            self.model.record(&mut recorder, window)?;
            tape_numbers = tape_numbers.saturating_add(recorder.planned_numbers(gradients));
        }
        Ok(MemoryPlan::new(self.list.count(), &self.rule, tape_numbers))
    }

    /// The rows of a part of the batch.
    pub(super) fn rows(&self, BatchPart { first, count, .. }: BatchPart) -> Result<Range<usize>, LabError> {
        let batch = self.training_window.batch;
        let rows = first as usize..(first as usize).saturating_add(count as usize);
        let is_within = !rows.is_empty() && rows.end <= batch;
        if is_within { Ok(rows) } else { Err(LabError::BatchPart { batch, first, count }) }
    }

    /// Trainable numbers.
    pub(super) fn parameter_count(&self) -> u64 {
        self.list.count()
    }

    /// Fresh weights.
    pub(super) fn parameters(&self, experiment: &Experiment) -> Parameters<Cpu> {
        let mut parameters = self.blank_parameters(Cpu);
        initialisation(experiment.model.initialisation).draw(&mut parameters, experiment.seed);
        parameters
    }

    /// Room for a set of weights.
    pub(super) fn blank_parameters<B: Backend>(&self, backend: B) -> Parameters<B> {
        Parameters::new(backend, &self.list)
    }

    /// The network over the training window of some rows of the batch, with gradients.
    pub(super) fn training_graph<B: Backend>(
        &self,
        backend: B,
        rows: usize,
    ) -> Result<Recorded<B>, LabError> {
        self.record(backend, Window { batch: rows, ..self.training_window }, Gradients::Kept)
    }

    /// The network over the held-out window.
    pub(super) fn validation_graph<B: Backend>(&self, backend: B) -> Result<Recorded<B>, LabError> {
        self.record(backend, self.validation_window, Gradients::None)
    }

    /// The network over one character.
    pub(super) fn writing_graph(&self) -> Result<Recorded<Cpu>, LabError> {
        self.record(Cpu, WRITING_WINDOW, Gradients::None)
    }

    fn record<B: Backend>(
        &self,
        backend: B,
        window: Window,
        gradients: Gradients,
    ) -> Result<Recorded<B>, LabError> {
        let mut recorder = Recorder::new();
        let graph = self.model.record(&mut recorder, window)?;
        Ok((recorder.finish(backend, gradients), graph))
    }
}

fn model_config(settings: &ModelSettings, vocabulary: usize) -> LanguageModelConfig {
    let cell = match settings.cell {
        protocol::CellKind::Elman => CellKind::ELMAN,
        protocol::CellKind::Lstm => CellKind::Lstm,
        protocol::CellKind::Gru => CellKind::Gru,
    };
    let [embedding, hidden, layers] =
        [settings.embedding_size, settings.hidden_size, settings.layers].map(|size| size as usize);
    LanguageModelConfig::new(cell, vocabulary, embedding, hidden, layers)
}

fn initialisation(kind: protocol::InitialisationKind) -> Initialisation {
    match kind {
        protocol::InitialisationKind::Pytorch => Initialisation::PyTorch,
        protocol::InitialisationKind::Xavier => Initialisation::Xavier,
        protocol::InitialisationKind::Orthogonal => Initialisation::Orthogonal,
    }
}

fn optimizer_rule(settings: &TrainingSettings) -> OptimizerRule {
    match settings.optimizer {
        protocol::OptimizerKind::Sgd => {
            OptimizerRule::Sgd(Sgd { momentum: f64::from(settings.momentum), ..Sgd::default() })
        }
        protocol::OptimizerKind::Rmsprop => OptimizerRule::RmsProp(RmsProp::default()),
        protocol::OptimizerKind::Adam => OptimizerRule::Adam(Adam::default()),
        protocol::OptimizerKind::Adamw => {
            let weight_decay = f64::from(settings.weight_decay);
            OptimizerRule::AdamW(AdamW { weight_decay, ..AdamW::default() })
        }
    }
}

/// How a trainer learns under an experiment's settings.
#[must_use]
pub fn trainer_config(experiment: &Experiment) -> TrainerConfig {
    let settings = &experiment.training;
    TrainerConfig {
        rule: optimizer_rule(settings),
        learning_rate: f64::from(settings.learning_rate),
        clip_norm: (settings.clip_norm > 0.0).then_some(f64::from(settings.clip_norm)),
        seed: experiment.seed,
        ..TrainerConfig::default()
    }
}
