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
    /// A tensor has too few or too many dimensions.
    #[error("{op}: {what} must have {expected} dimensions, found the shape {found}")]
    Rank {
        /// The op.
        op: &'static str,
        /// Which of its arguments.
        what: &'static str,
        /// How many dimensions fit.
        expected: usize,
        /// The shape that was given.
        found: Shape,
    },
    /// A kernel is larger than the image that it is to slide over.
    #[error("{op}: the kernel must fit the padded image {image}, found {kernel}")]
    KernelSize {
        /// The op.
        op: &'static str,
        /// Height and width of the image with its padding.
        image: Shape,
        /// Height and width of the kernel.
        kernel: Shape,
    },
    /// So much padding that a window could hold nothing else.
    #[error("{op}: the padding must be at most {largest}, half the kernel, found {found}")]
    Padding {
        /// The op.
        op: &'static str,
        /// The largest that fits.
        largest: usize,
        /// The padding asked for.
        found: usize,
    },
    /// A size is zero where at least one is needed.
    #[error("{what} must be at least 1, found 0")]
    ZeroSize {
        /// Which size.
        what: &'static str,
    },
    /// A size is larger than it can be.
    #[error("{what} must be at most {largest}, found {found}")]
    TooLarge {
        /// Which size.
        what: &'static str,
        /// The largest that fits.
        largest: usize,
        /// The size that was given.
        found: usize,
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
    /// A constant of an op is outside its range.
    #[error("{what} must be {expected}, found {found}")]
    Constant {
        /// Which constant.
        what: &'static str,
        /// Its range, in words.
        expected: &'static str,
        /// The number given.
        found: String,
    },
    /// A tensor is packed where it must not be, or the other way round, or by other lengths.
    #[error("{op}: {what} must be {expected}")]
    Packing {
        /// The op.
        op: &'static str,
        /// Which of its arguments.
        what: &'static str,
        /// How it must be packed.
        expected: &'static str,
    },
    /// A sequence has fewer steps than its target takes (CTC).
    #[error("sequence {sequence}: its target takes at least {expected} steps, found {found}")]
    TargetTooLong {
        /// Which sequence of the batch, from 0.
        sequence: usize,
        /// Steps that the target takes: one a label, and a blank between two equal ones.
        expected: usize,
        /// Steps that there are.
        found: usize,
    },
    /// The blank, which separates labels, is used as a label (CTC).
    #[error("sequence {sequence}: expected labels other than the blank, found {found}")]
    BlankLabel {
        /// Which sequence of the batch, from 0.
        sequence: usize,
        /// The blank.
        found: u32,
    },
    /// No parameter has this name.
    #[error("there is no parameter “{name}”")]
    UnknownParameter {
        /// The name asked for.
        name: String,
    },
    /// What was saved lacks a tensor.
    #[error("“{name}” is missing from what was saved")]
    MissingTensor {
        /// The tensor.
        name: String,
    },
    /// What was saved holds a tensor that has no place here, or one twice.
    #[error("what was saved holds “{name}”, which has no place here or has been read already")]
    SurplusTensor {
        /// The tensor.
        name: String,
    },
    /// What was saved belongs to another update rule.
    #[error("what was saved belongs to the update rule “{found}”, this run uses “{expected}”")]
    OtherRule {
        /// The rule in use.
        expected: &'static str,
        /// The rule that was saved.
        found: String,
    },
    /// A training step is half done.
    #[error("a training step is half done: save, load and share steps between two of them")]
    MidStep,
    /// The share of a step was asked for or completed, and this trainer is not waiting for others.
    #[error("the step in hand is not shared, or this trainer's share of it is not worked out yet")]
    NotWaiting,
}
