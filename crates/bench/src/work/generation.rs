//! I1: a token at a time, each drawn from the scores that the one before gave.

use super::Work;
use super::language::CHARACTERS;
use crate::BenchError;
use rnn_compute::models::{LanguageModel, LanguageModelGraph, Window};
use rnn_compute::{
    Cpu, Gradients, Initialisation, ParameterList, Parameters, Random, Recorder, Stream, Tape, sample,
};
use std::task::Poll;

const SEED: u32 = 1;

struct Generation {
    tape: Tape<Cpu>,
    graph: LanguageModelGraph,
    parameters: Parameters<Cpu>,
    random: Random,
    token: u32,
}

/// I1.
///
/// # Errors
/// Never: the sizes are allowed.
pub fn generation() -> Result<Box<dyn Work>, BenchError> {
    let mut list = ParameterList::default();
    let model = LanguageModel::declare(&mut list, CHARACTERS)?;
    let mut recorder = Recorder::new();
    let graph = model.record(&mut recorder, Window { steps: 1, batch: 1 })?;
    let mut parameters = Parameters::new(Cpu, &list);
    Initialisation::PyTorch.draw(&mut parameters, SEED);
    let tape = recorder.finish(Cpu, Gradients::None);
    let random = Random::new(SEED, Stream::Sampling);
    Ok(Box::new(Generation { tape, graph, parameters, random, token: 0 }))
}

impl Work for Generation {
    fn step(&mut self) -> Result<Poll<()>, BenchError> {
        self.tape.write_indices(self.graph.tokens, &[self.token])?;
        self.tape.forward(&mut self.parameters);
        self.graph.carry_state(&mut self.tape);
        let logits: Vec<f32> = self.tape.read(self.graph.logits).into_iter().collect();
        self.token = sample(&logits, 1.0, &mut self.random) as u32;
        Ok(Poll::Ready(()))
    }
}
