//! Models, written forward only on the tape: what is declared are parameters under PyTorch's names, what
//! is recorded is a graph with places for the data, the scores and the loss.

mod captioner;
mod classifier;
mod decoder;
mod dense;
mod dissection;
mod embedding;
mod encoder_decoder;
mod forecaster;
mod language_model;
mod recurrent;
mod step_reader;
mod tagger;
mod transducer;

pub use crate::ops::CellKind;
pub use captioner::{Captioner, CaptionerConfig, CaptionerGraph, ImageEncoderConfig};
pub use classifier::{ClassTargets, Classes, Classifier, ClassifierConfig, ClassifierGraph, SequencePooling};
pub use decoder::{AttentionKind, Decoder, DecoderConfig, DecoderGraph, DecoderStep};
pub use dense::Dense;
pub use dissection::{Dissection, StepLayer, StepValues};
pub use embedding::EmbeddingTable;
pub use encoder_decoder::{
    DecoderStepGraph, EncoderDecoder, EncoderDecoderConfig, EncoderDecoderGraph, EncoderGraph,
};
pub use forecaster::{ForecastLoss, Forecaster, ForecasterConfig, ForecasterGraph};
pub use language_model::{LanguageModel, LanguageModelConfig, LanguageModelGraph, Window};
pub use recurrent::{Directions, LayerTrace, RecurrentConfig, RecurrentGraph, RecurrentLayers};
pub use step_reader::{ReaderState, StepReader};
pub use tagger::{Tagger, TaggerConfig, TaggerGraph};
pub use transducer::{Transducer, TransducerConfig, TransducerGraph};
