//! What can be asked of this crate and cannot be done.

use crate::Shape;
use thiserror::Error;

/// A request that cannot be carried out. Says what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ComputeError {
    /// Two shapes do not fit together.
    #[error("{op}: {what} must have the shape {expected}, found {found}")]
    Shape {
        /// The op.
        op: &'static str,
        /// Which of its arguments.
        what: &'static str,
        /// The shape that fits.
        expected: Shape,
        /// The shape that was given.
        found: Shape,
    },
    /// A size is zero where at least one is needed.
    #[error("{what} must be at least 1, found 0")]
    ZeroSize {
        /// Which size.
        what: &'static str,
    },
    /// As many numbers were expected as a shape holds.
    #[error("{what}: expected {expected} numbers, found {found}")]
    Length {
        /// What they are for.
        what: String,
        /// Numbers that fit.
        expected: usize,
        /// Numbers given.
        found: usize,
    },
    /// An index points outside its table.
    #[error("{what}: index {found} is outside the table of {size} rows")]
    Index {
        /// What the index is for.
        what: &'static str,
        /// Rows of the table.
        size: usize,
        /// The index.
        found: u32,
    },
    /// A sequence is empty or too long.
    #[error("sequence {sequence}: its length must be 1 to {longest}, found {found}")]
    SequenceLength {
        /// Which sequence of the batch, from 0.
        sequence: usize,
        /// T.
        longest: usize,
        /// Its length.
        found: usize,
    },
    /// No parameter has this name.
    #[error("there is no parameter “{name}”")]
    UnknownParameter {
        /// The name asked for.
        name: String,
    },
}
