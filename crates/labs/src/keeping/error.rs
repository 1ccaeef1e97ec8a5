//! Why a run cannot be kept, or what was kept cannot be opened.

use crate::LabError;
use rnn_formats::FormatError;
use thiserror::Error;

/// Why a run cannot be kept, or what was kept cannot be opened: what was expected, what was found, what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeepingError {
    /// There is no run.
    #[error("There is no run to save yet.")]
    NoRun,
    /// The file would be, or is, larger than is written or read.
    #[error("The file of this run has {found_mib} MiB; at most {max_mib} MiB are saved and opened.")]
    TooLarge {
        /// Size in MiB, rounded up.
        found_mib: usize,
        /// The largest size in MiB.
        max_mib: usize,
    },
    /// The weights are of no more use.
    #[error(
        "The weights hold numbers that are not finite, so that nothing was saved. Go back to an earlier step."
    )]
    NotFinite,
    /// The command came without its bytes.
    #[error("The file did not come with the request to open it. Choose it again.")]
    FileMissing,
    /// The bytes are no weight file, or a damaged one.
    #[error("This file cannot be opened: {0}.")]
    Format(#[from] FormatError),
    /// The file was written by a version that knows more.
    #[error(
        "This file was saved by a later version of the playground (form {found}; this one reads form {known}). \
         Reload the page to get the newest version."
    )]
    LaterVersion {
        /// The form of the file.
        found: u32,
        /// The latest that is read.
        known: u32,
    },
    /// The file belongs to a lab that is not here.
    #[error("This file is of the lab “{found}”, which this version of the playground does not have.")]
    OtherLab {
        /// Its lab.
        found: String,
    },
    /// What the file says about its run is not what a file says.
    #[error("This file cannot be opened: what it says about its run is damaged ({reason}).")]
    Words {
        /// What was expected and what was found.
        reason: String,
    },
    /// Data came that nobody asked for.
    #[error("No saved run waits for a text. Open its file first.")]
    NothingWaits,
    /// The data is not that of the run.
    #[error(
        "The saved run learnt from “{name}”, {expected} bytes; the text that came with it is another one, {found} \
         bytes. Open the file again and choose the text that it learnt from."
    )]
    OtherData {
        /// The name of its own.
        name: String,
        /// The size of its own.
        expected: u64,
        /// The size of the other.
        found: u64,
    },
    /// Weights alone came, and there is no network to take them.
    #[error(
        "This file holds weights without a run. Open a text first, and choose the network they belong to."
    )]
    NoNetwork,
    /// Weights of another network.
    #[error(
        "The weights do not fit the network on stage: {reason}. Choose the same cell, layers and sizes first, and a \
         text with as many distinct characters."
    )]
    OtherNetwork {
        /// The tensor, what was expected and what was found.
        reason: String,
    },
    /// There is no such checkpoint.
    #[error("There is no checkpoint of step {step} any longer.")]
    NoCheckpoint {
        /// What was asked for.
        step: u32,
    },
    /// The lab does not take it.
    #[error(transparent)]
    Lab(#[from] LabError),
}
