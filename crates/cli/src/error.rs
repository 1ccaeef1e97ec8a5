//! Why a command failed.

use rnn_formats::FormatError;
use rnn_gpu::GpuError;
use rnn_labs::LabError;
use rnn_protocol::SettingError;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a command failed, in a sentence for standard error.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to standard output: {0}")]
    Output(#[from] io::Error),
    #[error(
        "the shipped text is not here (no {} in this folder or above it); run `cargo xtask data` in the \
         project, or pass a text with --data FILE",
        path.display()
    )]
    NoShippedData { path: PathBuf },
    #[error("--set takes key=value, found “{found}”")]
    NotAnAssignment { found: String },
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// What a session refused, in its own words.
    #[error("{0}")]
    Session(String),
    #[error(transparent)]
    Lab(#[from] LabError),
    #[error("{0}; `rnn devices` lists what there is, and --backend cpu needs none")]
    Gpu(#[from] GpuError),
    #[error("{}: {source}", path.display())]
    Format { path: PathBuf, source: Box<FormatError> },
    #[error("{} is not a model that `rnn train` wrote: {reason}", path.display())]
    NotAModel { path: PathBuf, reason: String },
    #[error("cannot put the experiment into words: {0}")]
    Json(#[from] serde_json::Error),
}

impl CliError {
    /// To be used with `map_err` where `path` is read.
    pub(crate) fn reading(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self::Read { path: path.to_owned(), source }
    }
}
