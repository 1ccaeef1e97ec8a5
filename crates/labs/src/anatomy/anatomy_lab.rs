//! The Anatomy lab in training.

use super::model::AnatomyNetwork;
use super::reader::Reader;
use super::sentence::Sentence;
use super::walk::walk;
use crate::network::{NetworkPlan, StudiedNetwork, never};
use crate::{Lab, LabError, LabFacts, LabNetwork, LabOutput, LookedWith, Microscope, Slice};
use rnn_protocol::{Experiment, MAX_TOKENS, Quantity, Snapshot, WalkLook, WalkRequest};

/// The Anatomy lab in training.
pub(crate) struct AnatomyLab {
    network: StudiedNetwork<AnatomyNetwork>,
    facts: LabFacts,
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
            microscope: network.microscope()?,
            reader,
            has_reported_baseline: false,
            network: StudiedNetwork::new(experiment, network)?,
        })
    }

    fn sentence(&self) -> &Sentence {
        &self.network.plan().sentence
    }

    fn ids(&self) -> Vec<u16> {
        self.sentence().read().iter().filter_map(|&id| u16::try_from(id).ok()).collect()
    }
}

impl Lab for AnatomyLab {
    fn facts(&self) -> LabFacts {
        self.facts.clone()
    }

    fn network(&self) -> &dyn LabNetwork {
        &self.network
    }

    fn network_mut(&mut self) -> &mut dyn LabNetwork {
        &mut self.network
    }

    fn looked(&mut self, with: LookedWith) {
        let Some(look) = self.network.look() else { return };
        let (weights_step, weights) = self.network.weights_of(look, with);
        self.microscope.show(look.subject(weights_step, self.ids()), weights);
    }

    fn evaluate(&mut self, _slice: &Slice<'_>) -> Option<f32> {
        let read = self.reader.read(self.network.parameters());
        Some(read.map_or_else(|error| never(&error).loss as f32, |()| self.reader.share_right()))
    }

    /// A reading is done at once.
    fn restart_evaluation(&mut self) {}

    fn work_aside(&mut self, _slice: &Slice<'_>) -> Option<LabOutput> {
        if std::mem::replace(&mut self.has_reported_baseline, true) {
            return None;
        }
        let value = self.sentence().most_frequent_share();
        Some(LabOutput::Baseline { name: "most frequent token", value })
    }

    fn has_work_aside(&self) -> bool {
        !self.has_reported_baseline
    }

    fn snapshot(&self, quantity: Quantity) -> Option<Snapshot> {
        let symbols = &self.sentence().symbols;
        self.network.snapshot(quantity, |index| symbols[index].clone(), None)
    }

    fn microscope_mut(&mut self) -> Option<&mut Microscope> {
        Some(&mut self.microscope)
    }

    fn walk(&mut self, request: WalkRequest) -> Option<WalkLook> {
        self.reader.read(self.network.parameters()).ok()?;
        Some(WalkLook { step: self.step(), ..walk(&self.reader, request)? })
    }

    fn symbols(&self) -> Vec<String> {
        self.sentence().symbols.clone()
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
