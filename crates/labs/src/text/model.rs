//! From an experiment to a network with memory.

use super::data::TextData;
use super::rows::Rows;
use super::streams::Streams;
use super::vocabulary::Vocabulary;
use crate::network::{NetworkPlan, NetworkWeights, initialisation, optimizer_rule, recurrent_cell};
use crate::{LabError, MemoryPlan, Microscope};
use rnn_compute::models::{LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
use rnn_compute::tape::{Gradients, Recorder, Tape};
use rnn_compute::{Backend, Cpu, ParameterList};
use rnn_protocol::{Experiment, ModelSettings, TrainingSettings};
use std::ops::Range;
use std::rc::Rc;

/// A recorded graph with its memory.
pub(super) type Recorded<B> = (Tape<B>, LanguageModelGraph);

/// A network whose memory has been reckoned and found to fit.
pub(super) struct Plan {
    model: LanguageModel,
    pub(super) weights: NetworkWeights,
    /// Of the whole batch.
    pub(super) training_window: Window,
    pub(super) validation_window: Window,
}

/// A planned network and the text that it learns.
pub(crate) struct TextPlan {
    pub(super) plan: Plan,
    pub(super) data: Rc<TextData>,
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
        let weights = NetworkWeights {
            list,
            rule: optimizer_rule(&experiment.training),
            initialisation: initialisation(experiment.model.initialisation).into(),
        };
        let plan = Self { model, weights, training_window, validation_window };
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
        self.worker_memory(&tapes, Microscope::planned_numbers(&self.model, &self.weights.list, steps)?)
    }

    /// The same, and beside it the gradient of one sequence, taken apart.
    fn memory_with_study(&self) -> Result<MemoryPlan, LabError> {
        let window = Window { batch: 1, ..self.training_window };
        // Its weights hold a gradient each, and the Jacobians are worked out with weights twice as long.
        let weights = self.weights.count().saturating_mul(4);
        let study = self.worker_memory(&[(window, Gradients::Kept)], weights)?;
        Ok(self.memory()?.and(1, study))
    }

    /// What puts a cell of the network under the microscope.
    pub(super) fn microscope(&self, vocabulary: &Vocabulary) -> Result<Microscope, LabError> {
        let symbols = vocabulary.symbols().iter().map(char::to_string).collect();
        Microscope::new(&self.model, &self.weights.list, symbols)
    }

    /// What a lead and its helpers take together: a lead can train on the whole batch at any time, and
    /// helpers do nothing but train.
    fn team_memory(&self, members: usize) -> Result<MemoryPlan, LabError> {
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
        Ok(self.weights.memory(tape_numbers))
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

impl TextPlan {
    /// Plans a network for an experiment on a text.
    ///
    /// # Errors
    /// If the network would not fit into memory.
    pub(crate) fn new(experiment: &Experiment, data: Rc<TextData>) -> Result<Self, LabError> {
        let chars = (data.training().len(), data.validation().len());
        Ok(Self { plan: Plan::new(experiment, data.vocabulary(), chars)?, data })
    }
}

impl NetworkPlan for TextPlan {
    type Batches = Rows;

    fn weights(&self) -> &NetworkWeights {
        &self.plan.weights
    }

    fn batch_size(&self) -> usize {
        self.plan.training_window.batch
    }

    fn items_per_step(&self) -> u64 {
        let window = self.plan.training_window;
        (window.steps * window.batch) as u64
    }

    fn batches<B: Backend<Elem = f32>>(
        &self,
        backend: B,
        rows: Range<usize>,
    ) -> Result<(Rows, Tape<B>), LabError> {
        Rows::new(backend, &self.plan, rows, Rc::clone(&self.data))
    }

    fn memory_with_study(&self) -> Result<MemoryPlan, LabError> {
        self.plan.memory_with_study()
    }

    fn team_memory(&self, members: usize) -> Result<MemoryPlan, LabError> {
        self.plan.team_memory(members)
    }
}

fn model_config(settings: &ModelSettings, vocabulary: usize) -> LanguageModelConfig {
    let [embedding, hidden, layers] =
        [settings.embedding_size, settings.hidden_size, settings.layers].map(|size| size as usize);
    LanguageModelConfig::new(recurrent_cell(settings.cell), vocabulary, embedding, hidden, layers)
}
