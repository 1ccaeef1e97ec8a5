//! `rnn export onnx` and `rnn export pytorch`: weights for other programs.

use crate::error::CliError;
use crate::model_file;
use rnn_compute::models::{SequencePooling, Window};
use rnn_compute::ops::DotScale;
use rnn_formats::onnx::{Network, Task};
use rnn_formats::pytorch_script::{Data, Script, Training};
use rnn_formats::{Architecture, FormatError, Hints, Inferred, Kind, WeightFile};
use rnn_labs::text::trainer_config;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What `rnn export onnx` is told.
#[derive(clap::Args)]
pub(crate) struct OnnxArguments {
    /// Weights: a file that `rnn train` wrote, or another state dict of PyTorch's as safetensors.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Where the network is written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// What it is to do; by default, what its architecture is usually for.
    #[arg(long, value_enum)]
    task: Option<TaskWord>,
    /// How the decoder of another's encoder and decoder looks at its source, where no weights do.
    #[arg(long, value_enum)]
    attention: Option<AttentionWord>,
}

/// What attention has no weights.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum AttentionWord {
    /// The dot product of two states.
    Dot,
    /// The same, divided by the root of their width.
    ScaledDot,
}

impl From<AttentionWord> for DotScale {
    fn from(word: AttentionWord) -> Self {
        match word {
            AttentionWord::Dot => Self::One,
            AttentionWord::ScaledDot => Self::InverseRoot,
        }
    }
}

/// What `rnn export pytorch` is told.
#[derive(clap::Args)]
pub(crate) struct PytorchArguments {
    /// A file that `rnn train` wrote.
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Where the script is written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// What an exported network does.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum TaskWord {
    /// Score the next symbol at each step.
    LanguageModel,
    /// Score the classes of each step.
    Tagger,
    /// Score the classes of the sequence, from each direction's last state.
    ClassifierLast,
    /// Score the classes of the sequence, from the mean of its states.
    ClassifierMean,
    /// Score the classes of the sequence, from the largest of its states.
    ClassifierMax,
    /// Predict numbers at each step.
    Forecaster,
    /// Give log-probabilities of the classes at each step.
    Transducer,
    /// Give the hidden states.
    States,
    /// Of an encoder and a decoder: read the source, or look at the picture.
    Encoder,
    /// Of an encoder and a decoder: write one symbol.
    DecoderStep,
}

impl From<TaskWord> for Task {
    fn from(word: TaskWord) -> Self {
        match word {
            TaskWord::LanguageModel => Self::LanguageModel,
            TaskWord::Tagger => Self::Tagger,
            TaskWord::ClassifierLast => Self::Classifier(SequencePooling::Last),
            TaskWord::ClassifierMean => Self::Classifier(SequencePooling::Mean),
            TaskWord::ClassifierMax => Self::Classifier(SequencePooling::Max),
            TaskWord::Forecaster => Self::Forecaster,
            TaskWord::Transducer => Self::Transducer,
            TaskWord::States => Self::States,
            TaskWord::Encoder => Self::Encoder,
            TaskWord::DecoderStep => Self::DecoderStep,
        }
    }
}

/// Writes a network as ONNX.
pub(crate) fn onnx(arguments: &OnnxArguments) -> Result<(), CliError> {
    let path = &arguments.model;
    let format = |source: FormatError| CliError::Format { path: path.clone(), source: Box::new(source) };
    let file = model_file::read_weights(path)?;
    let hints = Hints { dot_scale: arguments.attention.map(DotScale::from), ..Hints::default() };
    let inferred = Architecture::infer_with(&file, &hints).map_err(format)?;
    let task = arguments.task.map_or_else(|| usual_task(&inferred.architecture), Task::from);
    tell(&inferred, &file)?;
    let weights = inferred.adopt(&file).map_err(format)?;
    let bytes = Network::new(inferred.architecture, &weights).and_then(|network| network.to_onnx(task));
    write(&arguments.out, bytes.map_err(format)?)
}

/// Writes a network and its training as a PyTorch script.
pub(crate) fn pytorch(arguments: &PytorchArguments) -> Result<(), CliError> {
    let path = &arguments.model;
    let format = |source: FormatError| CliError::Format { path: path.clone(), source: Box::new(source) };
    let model = model_file::open(path)?;
    let settings = &model.experiment.training;
    let window = Window { steps: settings.sequence_length as usize, batch: settings.batch_size as usize };
    let training =
        Training { trainer: trainer_config(&model.experiment), window, seed: model.experiment.seed };
    let architecture = Architecture::infer(&model.weights).map_err(format)?.architecture;
    let script = Script { architecture, training, data: Data::Text(model.vocabulary.symbols()) };
    write(&arguments.out, script.to_source().map_err(format)?)
}

/// What a network of this architecture is usually for.
fn usual_task(architecture: &Architecture) -> Task {
    match architecture.kind() {
        Kind::LanguageModel => Task::LanguageModel,
        Kind::Classifier => Task::Classifier(SequencePooling::Last),
        Kind::Forecaster => Task::Forecaster,
        Kind::RecurrentLayers => Task::States,
        Kind::EncoderDecoder | Kind::Captioner => Task::Encoder,
    }
}

/// Says what was assumed of others' weights, or converted.
fn tell(inferred: &Inferred, file: &WeightFile) -> Result<(), CliError> {
    if model_file::is_ours(file) {
        return Ok(());
    }
    let mut errors = io::stderr().lock();
    for note in inferred.notes.iter().chain(&file.conversion_note()) {
        writeln!(errors, "{note}")?;
    }
    Ok(())
}

fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), CliError> {
    fs::write(path, content).map_err(|source| CliError::Write { path: path.to_owned(), source })
}
