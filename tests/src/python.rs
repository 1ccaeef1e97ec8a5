//! Python for the tests that compare with other programs.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A Python with the packages of one requirements file.
pub struct Python {
    program: PathBuf,
}

impl Python {
    /// The program that the variable names, or else that of the environment of this name in the cache of
    /// `cargo xtask`. Where there is neither, says so on standard error: what needs it is skipped.
    #[must_use]
    pub fn find(variable: &str, environment: &str) -> Option<Self> {
        let named = env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        let cached = || cache().map(|cache| cache.join(environment).join("bin/python"));
        let program = named.or_else(|| cached().filter(|program| program.is_file()));
        if program.is_none() {
            // Not `eprintln`, which the test harness keeps to itself.
            let _ = writeln!(
                io::stderr(),
                "\n*** SKIPPED: no Python environment “{environment}” in the cache, and {variable} is not set ***"
            );
        }
        program.map(|program| Self { program })
    }

    /// Runs Python with these arguments and expects it to succeed. Returns what it prints.
    ///
    /// # Panics
    /// If it cannot be started or fails; its errors are in the message.
    #[expect(clippy::panic, reason = "a script that fails is a test that fails")]
    pub fn run<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> String {
        let mut command = Command::new(&self.program);
        command.env("PYTHONDONTWRITEBYTECODE", "1").args(arguments);
        match command.output() {
            Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
            Ok(output) => panic!(
                "{command:?}: {}\n{}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(error) => panic!("cannot start {command:?}: {error}"),
        }
    }
}

/// An empty folder for a test's files.
///
/// # Errors
/// If it cannot be emptied or made.
pub fn empty_folder(parent: &str, name: &str) -> io::Result<PathBuf> {
    let folder = Path::new(parent).join(name);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(&folder)?,
    }
    Ok(folder)
}

/// Where `cargo xtask` keeps its tools.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("RNN_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("rnn-playground")))
        .or_else(|| env::home_dir().map(|home| home.join(".cache/rnn-playground")))
}
