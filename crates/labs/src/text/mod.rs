//! The Text lab: predict the next character of a text.
//!
//! The text is cut into parallel streams that are read window by window, the state carried from one
//! to the next (truncated backpropagation through time). The last part is held out; the metric is the
//! mean cross-entropy on it, in bits per character, beside a unigram and a 5-gram model.

mod baselines;
mod data;
mod decode;
mod evaluation;
mod generator;
mod miniature;
mod model;
mod ngram;
mod rows;
mod streams;
mod text_device;
mod text_lab;
mod vocabulary;

pub use crate::network::trainer_config;
pub use data::{MAX_BYTES, TextData};
pub use generator::TextGenerator;
pub(crate) use miniature::miniature;
pub(crate) use model::TextPlan;
pub(crate) use text_device::TextDevice;
pub(crate) use text_lab::TextLab;
pub use vocabulary::Vocabulary;
