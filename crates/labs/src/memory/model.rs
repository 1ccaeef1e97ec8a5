//! From an experiment to a network with memory.

use super::batches::MemoryBatches;
use super::exam::EXAM_ROWS;
use super::task::{Batch, Inputs, Task};
use crate::network::{NetworkPlan, NetworkWeights, initialisation, optimizer_rule, recurrent_cell};
use crate::{LabError, MemoryPlan};
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::{
    CellKind, ClassTargets, Classes, Classifier, ClassifierConfig, ClassifierGraph, ForecastLoss, Forecaster,
    ForecasterConfig, ForecasterGraph, LayerTrace, RecurrentConfig, SequencePooling, Window,
};
use rnn_compute::tape::{Gradients, Recorder, Tape, Var};
use rnn_compute::{Backend, ComputeError, Cpu, InitialisationConfig, ParameterList};
use rnn_protocol::{self as protocol, Experiment, ModelSettings, NonlinearityKind};
use std::ops::Range;

/// The longest delay at which a network is examined: memory is reckoned for it.
pub(super) const LONGEST_DELAY: usize = 200;

/// A network whose memory has been reckoned and found to fit, and the task that it learns.
pub(crate) struct MemoryNetwork {
    model: Model,
    weights: NetworkWeights,
    pub(super) task: Task,
    pub(super) seed: u32,
    batch: usize,
}

enum Model {
    /// Symbols are read, a class is answered.
    Symbols(Classifier),
    /// Numbers are read, a number is answered.
    Numbers(Forecaster),
}

/// The tensors of a recorded network.
#[derive(Debug, Clone)]
pub(super) enum Graph {
    Symbols(ClassifierGraph),
    Numbers(ForecasterGraph),
}

impl MemoryNetwork {
    /// Plans a network for an experiment.
    ///
    /// # Errors
    /// If it would not fit into memory.
    pub(crate) fn new(experiment: &Experiment) -> Result<Self, LabError> {
        let task = Task::new(&experiment.memory);
        let mut list = ParameterList::default();
        let model = Model::declare(&mut list, &experiment.model, task)?;
        let weights = NetworkWeights {
            list,
            rule: optimizer_rule(&experiment.training),
            initialisation: InitialisationConfig {
                forget_bias: Some(f64::from(experiment.model.forget_bias)),
                ..initialisation(experiment.model.initialisation).into()
            },
        };
        let batch = experiment.training.batch_size.max(1) as usize;
        let network = Self { model, weights, task, seed: experiment.seed, batch };
        let memory = network.memory()?;
        if memory.fits() { Ok(network) } else { Err(LabError::TooMuchMemory { plan: memory }) }
    }

    /// The network over `rows` sequences of a task, with or without gradients.
    pub(super) fn record<B: Backend>(
        &self,
        backend: B,
        (task, rows): (Task, usize),
        gradients: Gradients,
    ) -> Result<(Tape<B>, Graph), LabError> {
        let mut recorder = Recorder::new();
        let graph = self.model.record(&mut recorder, Window { steps: task.steps(), batch: rows })?;
        Ok((recorder.finish(backend, gradients), graph))
    }

    /// What a worker takes that trains on the whole batch and examines at any delay.
    pub(crate) fn memory(&self) -> Result<MemoryPlan, LabError> {
        let longest = Task { delay: LONGEST_DELAY.max(self.task.delay), ..self.task };
        let tapes = [
            (self.task, self.batch, Gradients::Kept),
            (self.task, EXAM_ROWS, Gradients::None),
            (longest, EXAM_ROWS, Gradients::None),
        ];
        self.worker_memory(&tapes, 0)
    }

    /// What a worker takes with these tapes, and as many numbers beside them.
    fn worker_memory(
        &self,
        tapes: &[(Task, usize, Gradients)],
        other_numbers: u64,
    ) -> Result<MemoryPlan, LabError> {
        let mut tape_numbers = other_numbers;
        for &(task, rows, gradients) in tapes {
            let mut recorder = Recorder::<Cpu>::new();
            self.model.record(&mut recorder, Window { steps: task.steps(), batch: rows })?;
            tape_numbers = tape_numbers.saturating_add(recorder.planned_numbers(gradients));
        }
        Ok(self.weights.memory(tape_numbers))
    }
}

impl NetworkPlan for MemoryNetwork {
    type Batches = MemoryBatches;

    fn weights(&self) -> &NetworkWeights {
        &self.weights
    }

    fn batch_size(&self) -> usize {
        self.batch
    }

    fn items_per_step(&self) -> u64 {
        self.batch as u64
    }

    fn batches<B: Backend<Elem = f32>>(
        &self,
        backend: B,
        rows: Range<usize>,
    ) -> Result<(MemoryBatches, Tape<B>), LabError> {
        let (tape, graph) = self.record(backend, (self.task, rows.len()), Gradients::Kept)?;
        MemoryBatches::new((tape, graph), (self.task, self.seed), (rows, self.batch))
    }

    fn memory_with_study(&self) -> Result<MemoryPlan, LabError> {
        // The Jacobians are worked out with weights twice as long.
        let weights = self.weights.count().saturating_mul(2);
        let study = self.worker_memory(&[(self.task, 1, Gradients::Kept)], weights)?;
        Ok(self.memory()?.and(1, study))
    }

    fn team_memory(&self, members: usize) -> Result<MemoryPlan, LabError> {
        let helper = self.worker_memory(&[(self.task, self.batch.div_ceil(members), Gradients::Kept)], 0)?;
        Ok(self.memory()?.and(members.saturating_sub(1) as u64, helper))
    }
}

impl Model {
    fn declare(list: &mut ParameterList, settings: &ModelSettings, task: Task) -> Result<Self, ComputeError> {
        let [hidden, layers] = [settings.hidden_size, settings.layers].map(|size| size as usize);
        let recurrent = |inputs| RecurrentConfig::new(cell(settings), inputs, hidden, layers);
        match task.classes() {
            0 => {
                let config = ForecasterConfig {
                    recurrent: recurrent(2),
                    outputs: 1,
                    dropout: 0.0,
                    loss: ForecastLoss::Squared,
                };
                Forecaster::declare(list, config).map(Self::Numbers)
            }
            classes => {
                let config = ClassifierConfig {
                    vocabulary: task.symbols().len(),
                    recurrent: recurrent(settings.embedding_size as usize),
                    pooling: SequencePooling::Last,
                    dropout: 0.0,
                    classes: Classes::Many(classes),
                };
                Classifier::declare(list, config).map(Self::Symbols)
            }
        }
    }

    fn record<B: Backend>(&self, recorder: &mut Recorder<B>, window: Window) -> Result<Graph, ComputeError> {
        match self {
            Self::Symbols(model) => model.record(recorder, window).map(Graph::Symbols),
            Self::Numbers(model) => model.record(recorder, window).map(Graph::Numbers),
        }
    }
}

fn cell(settings: &ModelSettings) -> CellKind {
    match (settings.cell, settings.nonlinearity) {
        (protocol::CellKind::Elman, NonlinearityKind::Relu) => CellKind::Elman(Nonlinearity::Relu),
        (cell, _) => recurrent_cell(cell),
    }
}

impl Graph {
    /// The recurrent layers, bottom first.
    pub(super) fn layers(&self) -> &[LayerTrace] {
        match self {
            Self::Symbols(graph) => &graph.recurrent.traces,
            Self::Numbers(graph) => &graph.recurrent.traces,
        }
    }

    /// The loss, `[1]`, and how much each sequence counts in it, `[B]`.
    pub(super) fn loss(&self) -> (Var, Var) {
        match self {
            Self::Symbols(graph) => (graph.loss, graph.weights),
            Self::Numbers(graph) => (graph.loss, graph.weights),
        }
    }

    /// The answers: `[B, C]`, or `[B, 1]`.
    pub(super) fn answers(&self) -> Var {
        match self {
            Self::Symbols(graph) => graph.logits,
            Self::Numbers(graph) => graph.forecast,
        }
    }

    /// Hands sequences to the tape.
    pub(super) fn write<B: Backend<Elem = f32>>(
        &self,
        tape: &mut Tape<B>,
        batch: &Batch,
    ) -> Result<(), ComputeError> {
        match (self, &batch.inputs) {
            (Self::Symbols(graph), Inputs::Symbols(symbols)) => {
                tape.write_indices(graph.tokens, symbols)?;
                if let ClassTargets::Many(targets) = graph.targets {
                    let classes: Vec<u32> = batch.targets.iter().map(|&class| class as u32).collect();
                    tape.write_indices(targets, &classes)?;
                }
                Ok(())
            }
            (Self::Numbers(graph), Inputs::Numbers(numbers)) => {
                tape.write(graph.inputs, numbers)?;
                tape.write(graph.targets, &batch.targets)
            }
            _ => Err(ComputeError::Length {
                what: "sequences of the other kind".to_owned(),
                expected: 0,
                found: batch.targets.len(),
            }),
        }
    }
}
