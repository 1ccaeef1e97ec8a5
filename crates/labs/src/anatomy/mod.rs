//! The Anatomy lab: a tiny network learns to continue one sentence, and every number of it can be seen.
//!
//! The sentence is cut into tokens; the network reads all but the last and predicts after each the one that
//! follows. Every training step reads the whole sentence from a state of zeros. Nothing is held out: what is
//! measured is how many of the next tokens it gets right, beside guessing the most frequent one.
//!
//! The *walk* goes through the sentence once at the weights of the moment, line by line: up to the loss, and back
//! to every weight. What an engine's tape has of a number is taken from there.

mod anatomy_lab;
mod batches;
mod miniature;
mod model;
mod reader;
mod sentence;
mod walk;

pub(crate) use anatomy_lab::AnatomyLab;
pub(crate) use miniature::miniature;
pub(crate) use model::AnatomyNetwork;
