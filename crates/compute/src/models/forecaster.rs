//! A forecaster: recurrent layers read a window of measurements, and a linear layer reads the values that
//! follow off their last state: in both directions, of each after it has read the whole window.

use super::{Dense, RecurrentConfig, RecurrentGraph, RecurrentLayers, Window};
use crate::backend::Backend;
use crate::ops::{HuberConfig, LayerInput, absolute_error, dropout, huber, squared_error};
use crate::tape::{Recorder, Var, at_least_one};
use crate::{ComputeError, ParameterList};

/// How far a forecast is off.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum ForecastLoss {
    /// Squared error.
    #[default]
    Squared,
    /// Absolute error.
    Absolute,
    /// Squared near 0, absolute beyond (Huber, 1964).
    Huber(HuberConfig),
}

/// The sizes of a forecaster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ForecasterConfig {
    /// The recurrent layers; they read as many measurements a step as their inputs.
    pub recurrent: RecurrentConfig,
    /// Numbers forecast: steps ahead times the quantities forecast at each.
    pub outputs: usize,
    /// Probability of dropout on the last state.
    pub dropout: f64,
    /// How far a forecast is off.
    pub loss: ForecastLoss,
}

/// The parameters of a forecaster.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecaster {
    config: ForecasterConfig,
    layers: RecurrentLayers,
    output: Dense,
}

/// The tensors of a recorded forecaster.
#[derive(Debug, Clone)]
pub struct ForecasterGraph {
    /// Measurements read, `[T, B, I]`.
    pub inputs: Var,
    /// What followed, `[B, O]`.
    pub targets: Var,
    /// How much each forecast counts in the loss, `[B]`.
    pub weights: Var,
    /// The forecast, `[B, O]`.
    pub forecast: Var,
    /// Weighted sum over forecasts of the sum over their numbers, `[1]`.
    pub loss: Var,
    /// The recurrent layers.
    pub recurrent: RecurrentGraph,
}

impl Forecaster {
    /// Declares `rnn.…`, `output.weight` and `output.bias`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(list: &mut ParameterList, config: ForecasterConfig) -> Result<Self, ComputeError> {
        let layers = RecurrentLayers::declare(list, "", config.recurrent)?;
        let output = Dense::declare(list, "output", [config.recurrent.width(), config.outputs])?;
        Ok(Self { config, layers, output })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> ForecasterConfig {
        self.config
    }

    /// Records the model over one window. The initial states are inputs, so that they can be carried.
    ///
    /// # Errors
    /// If the window is empty, or a constant is outside its range.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        window: Window,
    ) -> Result<ForecasterGraph, ComputeError> {
        let steps = at_least_one("sequence length", window.steps)?;
        let batch = at_least_one("batch", window.batch)?;
        let ForecasterConfig { recurrent: config, outputs, dropout: probability, loss } = self.config;
        let inputs = recorder.constant([steps, batch, config.inputs]);
        let targets = recorder.constant([batch, outputs]);
        let weights = recorder.constant([batch]);
        let initial = self.layers.initial_states(recorder, batch);
        let recurrent = self.layers.record(recorder, LayerInput::Rows(inputs), &initial)?;
        let mut last = self.layers.record_last(recorder, &recurrent)?;
        if probability != 0.0 {
            let stream = recorder.random_stream();
            last = dropout(recorder, last, probability, stream)?;
        }
        let forecast = self.output.record(recorder, last)?;
        let loss = match loss {
            ForecastLoss::Squared => squared_error(recorder, forecast, targets, weights)?,
            ForecastLoss::Absolute => absolute_error(recorder, forecast, targets, weights)?,
            ForecastLoss::Huber(config) => huber(recorder, forecast, targets, weights, config)?,
        };
        Ok(ForecasterGraph { inputs, targets, weights, forecast, loss: loss.loss, recurrent })
    }
}
