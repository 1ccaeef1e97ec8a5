//! Python for the tests that compare with other programs.

use std::env;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

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

    /// Runs a script of the tests and expects it to succeed. Returns what it prints.
    ///
    /// # Panics
    /// If it cannot be started or fails; its errors are in the message.
    #[expect(clippy::panic, reason = "a script that fails is a test that fails")]
    pub fn run<I: Into<OsString>>(&self, script: &str, arguments: impl IntoIterator<Item = I>) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let mut command = Command::new(&self.program);
        command.env("PYTHONDONTWRITEBYTECODE", "1").arg(&script);
        command.args(arguments.into_iter().map(Into::into));
        match command.output() {
            Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
            Ok(output) => panic!(
                "{}: {}\n{}{}",
                script.display(),
                output.status,
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(error) => panic!("cannot start {}: {error}", self.program.display()),
        }
    }
}

/// Where `cargo xtask` keeps its tools.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    folder("RNN_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("rnn-playground")))
        .or_else(|| env::home_dir().map(|home| home.join(".cache/rnn-playground")))
}
