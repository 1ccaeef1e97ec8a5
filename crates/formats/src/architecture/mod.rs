//! What network a file of weights belongs to: a plain description by its pieces, the parameters that such a
//! network has under our names, and how all of it is found in a foreign state dict.
//!
//! What a network is made of is said in the words of `rnn-compute`'s models, and what parameters it has, by
//! their declarations.

mod captioner;
mod decoder;
mod encoder_decoder;
mod infer;
mod names;
mod output_and_embedding;
mod recurrent_stack;
mod sequence;
mod state_dict;
#[cfg(test)]
mod tests;

pub use infer::{Binding, Hints, Inferred, Source};

use crate::FormatError;
use rnn_compute::models::{
    Captioner, CaptionerConfig, ClassifierConfig, Dense, Directions, EmbeddingTable, EncoderDecoder,
    EncoderDecoderConfig, ForecasterConfig, LanguageModelConfig, RecurrentConfig, RecurrentLayers,
    TaggerConfig, TransducerConfig,
};
use rnn_compute::{ComputeError, ParameterList};

/// Vectors that stand for symbols, `[V, E]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Embedding {
    /// V.
    pub symbols: usize,
    /// E.
    pub width: usize,
}

/// A linear layer, `[O, I]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Linear {
    /// I.
    pub inputs: usize,
    /// O.
    pub outputs: usize,
}

/// A network over one sequence: what reads symbols, if anything does; what remembers; what answers, if
/// anything does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SequenceNetwork {
    /// Between symbols and recurrent layers.
    pub embedding: Option<Embedding>,
    /// The recurrent layers.
    pub recurrent: RecurrentConfig,
    /// Above the recurrent layers.
    pub output: Option<Linear>,
    /// Probability of dropout on the embedding and before the output; a file does not say it.
    pub dropout: f64,
}

/// A network.
#[derive(Debug, Clone, PartialEq)]
pub enum Architecture {
    /// Reads a sequence and answers at its steps or at its end.
    Sequence(SequenceNetwork),
    /// Reads a sequence and writes another.
    EncoderDecoder(EncoderDecoderConfig),
    /// Looks at a picture and writes a sequence.
    Captioner(CaptionerConfig),
}

/// What an architecture is usually trained for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Scores every symbol as the next one.
    LanguageModel,
    /// Scores classes, of each symbol (a tagger) or of the whole sequence (a classifier): the parameters
    /// are the same.
    Classifier,
    /// Reads numbers and gives numbers: a forecaster, or with classes a transducer.
    Forecaster,
    /// Recurrent layers and nothing else.
    RecurrentLayers,
    /// Reads a sequence and writes another.
    EncoderDecoder,
    /// Looks at a picture and writes a sequence.
    Captioner,
}

/// A parameter of an architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Our name, as `rnn-compute` declares it.
    pub name: String,
    /// Slowest dimension first.
    pub shape: Vec<usize>,
}

impl Architecture {
    /// What it is usually trained for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Sequence(network) => network.kind(),
            Self::EncoderDecoder(_) => Kind::EncoderDecoder,
            Self::Captioner(_) => Kind::Captioner,
        }
    }

    /// The network over one sequence, if it is one.
    #[must_use]
    pub fn sequence(&self) -> Option<&SequenceNetwork> {
        match self {
            Self::Sequence(network) => Some(network),
            Self::EncoderDecoder(_) | Self::Captioner(_) => None,
        }
    }

    /// The parameters under our names, in the order in which `rnn-compute` declares them.
    ///
    /// # Errors
    /// If a size is zero.
    pub fn parameters(&self) -> Result<Vec<Parameter>, FormatError> {
        let mut list = ParameterList::default();
        match self {
            Self::Sequence(network) => network.declare(&mut list)?,
            Self::EncoderDecoder(config) => {
                EncoderDecoder::declare(&mut list, *config)?;
            }
            Self::Captioner(config) => {
                Captioner::declare(&mut list, config.clone())?;
            }
        }
        Ok(parameters(&list).collect())
    }
}

impl SequenceNetwork {
    /// What it is usually trained for.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match (self.embedding, self.output) {
            (_, None) => Kind::RecurrentLayers,
            (None, Some(_)) => Kind::Forecaster,
            // Who reads the text from behind too has already seen the symbol that comes next.
            (Some(embedding), Some(output))
                if output.outputs == embedding.symbols
                    && self.recurrent.directions == Directions::Forward =>
            {
                Kind::LanguageModel
            }
            (Some(_), Some(_)) => Kind::Classifier,
        }
    }

    fn declare(&self, list: &mut ParameterList) -> Result<(), ComputeError> {
        if let Some(Embedding { symbols, width }) = self.embedding {
            EmbeddingTable::declare(list, "", [symbols, width])?;
        }
        RecurrentLayers::declare(list, "", self.recurrent)?;
        if let Some(Linear { inputs, outputs }) = self.output {
            Dense::declare(list, "output", [inputs, outputs])?;
        }
        Ok(())
    }
}

/// What was declared.
fn parameters(list: &ParameterList) -> impl Iterator<Item = Parameter> {
    list.iter().map(|(name, shape)| Parameter { name: name.to_owned(), shape: shape.dims().to_vec() })
}

/// A network that reads symbols and answers with numbers.
fn of_symbols(symbols: usize, recurrent: RecurrentConfig, outputs: usize, dropout: f64) -> Architecture {
    let embedding = Some(Embedding { symbols, width: recurrent.inputs });
    let output = Some(Linear { inputs: recurrent.width(), outputs });
    Architecture::Sequence(SequenceNetwork { embedding, recurrent, output, dropout })
}

/// A network that reads numbers and answers with numbers.
fn of_numbers(recurrent: RecurrentConfig, outputs: usize, dropout: f64) -> Architecture {
    let output = Some(Linear { inputs: recurrent.width(), outputs });
    Architecture::Sequence(SequenceNetwork { embedding: None, recurrent, output, dropout })
}

impl From<SequenceNetwork> for Architecture {
    fn from(network: SequenceNetwork) -> Self {
        Self::Sequence(network)
    }
}

impl From<LanguageModelConfig> for Architecture {
    fn from(config: LanguageModelConfig) -> Self {
        let LanguageModelConfig { vocabulary, embedding, hidden, layers, cell, dropout, layer_norm } = config;
        let recurrent = RecurrentConfig::new(cell, embedding, hidden, layers);
        of_symbols(vocabulary, RecurrentConfig { dropout, layer_norm, ..recurrent }, vocabulary, dropout)
    }
}

impl From<ClassifierConfig> for Architecture {
    fn from(config: ClassifierConfig) -> Self {
        of_symbols(config.vocabulary, config.recurrent, config.classes.scores(), config.dropout)
    }
}

impl From<TaggerConfig> for Architecture {
    fn from(config: TaggerConfig) -> Self {
        of_symbols(config.vocabulary, config.recurrent, config.tags, config.dropout)
    }
}

impl From<ForecasterConfig> for Architecture {
    fn from(config: ForecasterConfig) -> Self {
        of_numbers(config.recurrent, config.outputs, config.dropout)
    }
}

impl From<TransducerConfig> for Architecture {
    fn from(config: TransducerConfig) -> Self {
        of_numbers(config.recurrent, config.classes, config.dropout)
    }
}

impl From<EncoderDecoderConfig> for Architecture {
    fn from(config: EncoderDecoderConfig) -> Self {
        Self::EncoderDecoder(config)
    }
}

impl From<CaptionerConfig> for Architecture {
    fn from(config: CaptionerConfig) -> Self {
        Self::Captioner(config)
    }
}
