//! The Memory lab: keep something in mind over many steps, and answer at the end.
//!
//! Three tasks that separate what a network computes from how long it remembers. Every training step reads
//! fresh sequences, generated from the experiment's seed; 512 more are held out. The metric is recall, the
//! share of them that is answered correctly, beside what guessing achieves. With a delay of D steps:
//!
//! - *Copy*: one symbol of 8, then D distractors, then a cue; answer the symbol. After experiment 2 of
//!   S. Hochreiter and J. Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997; with a cue as in
//!   M. Arjovsky, A. Shah and Y. Bengio, Unitary evolution recurrent neural networks, ICML 2016.
//! - *Adding*: D + 2 pairs of a number in [0, 1) and a mark; two are marked, one in each half; answer the sum
//!   of their numbers. Correct is what is off by at most 0.04, as in experiment 4 of the first paper; scaled as
//!   in Q. V. Le, N. Jaitly and G. E. Hinton, A simple way to initialize recurrent networks of rectified linear
//!   units, 2015.
//! - *Temporal order*: D distractors and two symbols of X and Y, one at a random place of the first third, one
//!   of the second, then a cue; answer which came in which order. After experiment 6a of the first paper.

mod batches;
mod delays;
mod exam;
mod memory_lab;
mod miniature;
mod model;
mod task;

pub(crate) use memory_lab::MemoryLab;
pub(crate) use miniature::miniature;
pub(crate) use model::MemoryNetwork;
