//! Stacked recurrent layers of one kind of cell (PyTorch's `nn.RNN`, `nn.LSTM`, `nn.GRU`), in one direction
//! or both, with dropout between them and layer norm after them.

use crate::backend::Backend;
use crate::ops::{
    CellKind, CellState, Direction, LayerInput, LayerNorm, LayerNormWeights, LayerWeights, RecurrentOutput,
    concat, dropout, layer_norm, recurrent,
};
use crate::probe::ProbedLayer;
use crate::tape::{Recorder, Var, at_least_one};
use crate::{ComputeError, ParameterList, Tape};

/// In which directions layers read their input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Directions {
    /// From the first step to the last.
    #[default]
    Forward,
    /// Both ways, side by side (Schuster and Paliwal, 1997).
    Both,
}

impl Directions {
    /// Each direction, in PyTorch's order.
    #[must_use]
    pub fn all(self) -> &'static [Direction] {
        match self {
            Self::Forward => &[Direction::Forward],
            Self::Both => &[Direction::Forward, Direction::Reverse],
        }
    }
}

/// Stacked recurrent layers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecurrentConfig {
    /// The cell of every layer.
    pub cell: CellKind,
    /// I, numbers that the first layer reads at each step.
    pub inputs: usize,
    /// H, of each direction.
    pub hidden: usize,
    /// L.
    pub layers: usize,
    /// In which directions each layer reads.
    pub directions: Directions,
    /// Probability of dropout on what one layer hands to the next (PyTorch's `dropout`).
    pub dropout: f64,
    /// Whether the output of each layer is normalised (Ba, Kiros and Hinton, 2016).
    pub layer_norm: bool,
}

impl RecurrentConfig {
    /// Layers in one direction, without dropout or layer norm.
    #[must_use]
    pub fn new(cell: CellKind, inputs: usize, hidden: usize, layers: usize) -> Self {
        let directions = Directions::Forward;
        Self { cell, inputs, hidden, layers, directions, dropout: 0.0, layer_norm: false }
    }

    /// Numbers of an output row: H, or 2·H in both directions.
    #[must_use]
    pub fn width(&self) -> usize {
        self.hidden.saturating_mul(self.directions.all().len())
    }
}

/// The parameters of stacked recurrent layers.
#[derive(Debug, Clone, PartialEq)]
pub struct RecurrentLayers {
    config: RecurrentConfig,
    layers: Vec<LayerParameters>,
}

#[derive(Debug, Clone, PartialEq)]
struct LayerParameters {
    /// Of each direction.
    weights: Vec<LayerWeights>,
    norm: Option<LayerNormWeights>,
}

/// The tensors of one direction of a recorded layer: what the probes look at, and the state that one
/// window hands to the next.
#[derive(Debug, Clone, Copy)]
pub struct LayerTrace {
    /// The layer, from 0 at the bottom.
    pub layer: usize,
    /// The way it walks through time.
    pub direction: Direction,
    /// The layer's cell.
    pub cell: CellKind,
    /// h, `[T, B, H]`. After a backward pass its gradient is ∂L/∂h_t, all paths counted.
    pub hidden: Var,
    /// c, `[T, B, H]`, LSTM only. Its gradient is ∂L/∂c_t.
    pub cells: Option<Var>,
    /// Activated gates, `[T, B, G·H]`, in PyTorch's order: i f g o, r z n, or the one nonlinearity.
    pub gates: Var,
    /// What the layer reads.
    pub input: LayerInput,
    /// Its parameters.
    pub weights: LayerWeights,
    /// The state before the first step, `[B, H]`.
    pub initial: CellState,
    /// The state after each sequence's last step, `[B, H]`.
    pub last: CellState,
}

impl LayerTrace {
    /// Each state before the first step and after the last, both `[B, H]`: h, and for the LSTM c.
    pub fn states(&self) -> impl Iterator<Item = (Var, Var)> + use<> {
        self.initial.vars().zip(self.last.vars())
    }

    /// The layer as the probes see it.
    #[must_use]
    pub fn probed(&self) -> ProbedLayer {
        let Self { cell, direction, input, weights, hidden, cells, gates, initial, last, .. } = *self;
        let output = RecurrentOutput { hidden, cells, gates, initial, last };
        ProbedLayer { cell, direction, input, weights, output }
    }

    /// Starts from a zero state.
    pub fn clear_state<B: Backend>(&self, tape: &mut Tape<B>) {
        for (initial, _) in self.states() {
            tape.fill(initial, crate::Real::ZERO);
        }
    }

    /// Hands the state after the last step to the window that comes next.
    pub fn carry_state<B: Backend>(&self, tape: &mut Tape<B>) {
        for (initial, last) in self.states() {
            tape.copy(last, initial);
        }
    }
}

/// Recorded layers.
#[derive(Debug, Clone)]
pub struct RecurrentGraph {
    /// What the top layer puts out, `[T, B, H]` or `[T, B, 2·H]`, packed if the input is.
    pub output: Var,
    /// Each layer, bottom first, each direction.
    pub traces: Vec<LayerTrace>,
}

impl RecurrentGraph {
    /// The top layer, each direction.
    #[must_use]
    pub fn top(&self) -> &[LayerTrace] {
        let top = self.traces.last().map_or(0, |trace| trace.layer);
        let first = self.traces.iter().position(|trace| trace.layer == top).unwrap_or(0);
        &self.traces[first..]
    }
}

impl RecurrentLayers {
    /// Declares the layers under PyTorch's names, `{prefix}rnn.weight_ih_l0` and so on, and
    /// `{prefix}norms.0.weight`.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn declare(
        list: &mut ParameterList,
        prefix: &str,
        config: RecurrentConfig,
    ) -> Result<Self, ComputeError> {
        let RecurrentConfig { cell, inputs, hidden, layers, directions, .. } = config;
        at_least_one("number of layers", layers)?;
        let mut declare = |layer: usize| {
            let width = if layer == 0 { inputs } else { config.width() };
            let weights = directions.all().iter().map(|direction| {
                let suffix = match direction {
                    Direction::Forward => "",
                    Direction::Reverse => "_reverse",
                };
                let name = |what: &str| format!("{prefix}rnn.{what}_l{layer}{suffix}");
                LayerWeights::declare(list, cell, [width, hidden], name)
            });
            let weights = weights.collect::<Result<_, _>>()?;
            let name = format!("{prefix}norms.{layer}");
            let norm = config.layer_norm.then(|| LayerNormWeights::declare(list, &name, config.width()));
            Ok(LayerParameters { weights, norm })
        };
        let layers = (0..layers).map(&mut declare).collect::<Result<_, ComputeError>>()?;
        Ok(Self { config, layers })
    }

    /// The sizes.
    #[must_use]
    pub fn config(&self) -> RecurrentConfig {
        self.config
    }

    /// States `[B, H]` for every layer and direction that are inputs of the graph, zero until they are
    /// written or carried.
    pub fn initial_states<B: Backend>(&self, recorder: &mut Recorder<B>, batch: usize) -> Vec<CellState> {
        let RecurrentConfig { cell, hidden, directions, .. } = self.config;
        let count = self.layers.len() * directions.all().len();
        let mut state = || recorder.input([batch, hidden]);
        (0..count)
            .map(|_| CellState { hidden: state(), cells: (cell == CellKind::Lstm).then(&mut state) })
            .collect()
    }

    /// Records all layers over `[T, B, I]`, from the states of each layer and direction.
    ///
    /// # Errors
    /// If the input or a state does not fit, or the probability of dropout is none.
    pub fn record<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        input: LayerInput,
        initial: &[CellState],
    ) -> Result<RecurrentGraph, ComputeError> {
        let RecurrentConfig { directions, dropout: probability, .. } = self.config;
        let (expected, found) = (self.layers.len() * directions.all().len(), initial.len());
        if expected != found {
            return Err(ComputeError::Length { what: "initial states".to_owned(), expected, found });
        }
        let mut traces = Vec::with_capacity(expected);
        let (mut input, mut top) = (input, None);
        for (layer, initial) in initial.chunks(directions.all().len()).enumerate() {
            if let (Some(below), true) = (top, probability != 0.0) {
                let stream = recorder.random_stream();
                input = LayerInput::Rows(dropout(recorder, below, probability, stream)?);
            }
            let graph = self.record_layer(recorder, layer, input, initial)?;
            traces.extend(graph.traces);
            let output = self.record_norm(recorder, layer, graph.output)?;
            input = LayerInput::Rows(output);
            top = Some(output);
        }
        let output = top.ok_or(ComputeError::ZeroSize { what: "number of layers" })?;
        Ok(RecurrentGraph { output, traces })
    }

    /// Records one of the layers alone, without dropout or layer norm, from the states of its directions.
    ///
    /// # Errors
    /// If there is no such layer, or the input or a state does not fit.
    pub fn record_layer<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        layer: usize,
        input: LayerInput,
        initial: &[CellState],
    ) -> Result<RecurrentGraph, ComputeError> {
        let RecurrentConfig { cell, directions, .. } = self.config;
        let LayerParameters { weights, .. } = self.layer(layer)?;
        let mut traces = Vec::with_capacity(weights.len());
        for ((&direction, &weights), &initial) in directions.all().iter().zip(weights).zip(initial) {
            let RecurrentOutput { hidden, cells, gates, initial, last } =
                recurrent(recorder, cell, input, initial, weights, direction)?;
            traces.push(LayerTrace {
                layer,
                direction,
                cell,
                hidden,
                cells,
                gates,
                input,
                weights,
                initial,
                last,
            });
        }
        let outputs: Vec<Var> = traces.iter().map(|trace| trace.hidden).collect();
        let output = match *outputs {
            [single] => single,
            _ => concat(recorder, &outputs)?,
        };
        Ok(RecurrentGraph { output, traces })
    }

    /// Records the layer norm of what one of the layers puts out, if the layers have it.
    ///
    /// # Errors
    /// If there is no such layer, or the output is not as wide as its own.
    pub fn record_norm<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        layer: usize,
        output: Var,
    ) -> Result<Var, ComputeError> {
        match self.layer(layer)?.norm {
            Some(norm) => layer_norm(recorder, output, norm, LayerNorm::default()),
            None => Ok(output),
        }
    }

    fn layer(&self, found: usize) -> Result<&LayerParameters, ComputeError> {
        let largest = self.layers.len().saturating_sub(1);
        self.layers.get(found).ok_or(ComputeError::TooLarge { what: "layer", largest, found })
    }

    /// Records what the top layer puts out at the end, normalised if its other outputs are: `[B, H]`, or
    /// `[B, 2·H]`, each direction after it has read the whole sequence.
    ///
    /// # Errors
    /// If the graph is that of other layers.
    pub fn record_last<B: Backend>(
        &self,
        recorder: &mut Recorder<B>,
        graph: &RecurrentGraph,
    ) -> Result<Var, ComputeError> {
        let last: Vec<Var> = graph.top().iter().map(|trace| trace.last.hidden).collect();
        let joined = concat(recorder, &last)?;
        match self.layers.last().and_then(|top| top.norm) {
            Some(norm) => layer_norm(recorder, joined, norm, LayerNorm::default()),
            None => Ok(joined),
        }
    }
}
