//! From the names and shapes of a state dict to the network it belongs to, and to its weights under our
//! names.

use super::names::Names;
use super::recurrent_stack::{listed, prefixes, refuse};
use super::state_dict::StateDict;
use super::{Architecture, Parameter, captioner, encoder_decoder, sequence};
use crate::{FormatError, Tensor, WeightFile};
use rnn_compute::backend::Nonlinearity;
use rnn_compute::models::CellKind;
use rnn_compute::ops::DotScale;
use std::collections::HashSet;

/// How many batches a batch norm has seen in its training; matters only where it goes on without a momentum.
const COUNTER: &str = "num_batches_tracked";

/// Where the values of one of our parameters come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The tensor of this name in the file.
    File(String),
    /// The file has none, and zero means the same: a bias that was left out.
    Zeros,
}

/// One of our parameters and where its values come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Our name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Where its values come from.
    pub source: Source,
}

/// What was found in a state dict.
#[derive(Debug, Clone, PartialEq)]
pub struct Inferred {
    /// The network.
    pub architecture: Architecture,
    /// Every parameter of the network.
    pub bindings: Vec<Binding>,
    /// Sentences about what the file does not say and had to be assumed, and what in it was left out.
    pub notes: Vec<String>,
}

/// What names and shapes do not say. What is known of a file's network beforehand is said here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hints {
    /// What an Elman cell makes of its pre-activation; by default tanh is assumed.
    pub nonlinearity: Option<Nonlinearity>,
    /// How a decoder looks at its source where no parameters do; by default such a file is refused.
    pub dot_scale: Option<DotScale>,
    /// Height and width of a captioner's pictures; by default 32, or more if its poolings need it.
    pub image_size: Option<[usize; 2]>,
}

impl Hints {
    pub(super) fn nonlinearity(&self) -> Nonlinearity {
        self.nonlinearity.unwrap_or_default()
    }
}

impl Architecture {
    /// Finds what network a file of weights belongs to. Every tensor of the file must have its place in it:
    /// a network without one of them would compute something else.
    ///
    /// # Errors
    /// If it is none that is known here, or if names and shapes leave a choice.
    pub fn infer(file: &WeightFile) -> Result<Inferred, FormatError> {
        Self::infer_with(file, &Hints::default())
    }

    /// The same, where something is known beforehand.
    ///
    /// # Errors
    /// If it is none that is known here, or if names, shapes and hints leave a choice.
    pub fn infer_with(file: &WeightFile, hints: &Hints) -> Result<Inferred, FormatError> {
        let left_out = whole_numbers(file)?;
        let dict = || StateDict::new(file);
        let mut names = Names::default();
        let architecture = if captioner::is_one(&dict()) {
            Self::Captioner(captioner::find(dict(), hints, &mut names)?)
        } else if is_encoder_decoder(&dict()) {
            Self::EncoderDecoder(encoder_decoder::find(dict(), hints, &mut names)?)
        } else {
            Self::Sequence(sequence::find(&dict(), hints.nonlinearity(), "", &mut names)?)
        };
        let dict = dict();
        let bindings = architecture.parameters()?.into_iter().map(|parameter| bind(parameter, &dict, &names));
        let bindings = bindings.collect::<Result<Vec<_>, FormatError>>()?;
        refuse_superfluous(&architecture, &dict, &bindings)?;
        let mut notes = notes(&architecture, hints, &bindings);
        notes.extend(left_out);
        Ok(Inferred { architecture, bindings, notes })
    }
}

impl Inferred {
    /// The file's weights under our names and with all biases. Its metadata are kept.
    ///
    /// # Errors
    /// If the file is not the one that this was found in.
    pub fn adopt(&self, file: &WeightFile) -> Result<WeightFile, FormatError> {
        let dict = StateDict::new(file);
        let tensors = self.bindings.iter().map(|Binding { name, shape, source }| {
            let values = match source {
                Source::Zeros => vec![0.0; shape.iter().product()],
                Source::File(theirs) => {
                    let tensor = dict.find(theirs).filter(|tensor| tensor.shape == *shape);
                    tensor.map(|tensor| tensor.values.clone()).ok_or_else(|| FormatError::Parameter {
                        name: theirs.clone(),
                        expected: shape.clone(),
                        found: "another file".into(),
                    })?
                }
            };
            Ok(Tensor::new(name.clone(), shape.clone(), values))
        });
        let (tensors, metadata) = (tensors.collect::<Result<_, FormatError>>()?, file.metadata.clone());
        Ok(WeightFile { tensors, metadata, ..WeightFile::default() })
    }
}

/// Whether there are two stacks of recurrent layers, of which the names make one an encoder.
fn is_encoder_decoder(file: &StateDict<'_>) -> bool {
    let stacks = prefixes(file);
    stacks.len() == 2 && stacks.iter().filter(|prefix| encoder_decoder::is_encoders(prefix)).count() == 1
}

/// Finds the values of a parameter in the file.
fn bind(parameter: Parameter, file: &StateDict<'_>, names: &Names) -> Result<Binding, FormatError> {
    let Parameter { name, shape } = parameter;
    let theirs = names.theirs(&name);
    let is_bias = name.rsplit('.').next().is_some_and(|own| own.starts_with("bias"));
    let source = if is_bias && file.find(&theirs).is_none() {
        Source::Zeros
    } else {
        file.expect(&theirs, &shape)?;
        Source::File(theirs)
    };
    Ok(Binding { name, shape, source })
}

fn refuse_superfluous(
    architecture: &Architecture,
    file: &StateDict<'_>,
    bindings: &[Binding],
) -> Result<(), FormatError> {
    let used: HashSet<&str> = bindings
        .iter()
        .filter_map(|binding| match &binding.source {
            Source::File(name) => Some(&**name),
            Source::Zeros => None,
        })
        .collect();
    let superfluous: Vec<_> = file.tensors().filter(|tensor| !used.contains(&*tensor.name)).collect();
    if superfluous.is_empty() {
        return Ok(());
    }
    let network = match architecture {
        Architecture::Sequence(_) => "an embedding, recurrent layers and a linear output of matching sizes",
        Architecture::EncoderDecoder(_) => "an encoder and a decoder of matching sizes",
        Architecture::Captioner(_) => "an image encoder and a decoder of matching sizes",
    };
    let described = superfluous.iter().map(|tensor| format!("“{}” {:?}", tensor.name, tensor.shape));
    refuse(format!("beside {network} there are {}", listed(described)))
}

fn notes(architecture: &Architecture, hints: &Hints, bindings: &[Binding]) -> Vec<String> {
    let mut notes = Vec::new();
    let missing = bindings.iter().filter(|binding| binding.source == Source::Zeros).count();
    if missing > 0 {
        notes.push(format!("The file has no values for {missing} of the biases; they are zero."));
    }
    let cell = match architecture {
        Architecture::Sequence(network) => network.recurrent.cell,
        Architecture::EncoderDecoder(config) => config.cell,
        Architecture::Captioner(config) => config.decoder.cell,
    };
    if cell == CellKind::ELMAN && hints.nonlinearity.is_none() {
        notes.push("The file does not say whether its RNN uses tanh or ReLU; tanh is assumed.".to_owned());
    }
    if let (Architecture::Captioner(config), None) = (architecture, hints.image_size) {
        let [height, width] = config.encoder.size;
        notes.push(format!("The file does not say how large its pictures are; {height}×{width} is assumed."));
    }
    notes
}

/// Says which whole numbers are left out: counters, of which nothing that is computed here depends.
fn whole_numbers(file: &WeightFile) -> Result<Option<String>, FormatError> {
    if let Some(needed) = file.whole.iter().find(|whole| !whole.name.ends_with(COUNTER)) {
        let (name, found) = (needed.name.clone(), needed.stored_as.to_owned());
        return Err(FormatError::NumberType { name, found });
    }
    let names = file.whole.iter().map(|whole| format!("“{}”", whole.name));
    Ok((!file.whole.is_empty()).then(|| format!("Not needed and left out: {}.", listed(names))))
}
