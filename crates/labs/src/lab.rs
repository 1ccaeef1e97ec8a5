//! The seam between a session and what it runs.

use crate::{Microscope, Slice, Training};
use rnn_compute::{Cpu, Divergence, GradientLook, Parameters};
use rnn_protocol::{
    DelayRecall, Experiment, GradientTrace, Quantity, Snapshot, StepReport, TraceRequest, WalkLook,
    WalkRequest,
};

/// What a lab knows about itself once it is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct LabFacts {
    /// Trainable numbers.
    pub parameter_count: u64,
    /// Distinct symbols that are read, V; 0 where numbers are read.
    pub symbol_count: u32,
    /// Items trained on; `None` where every step generates fresh ones.
    pub training_items: Option<u64>,
    /// Items held out.
    pub held_out_items: u64,
    /// Sequences actually read side by side.
    pub batch_size: u32,
    /// Time steps of a sequence.
    pub sequence_length: u32,
    /// Sentences a person should know about this run.
    pub notes: Vec<String>,
}

/// What a lab found in the background.
#[derive(Debug, Clone, PartialEq)]
pub enum LabOutput {
    /// A model without a network was measured on the held-out data.
    Baseline {
        /// Its name.
        name: &'static str,
        /// What was measured.
        value: f32,
    },
    /// The network was asked at several delays.
    Delays {
        /// Steps taken when that began.
        step: u32,
        /// Recall at each, shortest delay first.
        points: Vec<DelayRecall>,
    },
    /// The network wrote something.
    Text {
        /// Steps taken when this sample was begun.
        step: u32,
        /// Numbers the samples of a run.
        sample: u32,
        /// The next characters of the sample.
        piece: String,
    },
}

/// What the first sequence of a batch was given besides its symbols.
#[derive(Debug, Clone, Default)]
pub struct WindowFacts {
    /// The index of the true next symbol at each step; empty where none is predicted.
    pub targets: Vec<u32>,
    /// Symbols of its stream that earlier windows read.
    pub start: u64,
    /// How far the sequences were read before its batch: [`crate::Place::position`].
    pub position: usize,
    /// Whether it began with the state that the window before it had left.
    pub is_carried: bool,
}

/// What a look inside found, before a lab has given it its meaning.
#[derive(Debug, Clone)]
pub struct RawLook {
    /// Steps taken, the one looked at included.
    pub step: u32,
    /// What the first sequence of the batch read, one symbol a time step.
    pub symbols: Vec<String>,
    /// What was to be answered at its end: a value, or the number of a class; `None` where nothing was asked.
    pub target: Option<f32>,
    /// What else the first sequence was given.
    pub window: WindowFacts,
    /// The numbers of the lab's tensors, in its order.
    pub numbers: Vec<f32>,
    /// The gradients of the tensors that the lab watches, in its order; empty if they are not known.
    pub gradients: Vec<f32>,
    /// The vectors that stood for the symbols, one a time step; empty if they are not known.
    pub inputs: Vec<f32>,
    /// How the gradient travelled.
    pub gradient: GradientLook,
    /// Norm of each parameter's gradient.
    pub parameter_norms: Vec<f64>,
}

/// One task with its data, model, metric and output, in training.
///
/// Every method that works takes a [`Slice`] and returns when it is over, however much is left;
/// the next call goes on from there, and the numbers do not depend on where the cuts were.
pub trait Lab {
    /// What is known about the run.
    fn facts(&self) -> LabFacts;

    /// Steps taken.
    fn step(&self) -> u32;

    /// Items trained on in one step.
    fn items_per_step(&self) -> u64;

    /// Takes over the settings that a running network can change. The session has made sure that
    /// no others differ.
    fn tune(&mut self, experiment: &Experiment);

    /// Asks for a [`Snapshot`] with the next step.
    fn request_look(&mut self);

    /// Works on the current training step. Returns its report once it is done.
    ///
    /// # Errors
    /// If the loss or its gradient stops being a number; the last good weights are then in place.
    fn train(&mut self, slice: &Slice<'_>) -> Option<Result<StepReport, Divergence>>;

    /// Keeps a look at a network of the same kind that is trained elsewhere.
    fn show(&mut self, look: RawLook);

    /// Measures the network on the held-out data. Returns what was measured once all of it is read. The
    /// weights must not change until then.
    fn evaluate(&mut self, slice: &Slice<'_>) -> Option<f32>;

    /// Puts back the last good weights, after an evaluation that gave no finite number. Must not be called
    /// while a step is half done.
    fn retreat(&mut self) -> Divergence;

    /// Gives up an evaluation that has begun.
    fn restart_evaluation(&mut self);

    /// Training has paused: what takes long to find out about the network as it is is worth finding out.
    fn settle(&mut self) {}

    /// Works on what is found out beside the training: what the network is compared with, what else it can do.
    /// Returns something once it is known.
    fn work_aside(&mut self, slice: &Slice<'_>) -> Option<LabOutput>;

    /// Whether [`Lab::work_aside`] has anything left to do.
    fn has_work_aside(&self) -> bool;

    /// Begins an output of `length` symbols that continues `prompt`.
    fn begin_output(&mut self, prompt: &str, length: u32);

    /// Whether an output is begun and not finished.
    fn has_output_to_write(&self) -> bool;

    /// Writes on at the output that was begun, by at most `max_symbols`. Reads at least one symbol
    /// of the prompt or of its own.
    fn write_output(&mut self, max_symbols: u32, slice: &Slice<'_>) -> Option<LabOutput>;

    /// A look inside at the last step that was asked for one.
    fn snapshot(&self, quantity: Quantity) -> Option<Snapshot>;

    /// What puts a cell under the microscope, where the lab has such a thing.
    fn microscope_mut(&mut self) -> Option<&mut Microscope> {
        None
    }

    /// The walk through what it reads at the weights of the moment, where the lab has such a thing.
    fn walk(&mut self, _request: WalkRequest) -> Option<WalkLook> {
        None
    }

    /// Has this worked out about the gradient of the last look's sequence, and of each later one.
    fn ask_trace(&mut self, request: TraceRequest);

    /// Whether something about the gradient is left to be worked out.
    fn has_trace_to_work_out(&self) -> bool;

    /// Works on at that. Returns it once it is known.
    fn work_out_trace(&mut self, slice: &Slice<'_>) -> Option<GradientTrace>;

    /// The training alone.
    fn training(&self) -> &dyn Training;

    /// The training alone, for a team to take its steps together, or to go on from where a device left it.
    fn training_mut(&mut self) -> &mut dyn Training;

    /// The weights.
    fn parameters(&self) -> &Parameters<Cpu>;

    /// The symbols in the order of their indices.
    fn symbols(&self) -> Vec<String>;
}
