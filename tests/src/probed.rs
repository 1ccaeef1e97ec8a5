//! One direction of a recurrent layer, with everything that a probe needs to know of it.

use crate::formula::{indices, numbers};
use rnn_compute::ops::{
    CellKind, CellState, Direction, LayerInput, LayerWeights, SymbolInput, SymbolTable, recurrent,
};
use rnn_compute::probe::ProbedLayer;
use rnn_compute::{
    Backend, ComputeError, Gradients, ParameterList, ParameterRole, Parameters, Real, Recorder, Tape,
};

/// Sequences of [`crate::formula`]: the input and the two states, as in `goldens/probes.py`.
const INPUT_SALT: u32 = 100;
const STATE_SALT: u32 = 101;
const SYMBOL_SALT: u32 = 200;

/// What a probed layer reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Rows of numbers.
    Rows,
    /// Symbols, each with a row of a table.
    Embedding,
    /// Symbols, each a vector with a single 1.
    OneHot,
}

/// The sizes and variants of a probed layer.
#[derive(Debug, Clone)]
pub struct ProbedConfig {
    /// The cell.
    pub cell: CellKind,
    /// Which way it walks.
    pub direction: Direction,
    /// What it reads.
    pub reading: Reading,
    /// T.
    pub steps: usize,
    /// I, or V where it reads symbols.
    pub inputs: usize,
    /// H.
    pub hidden: usize,
    /// The length of each sequence.
    pub lengths: Vec<usize>,
    /// Whether the sequences are packed; else they are all of T steps.
    pub is_packed: bool,
    /// All numbers lie within this.
    pub scale: f64,
}

/// A recorded layer with all numbers by formula.
pub struct Probed<B: Backend> {
    /// The tape, with inputs and initial states written.
    pub tape: Tape<B>,
    /// The weights.
    pub parameters: Parameters<B>,
    /// The layer.
    pub layer: ProbedLayer,
}

impl<B: Backend> Probed<B> {
    /// Records the layer and writes everything by formula.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn new(backend: &B, config: &ProbedConfig, gradients: Gradients) -> Result<Self, ComputeError> {
        let &ProbedConfig { cell, direction, reading, steps, inputs, hidden, scale, .. } = config;
        let batch = config.lengths.len();
        let mut recorder = Recorder::new();
        let mut list = ParameterList::default();
        let weights = LayerWeights::declare(&mut list, cell, [inputs, hidden], |what| format!("{what}_l0"))?;
        let packing = config.is_packed.then(|| recorder.packing(steps, batch));
        let input = match reading {
            Reading::Rows => LayerInput::Rows(match packing {
                Some(packing) => recorder.packed_input(packing, inputs),
                None => recorder.input([steps, batch, inputs]),
            }),
            Reading::Embedding | Reading::OneHot => {
                let symbols = if reading == Reading::OneHot { inputs } else { inputs + 2 };
                let ids = match packing {
                    Some(packing) => recorder.packed_index_input(packing, symbols),
                    None => recorder.index_input(steps * batch, symbols),
                };
                let table = match reading {
                    Reading::OneHot => SymbolTable::OneHot,
                    _ => {
                        let shape = [symbols, inputs].into();
                        let id = list.declare("table", shape, ParameterRole::Embedding);
                        SymbolTable::Embedding(id, shape)
                    }
                };
                LayerInput::Symbols(SymbolInput { ids, batch, table })
            }
        };
        let mut state = || recorder.input([batch, hidden]);
        let initial = CellState { hidden: state(), cells: (cell == CellKind::Lstm).then(state) };
        let output = recurrent(&mut recorder, cell, input, initial, weights, direction)?;
        let mut tape = recorder.finish(backend.clone(), gradients);
        let mut parameters = Parameters::new(backend.clone(), &list);
        for (salt, id) in (0..).zip(parameters.ids()) {
            parameters.write(id, &numbers(salt, parameters.shape(id).len(), scale))?;
        }
        if let Some(packing) = packing {
            tape.write_lengths(packing, &config.lengths)?;
        }
        for (salt, var) in (STATE_SALT..).zip(initial.vars()) {
            tape.write(var, &numbers(salt, batch * hidden, scale))?;
        }
        let layer = ProbedLayer { cell, direction, input, weights, output };
        let mut probed = Self { tape, parameters, layer };
        probed.write_input(config)?;
        Ok(probed)
    }

    /// The input by formula is that of the padded tensor.
    fn write_input(&mut self, config: &ProbedConfig) -> Result<(), ComputeError> {
        let (steps, batch) = (config.steps, config.lengths.len());
        let packing = self.layer.output.hidden.packing().map(|packing| self.tape.packing(packing).clone());
        let places: Vec<usize> = match packing {
            Some(packing) => packing.places().map(|(step, sequence)| step * batch + sequence).collect(),
            None => (0..steps * batch).collect(),
        };
        match self.layer.input {
            LayerInput::Rows(input) => {
                let width = config.inputs;
                let all: Vec<B::Elem> = numbers(INPUT_SALT, steps * batch * width, config.scale);
                let row = |place: usize| all[place * width..][..width].iter().copied();
                self.tape.write(input, &places.into_iter().flat_map(row).collect::<Vec<_>>())
            }
            LayerInput::Symbols(SymbolInput { ids, .. }) => {
                let all = indices(SYMBOL_SALT, steps * batch, ids.table_size());
                self.tape.write_indices(ids, &places.into_iter().map(|place| all[place]).collect::<Vec<_>>())
            }
        }
    }

    /// Runs the layer forward.
    pub fn forward(&mut self) {
        self.tape.forward(&mut self.parameters);
    }

    /// Runs it backward from ∂L/∂h and, for the LSTM, ∂L/∂c, given by formula.
    ///
    /// # Errors
    /// Never: each tensor is given as many numbers as it holds.
    pub fn backward(&mut self) -> Result<(), ComputeError> {
        self.tape.zero_gradients();
        self.parameters.zero_gradients();
        let output = self.layer.output;
        for (salt, var) in (300..).zip([Some(output.hidden), output.cells].into_iter().flatten()) {
            let len = self.tape.read(var).len();
            self.tape.write_gradient(var, &numbers(salt, len, 1.0))?;
        }
        self.tape.backward(&mut self.parameters);
        Ok(())
    }
}

/// Numbers in `f64`.
pub fn in_f64<'a, R: Real>(numbers: impl IntoIterator<Item = &'a R>) -> Vec<f64> {
    numbers.into_iter().map(|number| number.to_f64()).collect()
}
