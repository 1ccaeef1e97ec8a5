//! Models, written forward only on the tape.

mod language_model;
mod recurrent;

pub use crate::ops::CellKind;
pub use language_model::{LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
pub use recurrent::{LayerTrace, RecurrentLayers};
