//! Files in and out. This crate turns bytes into values and back; reading and writing the files
//! themselves is its callers' business.
//!
//! - [`WeightFile`]: named arrays as safetensors, our own and others'. Whatever the bytes are, reading
//!   ends in a value or in a [`FormatError`] that says what was expected and what was found, and takes
//!   memory in proportion to the file.
//!   The whole state of a trainer is such a file too ([`WeightFile::from_checkpoint`]).
//! - [`Architecture`]: what network a file of weights belongs to, found from its names and shapes alone.
//! - [`onnx`]: networks for other programs to run.
//! - [`pytorch_script`]: networks, and how they are trained, as a Python script to read and go on from.
//!
//! # Symbols
//! `B` batch, `T` time steps, `I` input features, `H` hidden units, `L` layers, `D` directions, `V`
//! vocabulary, `E` embedding, `O` outputs, `G` gates (1 Elman, 3 GRU, 4 LSTM).

mod architecture;
mod checkpoint;
mod error;
pub mod onnx;
pub mod pytorch_script;

mod safetensors;
mod weights;

pub use architecture::{
    Architecture, Binding, Embedding, Hints, Inferred, Kind, Linear, Parameter, SequenceNetwork, Source,
};
pub use checkpoint::RUN_PREFIX;
pub use error::FormatError;
pub use safetensors::NumberType;
pub use weights::{Tensor, WeightFile, WholeTensor};
