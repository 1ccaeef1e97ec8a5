//! The Memory lab in training.

use super::delays::DelaySweep;
use super::exam::Exam;
use super::model::MemoryNetwork;
use super::task::Task;
use crate::network::{NetworkPlan, StudiedNetwork, never};
use crate::{Lab, LabError, LabFacts, LabNetwork, LabOutput, Slice};
use rnn_protocol::{Experiment, Quantity, Snapshot};

/// Sequences held out: recall is then known to 2 points of 100 at worst, one standard deviation.
const HELD_OUT: usize = 512;

/// Steps after which recall against delay is measured anew while training goes on.
const SWEEP_STEPS: u32 = 500;

/// The Memory lab in training.
pub(crate) struct MemoryLab {
    network: StudiedNetwork<MemoryNetwork>,
    facts: LabFacts,
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
            network: StudiedNetwork::new(experiment, network)?,
            facts,
            exam,
            has_reported_chance: false,
            sweep: None,
            swept_step: None,
            is_sweep_wanted: true,
        })
    }

    fn task(&self) -> Task {
        self.network.plan().task
    }

    /// Works on recall against delay, beginning anew where that is wanted.
    fn sweep_on(&mut self, slice: &Slice<'_>) -> Option<LabOutput> {
        let step = self.step();
        if self.sweep.is_none() && std::mem::take(&mut self.is_sweep_wanted) {
            self.swept_step = Some(step);
            self.sweep = DelaySweep::new(self.network.plan(), self.network.parameters(), step).ok();
        }
        let outcome = self.sweep.as_mut()?.advance(self.network.plan(), slice);
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

    fn network(&self) -> &dyn LabNetwork {
        &self.network
    }

    fn network_mut(&mut self) -> &mut dyn LabNetwork {
        &mut self.network
    }

    fn evaluate(&mut self, slice: &Slice<'_>) -> Option<f32> {
        let outcome = self.exam.advance(self.network.parameters_mut(), slice);
        let recall = outcome.unwrap_or_else(|error| Some(never(&error).loss as f32))?;
        let is_due = self.swept_step.is_none_or(|swept| self.step().saturating_sub(swept) >= SWEEP_STEPS);
        self.is_sweep_wanted |= is_due;
        Some(recall)
    }

    fn restart_evaluation(&mut self) {
        self.exam.restart();
    }

    fn settle(&mut self) {
        self.is_sweep_wanted |= self.swept_step != Some(self.step());
    }

    fn work_aside(&mut self, slice: &Slice<'_>) -> Option<LabOutput> {
        if !std::mem::replace(&mut self.has_reported_chance, true) {
            return Some(LabOutput::Baseline { name: "chance", value: self.task().chance() });
        }
        self.sweep_on(slice)
    }

    fn has_work_aside(&self) -> bool {
        !self.has_reported_chance || self.sweep.is_some() || self.is_sweep_wanted
    }

    fn snapshot(&self, quantity: Quantity) -> Option<Snapshot> {
        let answered = self.network.look()?.answered();
        let answer = answered.map(|(target, scores)| self.task().answer(target, scores));
        // Nothing is predicted on the way.
        self.network.snapshot(quantity, |_| String::new(), answer)
    }

    fn symbols(&self) -> Vec<String> {
        self.task().symbols().into_iter().map(str::to_owned).collect()
    }
}
