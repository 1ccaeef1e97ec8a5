//! Every model of the engine, run once with weights and inputs by formula: what exports are compared with.

use crate::fixture;
use crate::formula::{indices, numbers};
use rnn_compute::models::{
    Captioner, CaptionerConfig, Classifier, ClassifierConfig, DecoderGraph, EncoderDecoder,
    EncoderDecoderConfig, Forecaster, ForecasterConfig, Tagger, TaggerConfig, Transducer, TransducerConfig,
    Window,
};
use rnn_compute::ops::CellState;
use rnn_compute::tape::{IndexVar, PackingVar, Var};
use rnn_compute::{ComputeError, Cpu, Gradients, ParameterList, ParameterRole, Parameters, Recorder, Tape};
use rnn_formats::{Architecture, WeightFile};
use std::collections::BTreeMap;

/// Sequences of at most T steps, and their lengths.
pub const WINDOW: Window = Window { steps: 5, batch: 3 };
/// Not in order, and one of them a single step.
pub const LENGTHS: [usize; 3] = [3, 5, 1];
/// Symbols that are written.
pub const WRITTEN: usize = 4;
/// Sequences of [`crate::formula`] that are not those of parameters.
const INPUT_SALT: u32 = 90;

/// Numbers with a shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Slowest dimension first.
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Vec<f32>,
}

/// What a model reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// `[T, B]`.
    Tokens(Vec<u32>),
    /// `[T, B, I]`.
    Features(Array),
    /// `[B, C, height, width]`.
    Images(Array),
}

/// A model that was run.
#[derive(Debug)]
pub struct EngineRun {
    /// The network.
    pub architecture: Architecture,
    /// Its weights.
    pub weights: WeightFile,
    /// What it read.
    pub input: Input,
    /// What it gave, by the names of the exports: `[T, B, O]`, 0 beyond each sequence's length.
    pub outputs: BTreeMap<&'static str, Array>,
}

/// A model under construction.
struct Machine {
    list: ParameterList,
    recorder: Recorder<Cpu>,
}

/// A model ready to run.
struct Ready {
    tape: Tape<Cpu>,
    parameters: Parameters<Cpu>,
}

impl Machine {
    fn new() -> Self {
        Self { list: ParameterList::default(), recorder: Recorder::new() }
    }

    fn finish(self) -> Result<Ready, ComputeError> {
        let mut parameters = fixture::parameters(&Cpu, &self.list)?;
        for id in parameters.ids() {
            // No variance is negative, and none is so small that it makes all else large.
            if parameters.role(id) == ParameterRole::RunningVariance {
                let values: Vec<f32> = parameters.read(id).iter().map(|number| number + 0.75).collect();
                parameters.write(id, &values)?;
            }
        }
        Ok(Ready { tape: self.recorder.finish(Cpu, Gradients::None), parameters })
    }
}

impl Ready {
    /// Writes symbols `[T, B]`, of which a packed input takes those within each sequence.
    fn write_tokens(
        &mut self,
        (tokens, packing): (IndexVar, PackingVar),
        vocabulary: usize,
    ) -> Result<Input, ComputeError> {
        let all = indices(INPUT_SALT, WINDOW.steps * WINDOW.batch, vocabulary);
        self.tape.write_lengths(packing, &LENGTHS)?;
        let rows = self.tape.packing(packing).places();
        let packed: Vec<u32> = rows.map(|(step, sequence)| all[step * WINDOW.batch + sequence]).collect();
        self.tape.write_indices(tokens, &packed)?;
        Ok(Input::Tokens(all))
    }

    /// Runs the model.
    fn run(
        mut self,
        architecture: impl Into<Architecture>,
        input: Input,
        outputs: impl FnOnce(&Tape<Cpu>) -> BTreeMap<&'static str, Array>,
    ) -> EngineRun {
        self.tape.forward(&mut self.parameters);
        let outputs = outputs(&self.tape);
        let weights = WeightFile::from_parameters(&self.parameters, BTreeMap::new());
        EngineRun { architecture: architecture.into(), weights, input, outputs }
    }
}

/// A classifier over packed sequences.
///
/// # Errors
/// If a size is zero.
pub fn classifier(config: ClassifierConfig) -> Result<EngineRun, ComputeError> {
    let mut machine = Machine::new();
    let model = Classifier::declare(&mut machine.list, config)?;
    let graph = model.record(&mut machine.recorder, WINDOW)?;
    let mut ready = machine.finish()?;
    let input = ready.write_tokens((graph.tokens, graph.packing), config.vocabulary)?;
    Ok(ready.run(config, input, |tape| BTreeMap::from([("logits", read(tape, graph.logits))])))
}

/// A tagger over packed sequences.
///
/// # Errors
/// If a size is zero.
pub fn tagger(config: TaggerConfig) -> Result<EngineRun, ComputeError> {
    let mut machine = Machine::new();
    let model = Tagger::declare(&mut machine.list, config)?;
    let graph = model.record(&mut machine.recorder, WINDOW)?;
    let mut ready = machine.finish()?;
    let input = ready.write_tokens((graph.tokens, graph.packing), config.vocabulary)?;
    let outputs = |tape: &_| BTreeMap::from([("logits", padded(tape, graph.logits, graph.packing))]);
    Ok(ready.run(config, input, outputs))
}

/// A forecaster over full sequences, `[B, O]`.
///
/// # Errors
/// If a size is zero.
pub fn forecaster(config: ForecasterConfig) -> Result<EngineRun, ComputeError> {
    let mut machine = Machine::new();
    let model = Forecaster::declare(&mut machine.list, config)?;
    let graph = model.record(&mut machine.recorder, WINDOW)?;
    let mut ready = machine.finish()?;
    let shape = vec![WINDOW.steps, WINDOW.batch, config.recurrent.inputs];
    let features = Array { values: numbers(INPUT_SALT, shape.iter().product(), 1.0), shape };
    ready.tape.write(graph.inputs, &features.values)?;
    let outputs = |tape: &_| BTreeMap::from([("predictions", read(tape, graph.forecast))]);
    Ok(ready.run(config, Input::Features(features), outputs))
}

/// A CTC transducer over packed sequences.
///
/// # Errors
/// If a size is zero.
pub fn transducer(config: TransducerConfig) -> Result<EngineRun, ComputeError> {
    let mut machine = Machine::new();
    let model = Transducer::declare(&mut machine.list, config)?;
    let graph = model.record(&mut machine.recorder, WINDOW, 1)?;
    let mut ready = machine.finish()?;
    let inputs = config.recurrent.inputs;
    let shape = vec![WINDOW.steps, WINDOW.batch, inputs];
    let features = Array { values: numbers(INPUT_SALT, shape.iter().product(), 1.0), shape };
    ready.tape.write_lengths(graph.packing, &LENGTHS)?;
    let rows = ready.tape.packing(graph.packing).places();
    let rows = rows.map(|(step, sequence)| (step * WINDOW.batch + sequence) * inputs);
    let packed: Vec<f32> = rows.flat_map(|row| features.values[row..row + inputs].to_vec()).collect();
    ready.tape.write(graph.frames, &packed)?;
    let outputs = |tape: &_| {
        let log_probabilities = padded(tape, graph.output.log_probabilities, graph.packing);
        BTreeMap::from([("log_probabilities", log_probabilities)])
    };
    Ok(ready.run(config, Input::Features(features), outputs))
}

/// An encoder–decoder over packed sources, which writes what it finds likeliest after symbol 1.
///
/// # Errors
/// If a size is zero.
pub fn encoder_decoder(config: EncoderDecoderConfig) -> Result<EngineRun, ComputeError> {
    let mut machine = Machine::new();
    let model = EncoderDecoder::declare(&mut machine.list, config)?;
    let graph = model.record(&mut machine.recorder, WINDOW, WRITTEN)?;
    let mut ready = machine.finish()?;
    let places = (graph.encoder.tokens, graph.encoder.packing);
    let input = ready.write_tokens(places, config.source_vocabulary)?;
    ready.tape.write_indices(graph.decoder.first, &[1; WINDOW.batch])?;
    let outputs = |tape: &_| {
        let mut outputs = written(tape, &graph.decoder);
        outputs.insert("states", read(tape, graph.encoder.states));
        outputs.extend(states(tape, &graph.encoder.last));
        outputs
    };
    Ok(ready.run(config, input, outputs))
}

/// A captioner, which writes what it finds likeliest after symbol 1.
///
/// # Errors
/// If a size is zero or the pictures are too small.
pub fn captioner(config: &CaptionerConfig) -> Result<EngineRun, ComputeError> {
    let mut machine = Machine::new();
    let model = Captioner::declare(&mut machine.list, config.clone())?;
    let (images, features, initial) = model.record_encoder(&mut machine.recorder, WINDOW.batch)?;
    let sizes = [WRITTEN, WINDOW.batch];
    let decoder = model.decoder().record(&mut machine.recorder, sizes, initial.clone(), None)?;
    let mut ready = machine.finish()?;
    let [height, width] = config.encoder.size;
    let shape = vec![WINDOW.batch, config.encoder.channels, height, width];
    let pictures = Array { values: numbers(INPUT_SALT, shape.iter().product(), 1.0), shape };
    ready.tape.write(images, &pictures.values)?;
    ready.tape.write_indices(decoder.first, &[1; WINDOW.batch])?;
    let outputs = |tape: &_| {
        let mut outputs = written(tape, &decoder);
        outputs.insert("features", read(tape, features));
        outputs.extend(states(tape, &initial));
        outputs
    };
    Ok(ready.run(config.clone(), Input::Images(pictures), outputs))
}

fn read(tape: &Tape<Cpu>, var: Var) -> Array {
    let numbers = tape.read(var);
    Array { shape: numbers.shape().to_vec(), values: numbers.iter().copied().collect() }
}

/// A packed tensor with its padding, `[T, B, width]`.
fn padded(tape: &Tape<Cpu>, var: Var, packing: PackingVar) -> Array {
    let packed = read(tape, var);
    let width = packed.shape.last().copied().unwrap_or(1);
    let mut values = vec![0.0; WINDOW.steps * WINDOW.batch * width];
    for ((step, sequence), row) in tape.packing(packing).places().zip(packed.values.chunks(width)) {
        let start = (step * WINDOW.batch + sequence) * width;
        values[start..start + width].copy_from_slice(row);
    }
    Array { shape: vec![WINDOW.steps, WINDOW.batch, width], values }
}

/// Tensors of one shape, one after the other.
fn stacked(tape: &Tape<Cpu>, vars: impl IntoIterator<Item = Var>) -> Array {
    let mut stacked = Array { shape: vec![0], values: Vec::new() };
    for array in vars.into_iter().map(|var| read(tape, var)) {
        stacked.shape.truncate(1);
        stacked.shape[0] += 1;
        stacked.shape.extend(array.shape);
        stacked.values.extend(array.values);
    }
    stacked
}

/// The states that an encoder hands to a decoder, `[L, B, H]` each.
fn states(tape: &Tape<Cpu>, states: &[CellState]) -> BTreeMap<&'static str, Array> {
    let mut found = BTreeMap::from([("h_n", stacked(tape, states.iter().map(|state| state.hidden)))]);
    if states.iter().all(|state| state.cells.is_some()) {
        found.insert("c_n", stacked(tape, states.iter().filter_map(|state| state.cells)));
    }
    found
}

/// What a decoder gave at each step: `logits [S, B, V]`, and `attention [S, B, T]` if it looked.
fn written(tape: &Tape<Cpu>, graph: &DecoderGraph) -> BTreeMap<&'static str, Array> {
    let logits = stacked(tape, graph.steps.iter().map(|step| step.logits));
    let attention: Vec<_> = graph.steps.iter().filter_map(|step| Some(step.attention?.weights)).collect();
    let mut found = BTreeMap::from([("logits", logits)]);
    if !attention.is_empty() {
        found.insert("attention", stacked(tape, attention));
    }
    found
}
