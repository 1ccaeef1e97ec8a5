//! A trained network in a file: safetensors with the experiment and the vocabulary in its metadata.

use crate::error::CliError;
use rnn_formats::WeightFile;
use rnn_labs::Lab;
use rnn_labs::text::Vocabulary;
use rnn_protocol::Experiment;
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::path::Path;

const EXPERIMENT: &str = "experiment";
const VOCABULARY: &str = "vocabulary";
const STEP: &str = "step";

/// A network read from a file.
pub(crate) struct ModelFile {
    pub(crate) experiment: Experiment,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) weights: WeightFile,
}

/// Makes sure, before a long training, that [`save`] will be able to write here. What is there stays.
pub(crate) fn check_writable(path: &Path) -> Result<(), CliError> {
    let opened = OpenOptions::new().create(true).append(true).open(path);
    opened.map(|_| ()).map_err(|source| CliError::Write { path: path.to_owned(), source })
}

/// Writes what a lab has learnt.
pub(crate) fn save(path: &Path, experiment: &Experiment, lab: &dyn Lab) -> Result<(), CliError> {
    let metadata = BTreeMap::from([
        (EXPERIMENT.to_owned(), serde_json::to_string(experiment)?),
        (VOCABULARY.to_owned(), serde_json::to_string(&lab.symbols())?),
        (STEP.to_owned(), lab.step().to_string()),
    ]);
    let bytes = WeightFile::from_parameters(lab.parameters(), metadata)
        .to_bytes()
        .map_err(|source| CliError::Format { path: path.to_owned(), source: Box::new(source) })?;
    fs::write(path, bytes).map_err(|source| CliError::Write { path: path.to_owned(), source })
}

/// Reads weights, ours or others'. Of a run that the page saved, the network alone.
pub(crate) fn read_weights(path: &Path) -> Result<WeightFile, CliError> {
    let bytes = fs::read(path).map_err(CliError::reading(path))?;
    WeightFile::from_bytes(&bytes)
        .map(WeightFile::without_run)
        .map_err(|source| CliError::Format { path: path.to_owned(), source: Box::new(source) })
}

/// Whether [`save`] wrote these weights.
pub(crate) fn is_ours(weights: &WeightFile) -> bool {
    weights.metadata.contains_key(EXPERIMENT)
}

/// Reads what [`save`] wrote.
pub(crate) fn open(path: &Path) -> Result<ModelFile, CliError> {
    let weights = read_weights(path)?;
    let experiment: Experiment = serde_json::from_str(entry(path, &weights, EXPERIMENT)?)
        .map_err(|error| not_a_model(path, format!("its experiment cannot be read ({error})")))?;
    experiment.check().map_err(|error| not_a_model(path, error.to_string()))?;
    let lab = experiment.lab.description();
    if !lab.has_output {
        return Err(not_a_model(path, format!("it is of the {} lab, which has no text", lab.name)));
    }
    let symbols: Vec<String> = serde_json::from_str(entry(path, &weights, VOCABULARY)?)
        .map_err(|error| not_a_model(path, format!("its vocabulary cannot be read ({error})")))?;
    let single = |symbol: &String| {
        let mut chars = symbol.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    let symbols = symbols.iter().map(single).collect::<Option<Vec<char>>>();
    let symbols = symbols.filter(|symbols| (2..=usize::from(u16::MAX)).contains(&symbols.len()));
    let symbols = symbols.ok_or_else(|| {
        not_a_model(path, "its vocabulary must be a list of two or more single characters".to_owned())
    })?;
    Ok(ModelFile { experiment, vocabulary: Vocabulary::from_symbols(symbols), weights })
}

fn entry<'a>(path: &Path, weights: &'a WeightFile, key: &str) -> Result<&'a str, CliError> {
    let entry = weights.metadata.get(key).map(String::as_str);
    entry.ok_or_else(|| not_a_model(path, format!("its metadata has no “{key}”")))
}

fn not_a_model(path: &Path, reason: String) -> CliError {
    CliError::NotAModel { path: path.to_owned(), reason }
}
