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

/// The network of a lab: what is the same for every lab.
pub trait LabNetwork {
    /// Items trained on in one step.
    fn items_per_step(&self) -> u64;

    /// Takes over the settings of training that a running network can change.
    fn tune(&mut self, experiment: &Experiment);

    /// Asks for a look inside with the next step.
    fn request_look(&mut self);

    /// Works on the current training step. Returns its report once it is done, and whether a look inside has come.
    ///
    /// # Errors
    /// If the loss or its gradient stops being a number; the last good weights are then in place.
    fn train(&mut self, slice: &Slice<'_>) -> Option<(Result<StepReport, Divergence>, bool)>;

    /// Keeps a look at a network of the same kind that is trained elsewhere.
    fn show(&mut self, look: RawLook);

    /// Puts back the last good weights.
    fn retreat(&mut self) -> Divergence;

    /// Has this worked out about the gradient of the last look's sequence, and of each later one.
    fn ask_trace(&mut self, request: TraceRequest);

    /// Whether something about the gradient is left to be worked out.
    fn has_trace_to_work_out(&self) -> bool;

    /// Works on at that. Returns it once it is known.
    fn work_out_trace(&mut self, slice: &Slice<'_>) -> Option<GradientTrace>;

    /// The training alone.
    fn training(&self) -> &dyn Training;

    /// The training alone, to be changed.
    fn training_mut(&mut self) -> &mut dyn Training;
}

/// With which weights a look was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookedWith {
    /// With those before the last update.
    LastGood,
    /// With those of a device, which are not at hand: the present ones are the nearest.
    Elsewhere,
}

/// One task with its data, model, metric and output, in training.
///
/// Every method that works takes a [`Slice`] and returns when it is over, however much is left;
/// the next call goes on from there, and the numbers do not depend on where the cuts were.
pub trait Lab {
    /// What is known about the run.
    fn facts(&self) -> LabFacts;

    /// Its network.
    fn network(&self) -> &dyn LabNetwork;

    /// Its network, to be trained.
    fn network_mut(&mut self) -> &mut dyn LabNetwork;

    /// A look inside the network is new: a lab may make more of it.
    fn looked(&mut self, _weights: LookedWith) {}

    /// Takes over the settings that a running network can change. The session has made sure that
    /// no others differ.
    fn tune(&mut self, experiment: &Experiment) {
        self.network_mut().tune(experiment);
    }

    /// Works on the current training step. Returns its report once it is done.
    ///
    /// # Errors
    /// If the loss or its gradient stops being a number; the last good weights are then in place.
    fn train(&mut self, slice: &Slice<'_>) -> Option<Result<StepReport, Divergence>> {
        let (report, is_looked_at) = self.network_mut().train(slice)?;
        if is_looked_at {
            self.looked(LookedWith::LastGood);
        }
        Some(report)
    }

    /// Keeps a look at a network of the same kind that is trained elsewhere.
    fn show(&mut self, look: RawLook) {
        self.network_mut().show(look);
        self.looked(LookedWith::Elsewhere);
    }

    /// Measures the network on the held-out data. Returns what was measured once all of it is read. The
    /// weights must not change until then.
    fn evaluate(&mut self, slice: &Slice<'_>) -> Option<f32>;

    /// Gives up an evaluation that has begun.
    fn restart_evaluation(&mut self);

    /// Training has paused: what takes long to find out about the network as it is is worth finding out.
    fn settle(&mut self) {}

    /// Works on what is found out beside the training: what the network is compared with, what else it can do.
    /// Returns something once it is known.
    fn work_aside(&mut self, slice: &Slice<'_>) -> Option<LabOutput>;

    /// Whether [`Lab::work_aside`] has anything left to do.
    fn has_work_aside(&self) -> bool;

    /// Begins an output of `length` symbols that continues `prompt`, where the network writes.
    fn begin_output(&mut self, _prompt: &str, _length: u32) {}

    /// Whether an output is begun and not finished.
    fn has_output_to_write(&self) -> bool {
        false
    }

    /// Writes on at the output that was begun, by at most `max_symbols`. Reads at least one symbol
    /// of the prompt or of its own.
    fn write_output(&mut self, _max_symbols: u32, _slice: &Slice<'_>) -> Option<LabOutput> {
        None
    }

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

    /// The symbols in the order of their indices.
    fn symbols(&self) -> Vec<String>;

    /// Steps taken.
    fn step(&self) -> u32 {
        self.training().trainer().step()
    }

    /// The training alone.
    fn training(&self) -> &dyn Training {
        self.network().training()
    }

    /// The training alone, for a team to take its steps together, or to go on from where a device left it.
    fn training_mut(&mut self) -> &mut dyn Training {
        self.network_mut().training_mut()
    }

    /// The weights.
    fn parameters(&self) -> &Parameters<Cpu> {
        self.training().trainer().parameters()
    }
}
