//! The sentence read once at given weights, forwards and backwards, beside the training.

use super::batches::write_sentence;
use super::model::AnatomyNetwork;
use super::sentence::Sentence;
use crate::LabError;
use crate::network::NetworkPlan;
use rnn_compute::models::LanguageModelGraph;
use rnn_compute::tape::{Gradients, Tape, Var};
use rnn_compute::{ComputeError, Cpu, Parameters};
use std::rc::Rc;

/// A tape of the network with weights of its own.
pub(super) struct Reader {
    pub(super) sentence: Rc<Sentence>,
    pub(super) graph: LanguageModelGraph,
    pub(super) parameters: Parameters<Cpu>,
    tape: Tape<Cpu>,
}

impl Reader {
    /// For networks of this kind.
    ///
    /// # Errors
    /// If the network could not be recorded.
    pub(super) fn new(network: &AnatomyNetwork) -> Result<Self, LabError> {
        let (tape, graph) = network.record(Cpu, Gradients::Kept)?;
        let parameters = Parameters::new(Cpu, &network.weights().list);
        Ok(Self { sentence: Rc::clone(&network.sentence), graph, parameters, tape })
    }

    /// Reads the sentence with these weights, and walks back.
    ///
    /// # Errors
    /// If the weights are those of another network.
    pub(super) fn read(&mut self, parameters: &Parameters<Cpu>) -> Result<(), ComputeError> {
        let Self { sentence, graph, parameters: own, tape } = self;
        own.copy_from(parameters);
        own.zero_gradients();
        write_sentence(tape, graph, sentence)?;
        tape.forward(own);
        tape.zero_gradients();
        tape.write_gradient(graph.loss, &[1.0])?;
        tape.backward(own);
        Ok(())
    }

    /// A tensor's numbers.
    pub(super) fn numbers(&self, var: Var) -> Vec<f64> {
        self.tape.read(var).into_iter().map(f64::from).collect()
    }

    /// Its gradient.
    pub(super) fn gradient(&self, var: Var) -> Vec<f64> {
        self.tape.read_gradient(var).into_iter().map(f64::from).collect()
    }

    /// The share of the next tokens that get the highest score.
    pub(super) fn share_right(&self) -> f32 {
        let scores = self.numbers(self.graph.logits);
        let width = self.sentence.symbols.len();
        if scores.iter().any(|score| !score.is_finite()) {
            return f32::NAN;
        }
        let is_right = |(row, &next): (&[f64], &u32)| row.iter().all(|&score| score <= row[next as usize]);
        let right = scores.chunks(width).zip(self.sentence.followed()).filter(|&pair| is_right(pair)).count();
        right as f32 / self.sentence.steps().max(1) as f32
    }
}
