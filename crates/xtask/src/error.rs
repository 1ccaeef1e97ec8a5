//! What can go wrong in a command, said so that a person knows what to do.

use std::io;
use thiserror::Error;

/// The result of everything here.
pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Why a command stopped.
#[derive(Debug, Error)]
pub(crate) enum Error {
    /// A file or a connection refused.
    #[error("could not {action}: {source}")]
    Io {
        /// What was tried, such as `read static/icon.svg`.
        action: String,
        /// What the system said.
        source: io::Error,
    },
    /// A program ended with an error, and has said why above.
    #[error("`{command}` failed ({status}); its message stands above")]
    Failed {
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: String,
    },
    /// A program is not on this machine.
    #[error("`{program}` is not installed here or not on PATH; {advice}")]
    MissingProgram {
        /// Its name.
        program: String,
        /// How to come by it.
        advice: &'static str,
    },
    /// Something is not what it must be.
    #[error("{subject}: expected {expected}, found {found}; {advice}")]
    Unexpected {
        /// What was looked at.
        subject: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: String,
        /// What to do.
        advice: &'static str,
    },
}

/// Adds to an I/O error what was being done.
pub(crate) trait Doing<T> {
    /// Says what was being done, in the form that follows “could not”.
    fn doing(self, action: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Doing<T> for io::Result<T> {
    fn doing(self, action: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|source| Error::Io { action: action(), source })
    }
}
