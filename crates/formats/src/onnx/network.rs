//! A whole network with its weights, and which graphs it is written as.

use super::builder::{Constant, GraphBuilder, Value};
use crate::{Architecture, Embedding, FormatError, Linear, WeightFile};
use rnn_compute::models::SequencePooling;
use std::collections::HashMap;

/// What a network is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Task {
    /// Score the next symbol at each step.
    LanguageModel,
    /// Score the classes of each step.
    Tagger,
    /// Score the classes of the whole sequence.
    Classifier(SequencePooling),
    /// Predict the numbers that follow the whole sequence.
    Forecaster,
    /// Give the log-probabilities of the classes at each step, as CTC reads them.
    Transducer,
    /// Give the top layer's hidden state at each step.
    States,
    /// Of two networks, read the source or look at the picture: the states with which the writing begins.
    Encoder,
    /// Of two networks, write one symbol.
    DecoderStep,
}

/// A network with its weights, ready to be written.
#[derive(Debug)]
pub struct Network<'a> {
    pub(super) architecture: Architecture,
    weights: HashMap<&'a str, &'a [f32]>,
    file: &'a WeightFile,
}

impl<'a> Network<'a> {
    /// Takes the weights of `architecture` from a file that has them under our names.
    ///
    /// # Errors
    /// If one is missing or of another shape.
    pub fn new(architecture: Architecture, file: &'a WeightFile) -> Result<Self, FormatError> {
        let tensors: HashMap<_, _> = file.tensors.iter().map(|tensor| (&*tensor.name, tensor)).collect();
        let mut weights = HashMap::new();
        for parameter in architecture.parameters()? {
            let tensor = tensors.get(&*parameter.name);
            match tensor.filter(|tensor| tensor.shape == parameter.shape) {
                Some(tensor) => weights.insert(&*tensor.name, &*tensor.values),
                None => {
                    let found = tensor.map_or("none".to_owned(), |tensor| format!("{:?}", tensor.shape));
                    let (name, expected) = (parameter.name, parameter.shape);
                    return Err(FormatError::Parameter { name, expected, found });
                }
            };
        }
        Ok(Self { architecture, weights, file })
    }

    /// Writes the network as an ONNX file with the metadata of its weights.
    ///
    /// # Errors
    /// If it is no network for this task, or is too large for the format.
    pub fn to_onnx(&self, task: Task) -> Result<Vec<u8>, FormatError> {
        let mut graph = GraphBuilder::new();
        match (&self.architecture, task) {
            (Architecture::EncoderDecoder(config), Task::Encoder) => {
                self.source_encoder(&mut graph, config)?;
            }
            (Architecture::Captioner(config), Task::Encoder) => self.image_encoder(&mut graph, config)?,
            (Architecture::EncoderDecoder(config), Task::DecoderStep) => {
                self.decoder_step(&mut graph, &config.decoder())?;
            }
            (Architecture::Captioner(config), Task::DecoderStep) => {
                self.decoder_step(&mut graph, &config.decoder)?;
            }
            (Architecture::Sequence(network), task) if !matches!(task, Task::Encoder | Task::DecoderStep) => {
                self.sequence(&mut graph, network, task)?;
            }
            (Architecture::Sequence(_), _) => {
                let reason = "it is one network, and not an encoder and a decoder".to_owned();
                return Err(FormatError::Export { reason });
            }
            (Architecture::EncoderDecoder(_) | Architecture::Captioner(_), _) => {
                let reason = "it is two networks; only its encoder and a step of its decoder can be exported";
                return Err(FormatError::Export { reason: reason.to_owned() });
            }
        }
        graph.finish(&self.file.metadata)
    }

    /// The embedding of this name.
    pub(super) fn embedding(
        &self,
        graph: &mut GraphBuilder,
        name: &str,
        symbols: &Value,
        Embedding { symbols: count, width }: Embedding,
    ) -> Result<Value, FormatError> {
        let table = Constant::float([count, width], self.weight(&format!("{name}.weight")).to_vec())?;
        Ok(graph.embedding(symbols, name, &table))
    }

    /// The linear layer of this name.
    pub(super) fn linear(
        &self,
        graph: &mut GraphBuilder,
        name: &str,
        input: &Value,
        Linear { inputs, outputs }: Linear,
    ) -> Result<Value, FormatError> {
        let weights = ["weight", "bias"].map(|part| self.weight(&format!("{name}.{part}")));
        graph.linear(input, name, [outputs, inputs], weights.into())
    }

    /// A parameter; `new` has made sure that it is there.
    pub(super) fn weight(&self, name: &str) -> &'a [f32] {
        self.weights.get(name).copied().unwrap_or_default()
    }
}
