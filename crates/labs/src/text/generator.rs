//! Writing text, one character at a time.

use super::model::{Plan, Recorded};
use super::vocabulary::Vocabulary;
use crate::LabError;
use rnn_compute::models::LanguageModelGraph;
use rnn_compute::tape::Tape;
use rnn_compute::{ComputeError, Cpu, Parameters, Random, Stream, sample};
use rnn_protocol::{Experiment, ModelSettings};

/// Reads and draws characters with a state of its own, under weights that somebody else holds.
pub(super) struct Generator {
    tape: Tape<Cpu>,
    graph: LanguageModelGraph,
    random: Random,
    logits: Vec<f32>,
}

impl Generator {
    pub(super) fn new((tape, graph): Recorded<Cpu>, seed: u32) -> Self {
        Self { tape, graph, random: Random::new(seed, Stream::Sampling), logits: Vec::new() }
    }

    /// Forgets everything read.
    pub(super) fn clear(&mut self) {
        self.graph.clear_state(&mut self.tape);
        self.logits.clear();
    }

    /// Reads one symbol.
    ///
    /// # Errors
    /// If it is outside the vocabulary.
    pub(super) fn read(&mut self, id: u16, parameters: &mut Parameters<Cpu>) -> Result<(), ComputeError> {
        self.tape.write_indices(self.graph.tokens, &[u32::from(id)])?;
        self.tape.forward(parameters);
        self.graph.carry_state(&mut self.tape);
        self.logits = self.tape.read(self.graph.logits).into_iter().collect();
        Ok(())
    }

    /// Draws the symbol that follows what was read; never the unknown one.
    pub(super) fn draw(&mut self, vocabulary: &Vocabulary, temperature: f32) -> u16 {
        if let Some(unknown) = vocabulary.unknown()
            && let Some(logit) = self.logits.get_mut(usize::from(unknown))
        {
            *logit = f32::NEG_INFINITY;
        }
        sample(&self.logits, f64::from(temperature), &mut self.random) as u16
    }
}

/// A trained network that writes: weights, vocabulary and a generator.
pub struct TextGenerator {
    vocabulary: Vocabulary,
    parameters: Parameters<Cpu>,
    generator: Generator,
}

impl TextGenerator {
    /// A network of these settings with weights by name.
    ///
    /// # Errors
    /// If a weight is missing or has another number of values than the settings ask for.
    pub fn new<'a>(
        model: &ModelSettings,
        vocabulary: Vocabulary,
        seed: u32,
        weights: impl Fn(&str) -> Option<&'a [f32]>,
    ) -> Result<Self, LabError> {
        let experiment = Experiment { model: model.clone(), seed, ..Experiment::default() };
        let plan = Plan::new(&experiment, &vocabulary, (2, 2))?;
        let mut parameters = plan.weights.blank(Cpu);
        for id in parameters.ids() {
            let name = parameters.name(id).to_owned();
            let values = weights(&name)
                .ok_or_else(|| LabError::Weights { reason: format!("“{name}” is missing") })?;
            parameters.write(id, values).map_err(|error| LabError::Weights { reason: error.to_string() })?;
        }
        let generator = Generator::new(plan.writing_graph()?, seed);
        Ok(Self { vocabulary, parameters, generator })
    }

    /// Writes `length` characters that continue `prompt`, handing each to `write`. An empty prompt, or
    /// one of which no character is known, is replaced by a line end or else the first symbol.
    ///
    /// # Errors
    /// None for a vocabulary that belongs to the weights.
    pub fn generate(
        &mut self,
        prompt: &str,
        length: u32,
        temperature: f32,
        mut write: impl FnMut(char),
    ) -> Result<(), LabError> {
        self.generator.clear();
        for id in prompt_ids(&self.vocabulary, prompt) {
            self.generator.read(id, &mut self.parameters)?;
        }
        for _ in 0..length {
            let id = self.generator.draw(&self.vocabulary, temperature);
            write(self.vocabulary.symbols()[usize::from(id)]);
            self.generator.read(id, &mut self.parameters)?;
        }
        Ok(())
    }
}

/// The symbols of a prompt; there is always at least one.
pub(super) fn prompt_ids(vocabulary: &Vocabulary, prompt: &str) -> Vec<u16> {
    let ids = vocabulary.ids_from_text(prompt);
    if ids.is_empty() { vec![vocabulary.own_id('\n').unwrap_or(0)] } else { ids }
}
