//! A network, and how it is trained, as a Python script for PyTorch: to read, to run, to go on from. Its
//! module has the names of the weight file, so that the file loads as it is, and computes what the engine
//! computes.
//!
//! A script is put together from pieces: the modules of the network, loading, a training step, and for each
//! kind of [`Data`] what reads it, what the loss is, and a training loop.

mod assembly;
mod data;
mod layers;
mod model;
mod packed;
mod text;
mod training;
mod writer;

use crate::Architecture;
use rnn_compute::TrainerConfig;
use rnn_compute::models::{ForecastLoss, SequencePooling, Window};

/// How a network is trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Training {
    /// The update rule and clipping.
    pub trainer: TrainerConfig,
    /// What is read in one step.
    pub window: Window,
    /// Seeds the weights where none are loaded. They are PyTorch's own draw, not the engine's.
    pub seed: u32,
}

/// What a symbol of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A character.
    Character,
    /// What stands between spaces.
    Word,
}

/// The symbols of a text, by their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vocabulary<'a> {
    /// The symbols.
    pub symbols: &'a [String],
    /// What a symbol is.
    pub unit: Unit,
    /// Which of them stands for all others; without one, others are left out.
    pub unknown: Option<usize>,
}

/// What a network is trained on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Data<'a> {
    /// Nothing of its own: the script has the network, and if that has an output, a training step.
    None,
    /// A text, of which a language model predicts each next character; the characters it knows.
    Text(&'a [char]),
    /// Lines of a class, a tab and a text, for a classifier.
    ClassifiedTexts {
        /// What it reads.
        vocabulary: Vocabulary<'a>,
        /// The classes' names: two, of which the second is yes, for a network of one score.
        classes: &'a [String],
        /// How it makes one vector of a text.
        pooling: SequencePooling,
    },
    /// Lines of a word and a tag, an empty one between sentences, for a tagger.
    TaggedWords {
        /// What it reads; each a word.
        vocabulary: Vocabulary<'a>,
        /// The tags' names.
        tags: &'a [String],
    },
    /// Rows of numbers with commas between them, under a line of names, for a forecaster.
    Table {
        /// Steps that are forecast; the outputs are as many for each quantity.
        ahead: usize,
        /// How far a forecast is off.
        loss: ForecastLoss,
    },
    /// Lists of frames and labels in an `.npz`, for a transducer.
    Frames {
        /// Which label is the blank.
        blank: usize,
    },
    /// Lines of a source, a tab and a target, for an encoder–decoder.
    Pairs {
        /// What it reads.
        source: Vocabulary<'a>,
        /// What it writes.
        target: Vocabulary<'a>,
        /// The symbols of the target that its writing begins and ends with.
        ends: Ends,
    },
    /// Pictures and captions in an `.npz`, for a captioner.
    Pictures {
        /// The symbols that a caption begins and ends with.
        ends: Ends,
    },
}

/// The symbols that writing begins and ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// Read before the first symbol.
    pub begin: usize,
    /// Written after the last.
    pub end: usize,
}

/// What a script is written from.
#[derive(Debug, Clone, PartialEq)]
pub struct Script<'a> {
    /// The network.
    pub architecture: Architecture,
    /// How it is trained.
    pub training: Training,
    /// What it is trained on.
    pub data: Data<'a>,
}
