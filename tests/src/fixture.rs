//! A language model with every number given by formula: weights, non-zero biases, non-zero states.

use crate::formula::{indices, numbers};
use rnn_compute::models::{LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
use rnn_compute::{
    Backend, ComputeError, GradientScope, Gradients, ParameterList, Parameters, Pass, Real, Recorder, Tape,
};

/// Sequences of [`crate::formula`] that are not those of parameters, which are numbered from 0.
const STATE_SALT: u32 = 100;
const TOKEN_SALT: u32 = 200;
const TARGET_SALT: u32 = 201;
const LOSS_WEIGHT_SALT: u32 = 202;

/// A recorded language model with its parameters.
pub struct Fixture<B: Backend> {
    /// The tape.
    pub tape: Tape<B>,
    /// What is on the tape.
    pub graph: LanguageModelGraph,
    /// The weights and their gradients.
    pub parameters: Parameters<B>,
}

impl<B: Backend> Fixture<B> {
    /// A model with weights and states by formula, and no symbols yet.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn new(backend: &B, config: LanguageModelConfig, window: Window) -> Result<Self, ComputeError> {
        let mut list = ParameterList::default();
        let model = LanguageModel::declare(&mut list, config)?;
        let mut recorder = Recorder::new();
        let graph = model.record(&mut recorder, window)?;
        let mut fixture = Self {
            tape: recorder.finish(backend.clone(), Gradients::Kept),
            graph,
            parameters: parameters(backend, &list)?,
        };
        fixture.write_states()?;
        Ok(fixture)
    }

    /// The same, reading random symbols, with uneven loss weights of which some are 0.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn with_random_symbols(
        backend: &B,
        config: LanguageModelConfig,
        window: Window,
    ) -> Result<Self, ComputeError> {
        let mut fixture = Self::new(backend, config, window)?;
        let count = window.steps * window.batch;
        let tokens = indices(TOKEN_SALT, count, config.vocabulary);
        let targets = indices(TARGET_SALT, count, config.vocabulary);
        fixture.write_symbols(&tokens, &targets, &uneven_weights(count))?;
        Ok(fixture)
    }

    /// Sets what is read, what is to be predicted, and how much each prediction counts.
    ///
    /// # Errors
    /// If there are not T·B of each, or a symbol is outside the vocabulary.
    pub fn write_symbols(
        &mut self,
        tokens: &[u32],
        targets: &[u32],
        weights: &[f64],
    ) -> Result<(), ComputeError> {
        let weights: Vec<_> = weights.iter().map(|&weight| B::Elem::from_f64(weight)).collect();
        self.tape.write_indices(self.graph.tokens, tokens)?;
        self.tape.write_indices(self.graph.targets, targets)?;
        self.tape.write(self.graph.weights, &weights)
    }

    fn write_states(&mut self) -> Result<(), ComputeError> {
        for (layer, trace) in self.graph.layers.iter().enumerate() {
            for (kind, (initial, _)) in trace.states().enumerate() {
                let salt = STATE_SALT + 2 * layer as u32 + kind as u32;
                self.tape.write(initial, &numbers(salt, initial.shape().len(), 0.5))?;
            }
        }
        Ok(())
    }

    /// Runs the model forward.
    pub fn forward(&mut self) {
        self.tape.forward(&mut self.parameters);
    }

    /// Prepares a backward pass from the loss: all gradients 0, the loss's 1.
    ///
    /// # Errors
    /// Never: the loss holds one number.
    pub fn begin_backward(&mut self, scope: GradientScope) -> Result<Pass, ComputeError> {
        self.parameters.zero_gradients();
        self.tape.zero_gradients();
        self.tape.write_gradient(self.graph.loss, &[B::Elem::ONE])?;
        Ok(Pass::backward(scope))
    }

    /// Runs a whole backward pass from the loss.
    ///
    /// # Errors
    /// Never: the loss holds one number.
    pub fn backward(&mut self, scope: GradientScope) -> Result<(), ComputeError> {
        let mut pass = self.begin_backward(scope)?;
        while !self.tape.advance(&mut pass, &mut self.parameters) {}
        Ok(())
    }

    /// Every parameter's gradient, one after the other.
    #[must_use]
    pub fn parameter_gradients(&self) -> Vec<B::Elem> {
        let ids = self.parameters.ids();
        ids.flat_map(|id| self.parameters.read_gradient(id)).collect()
    }
}

/// Parameters by formula: the table within ±1, all else, biases too, within ±1/2.
///
/// # Errors
/// Never: every parameter is given as many numbers as it holds.
pub fn parameters<B: Backend>(backend: &B, list: &ParameterList) -> Result<Parameters<B>, ComputeError> {
    let mut parameters = Parameters::new(backend.clone(), list);
    for (salt, id) in parameters.ids().enumerate() {
        let scale = if parameters.name(id) == "embedding.weight" { 1.0 } else { 0.5 };
        let values = numbers(salt as u32, parameters.shape(id).len(), scale);
        parameters.write(id, &values)?;
    }
    Ok(parameters)
}

/// Loss weights of which every fourth is 0.
#[must_use]
pub fn uneven_weights(count: usize) -> Vec<f64> {
    let drawn: Vec<f64> = numbers(LOSS_WEIGHT_SALT, count, 0.5);
    let weight = |(index, number): (usize, f64)| if index % 4 == 3 { 0.0 } else { number + 0.6 };
    drawn.into_iter().enumerate().map(weight).collect()
}
