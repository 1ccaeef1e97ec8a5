//! Runs other programs and tells what is being done and how long it took.

use crate::error::{Doing, Error, Result};
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Writes one line for the person who runs the command.
pub(crate) fn say(line: &str) {
    // Nobody is left to be told when standard error is gone.
    let _ = writeln!(io::stderr(), "{line}");
}

/// The steps of one command, with their durations.
pub(crate) struct Journal {
    started: Instant,
    steps: Vec<(String, Duration)>,
}

impl Journal {
    /// Begins to count the time.
    pub(crate) fn new() -> Self {
        Self { started: Instant::now(), steps: Vec::new() }
    }

    /// Says what is done and how long it usually takes, does it, and says how long it took.
    pub(crate) fn step<T>(
        &mut self,
        title: &str,
        estimate: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        say(&format!("==> {title} ({estimate})"));
        let started = Instant::now();
        let outcome = work()?;
        let duration = started.elapsed();
        say(&format!("    done in {}: {title}", seconds(duration)));
        self.steps.push((title.to_owned(), duration));
        Ok(outcome)
    }

    /// Lists the steps with their durations, and the whole.
    pub(crate) fn summarise(&self, command: &str) {
        say("");
        for (title, duration) in &self.steps {
            say(&format!("{:>9}  {title}", seconds(*duration)));
        }
        say(&format!("{:>9}  {command} in all", seconds(self.started.elapsed())));
    }
}

/// Runs a program whose output is for the person, and expects it to succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().map_err(|source| could_not_start(command, source))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed { command: words(command), status: status.to_string() })
}

/// Runs a program and returns what it writes to standard output; its errors go to the person.
pub(crate) fn output_of(command: &mut Command) -> Result<String> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|source| could_not_start(command, source))?;
    if !output.status.success() {
        return Err(Error::Failed { command: words(command), status: output.status.to_string() });
    }
    String::from_utf8(output.stdout)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
        .doing(|| format!("read what `{}` writes", words(command)))
}

fn could_not_start(command: &Command, source: io::Error) -> Error {
    if source.kind() != io::ErrorKind::NotFound {
        return Error::Io { action: format!("start `{}`", words(command)), source };
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let advice = match program.as_str() {
        "rustup" => "install Rust from https://rustup.rs",
        "node" | "npm" => "install Node 20 or newer from https://nodejs.org",
        _ => "`cargo xtask setup` installs what can be installed",
    };
    Error::MissingProgram { program, advice }
}

fn words(command: &Command) -> String {
    let mut words = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args() {
        words.push(' ');
        words.push_str(&argument.to_string_lossy());
    }
    words
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
