//! Models, written forward only on the tape.

mod language_model;
mod recurrent;

pub use language_model::{LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
pub use recurrent::{CellKind, LayerTrace, RecurrentLayers};
