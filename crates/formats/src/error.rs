//! Why bytes are not what they should be, and why something cannot be written in a format.

use rnn_compute::ComputeError;
use thiserror::Error;

/// What is wrong with a file, or with the wish for one. Says what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FormatError {
    /// Too short for the length of a header.
    #[error("a safetensors file begins with 8 bytes that give the length of its header; found {found} bytes")]
    NoHeader {
        /// Bytes in the file.
        found: usize,
    },
    /// A header that does not end within the file.
    #[error(
        "the header must end within the file's {file} bytes, found a header of {found} bytes; \
         this is not a complete safetensors file"
    )]
    HeaderLength {
        /// Bytes in the file.
        file: usize,
        /// Bytes of the header, as the file says.
        found: u64,
    },
    /// A header longer than any that is read.
    #[error("the header must be no longer than {max} bytes, found {found}")]
    HeaderTooLong {
        /// The most that is read.
        max: usize,
        /// Bytes of the header, as the file says.
        found: u64,
    },
    /// A header that is no text.
    #[error("the header must be UTF-8 text, found another byte at {offset}")]
    HeaderNotUtf8 {
        /// Where in the file.
        offset: usize,
    },
    /// A header of another form.
    #[error("the header must be a JSON object of tensors, each with dtype, shape and data_offsets: {reason}")]
    Header {
        /// What the JSON reader says.
        reason: String,
    },
    /// Numbers that are not read.
    #[error("the tensor “{name}” must hold F64, F32, F16 or BF16 numbers, found {found}; convert it first")]
    NumberType {
        /// The tensor.
        name: String,
        /// Its type.
        found: String,
    },
    /// A shape that no memory holds.
    #[error("the tensor “{name}” has a shape that no memory holds: {shape:?}")]
    ShapeTooLarge {
        /// The tensor.
        name: String,
        /// Its shape.
        shape: Vec<u64>,
    },
    /// A shape and a range that do not fit together.
    #[error("the tensor “{name}” takes {expected} bytes by its shape, found a range of {found}")]
    RangeLength {
        /// The tensor.
        name: String,
        /// By its shape and type.
        expected: u64,
        /// By its range.
        found: u64,
    },
    /// Bytes that belong to two tensors or to none.
    #[error(
        "the data of “{name}” must begin at byte {expected}, where the tensor before ends; found {found}"
    )]
    RangeStart {
        /// The tensor.
        name: String,
        /// Where the tensor before it ends.
        expected: u64,
        /// Where it begins.
        found: u64,
    },
    /// Data missing, or data without a tensor.
    #[error("the tensors take {expected} bytes after the header, found {found}")]
    DataLength {
        /// By the header.
        expected: u64,
        /// In the file.
        found: usize,
    },
    /// A number that no training can go on from.
    #[error("the tensor “{name}” must hold finite F32 numbers, found {found} at position {position}")]
    NotFinite {
        /// The tensor.
        name: String,
        /// The first such place, row-major.
        position: usize,
        /// The number.
        found: String,
    },
    /// A tensor with fewer or more numbers than its shape has room for, or a name that is taken.
    #[error("cannot write the tensor “{name}”: {reason}")]
    Unwritable {
        /// The tensor.
        name: String,
        /// What stands against it.
        reason: String,
    },
    /// Weights of something that is no network we know.
    #[error("cannot tell what network these weights belong to: {reason}")]
    Architecture {
        /// What stands against it.
        reason: String,
    },
    /// Sizes of which there is no network.
    #[error("there is no such network: {0}")]
    Network(Box<ComputeError>),
    /// A parameter that is missing or of another shape.
    #[error("the parameter “{name}” must have the shape {expected:?}, found {found}")]
    Parameter {
        /// As in a PyTorch state dict.
        name: String,
        /// By the architecture.
        expected: Vec<usize>,
        /// Its shape, or that there is none.
        found: String,
    },
    /// A file without the state of a trainer.
    #[error("this is not the checkpoint of a run: {reason}")]
    Checkpoint {
        /// What stands against it.
        reason: String,
    },
    /// A network that cannot be put to this use, or is too large for the format.
    #[error("cannot be exported: {reason}")]
    Export {
        /// What stands against it.
        reason: String,
    },
}

impl From<ComputeError> for FormatError {
    fn from(error: ComputeError) -> Self {
        Self::Network(Box::new(error))
    }
}
