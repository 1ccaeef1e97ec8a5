//! From an experiment to a tiny network with memory.

use super::batches::AnatomyBatches;
use super::sentence::Sentence;
use crate::network::{NetworkPlan, NetworkWeights, initialisation, optimizer_rule, recurrent_cell};
use crate::{LabError, MemoryPlan, Microscope};
use rnn_compute::models::{LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
use rnn_compute::tape::{Gradients, Recorder, Tape};
use rnn_compute::{Backend, Cpu, ParameterList};
use rnn_protocol::{Experiment, MAX_ANATOMY_EMBEDDING, MAX_ANATOMY_UNITS};
use std::ops::Range;
use std::rc::Rc;

/// The network, and the sentence that it learns.
pub(crate) struct AnatomyNetwork {
    pub(super) model: LanguageModel,
    pub(super) sentence: Rc<Sentence>,
    weights: NetworkWeights,
}

impl AnatomyNetwork {
    /// Plans a network for an experiment.
    ///
    /// # Errors
    /// If it cannot be recorded.
    pub(crate) fn new(experiment: &Experiment) -> Result<Self, LabError> {
        experiment.check()?;
        let sentence = Rc::new(Sentence::new(&experiment.anatomy));
        let settings = &experiment.model;
        let config = LanguageModelConfig::new(
            recurrent_cell(settings.cell),
            sentence.symbols.len(),
            settings.embedding_size.min(MAX_ANATOMY_EMBEDDING) as usize,
            settings.hidden_size.min(MAX_ANATOMY_UNITS) as usize,
            1,
        );
        let mut list = ParameterList::default();
        let model = LanguageModel::declare(&mut list, config)?;
        let weights = NetworkWeights {
            list,
            rule: optimizer_rule(&experiment.training),
            initialisation: initialisation(settings.initialisation).into(),
        };
        Ok(Self { model, sentence, weights })
    }

    /// One sentence.
    pub(super) fn window(&self) -> Window {
        Window { steps: self.sentence.steps(), batch: 1 }
    }

    /// The network over the sentence.
    pub(super) fn record<B: Backend>(
        &self,
        backend: B,
        gradients: Gradients,
    ) -> Result<(Tape<B>, LanguageModelGraph), LabError> {
        let mut recorder = Recorder::new();
        let graph = self.model.record(&mut recorder, self.window())?;
        Ok((recorder.finish(backend, gradients), graph))
    }

    /// What puts a cell under the microscope.
    pub(super) fn microscope(&self) -> Result<Microscope, LabError> {
        Microscope::new(&self.model, &self.weights.list, self.sentence.symbols.clone().into())
    }

    /// What a worker takes: the training, the reader of the walk with weights of its own, and the microscope.
    pub(crate) fn memory(&self) -> Result<MemoryPlan, LabError> {
        let mut recorder = Recorder::<Cpu>::new();
        self.model.record(&mut recorder, self.window())?;
        let tape = recorder.planned_numbers(Gradients::Kept);
        let microscope = Microscope::planned_numbers(&self.model, &self.weights.list, self.window().steps)?;
        Ok(self.weights.memory(2 * (tape + self.weights.count()) + microscope))
    }
}

impl NetworkPlan for AnatomyNetwork {
    type Batches = AnatomyBatches;

    fn weights(&self) -> &NetworkWeights {
        &self.weights
    }

    fn batch_size(&self) -> usize {
        1
    }

    fn items_per_step(&self) -> u64 {
        self.sentence.steps() as u64
    }

    fn batches<B: Backend<Elem = f32>>(
        &self,
        backend: B,
        rows: Range<usize>,
    ) -> Result<(AnatomyBatches, Tape<B>), LabError> {
        debug_assert_eq!(rows, 0..1, "there is one sequence");
        let (mut tape, graph) = self.record(backend, Gradients::Kept)?;
        let batches = AnatomyBatches::new(&mut tape, graph, Rc::clone(&self.sentence))?;
        Ok((batches, tape))
    }

    fn memory_with_study(&self) -> Result<MemoryPlan, LabError> {
        let mut recorder = Recorder::<Cpu>::new();
        self.model.record(&mut recorder, self.window())?;
        let study = self.weights.memory(recorder.planned_numbers(Gradients::Kept));
        Ok(self.memory()?.and(1, study))
    }

    /// One sequence cannot be divided.
    fn team_memory(&self, _members: usize) -> Result<MemoryPlan, LabError> {
        self.memory()
    }
}
