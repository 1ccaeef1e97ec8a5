//! What a person or a program sees of a training run.

use indicatif::{ProgressBar, ProgressStyle};
use rnn_protocol::StepReport;
use serde::Serialize;
use std::f32::consts::LN_2;
use std::io::{self, IsTerminal, Write};

/// Without a terminal, a line is written every so many steps.
const STEPS_PER_LINE: u32 = 100;

/// One line of `--log json`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    Step { step: u32, loss: f32, grad_norm: f32 },
    Validation { step: u32, bits_per_char: f32 },
    Done { step: u32, validation_bits_per_char: f32, seconds: f64 },
}

/// Where a training run reports to.
pub(crate) enum Log {
    /// One object a line, on standard output.
    Json,
    /// A bar on the terminal.
    Bar(ProgressBar),
    /// Now and then a line on standard error.
    Lines,
}

impl Log {
    /// A log for a person: a bar if standard error is a terminal.
    pub(crate) fn for_person(steps: u32) -> Self {
        if !io::stderr().is_terminal() {
            return Self::Lines;
        }
        let bar = ProgressBar::new(u64::from(steps));
        let template = "{bar:32} {pos}/{len} steps  {msg}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    /// One step was taken.
    pub(crate) fn step(&self, report: StepReport, chars_per_second: f32) -> io::Result<()> {
        let StepReport { step, loss, grad_norm } = report;
        let bits = loss / LN_2;
        match self {
            Self::Json => print(&Line::Step { step, loss, grad_norm }),
            Self::Bar(bar) => {
                bar.set_position(u64::from(step));
                bar.set_message(format!("{bits:.3} bits/char  {chars_per_second:.0} chars/s"));
                Ok(())
            }
            Self::Lines if step.is_multiple_of(STEPS_PER_LINE) => {
                writeln!(io::stderr(), "step {step}: {bits:.3} bits/char, {chars_per_second:.0} chars/s")
            }
            Self::Lines => Ok(()),
        }
    }

    /// The held-out text was read on the way.
    pub(crate) fn validation(&self, step: u32, bits_per_char: f32) -> io::Result<()> {
        let text = || format!("step {step}: {bits_per_char:.3} bits/char held out");
        match self {
            Self::Json => print(&Line::Validation { step, bits_per_char }),
            Self::Bar(bar) => {
                bar.println(text());
                Ok(())
            }
            Self::Lines => writeln!(io::stderr(), "{}", text()),
        }
    }

    /// A sentence for the person, on standard error.
    pub(crate) fn note(&self, text: &str) -> io::Result<()> {
        match self {
            Self::Bar(bar) => {
                bar.println(text);
                Ok(())
            }
            Self::Json | Self::Lines => writeln!(io::stderr(), "{text}"),
        }
    }

    /// Training is over and the held-out text was read.
    pub(crate) fn done(&self, step: u32, validation_bits_per_char: f32, seconds: f64) -> io::Result<()> {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
        match self {
            Self::Json => print(&Line::Done { step, validation_bits_per_char, seconds }),
            Self::Bar(_) | Self::Lines => writeln!(
                io::stdout(),
                "{step} steps in {seconds:.1} s, {validation_bits_per_char:.3} bits per character held out"
            ),
        }
    }
}

fn print(line: &Line) -> io::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, line)?;
    writeln!(output)
}
