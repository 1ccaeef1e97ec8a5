//! What a person or a program sees of a training run.

use indicatif::{ProgressBar, ProgressStyle};
use rnn_protocol::{LabDescription, Measure, StepReport};
use serde::Serialize;
use std::io::{self, IsTerminal, Write};

/// Without a terminal, a line is written every so many steps.
const STEPS_PER_LINE: u32 = 100;

/// One line of `--log json`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line {
    Step { step: u32, loss: f32, grad_norm: f32 },
    Validation { step: u32, value: f32 },
    Done { step: u32, value: f32, seconds: f64 },
}

/// Reports a training run in the words of its lab.
pub(crate) struct Log {
    lab: &'static LabDescription,
    kind: Kind,
}

/// Where a training run reports to.
enum Kind {
    /// One object a line, on standard output.
    Json,
    /// A bar on the terminal.
    Bar(ProgressBar),
    /// Now and then a line on standard error.
    Lines,
}

impl Log {
    /// A log for a program.
    pub(crate) fn json(lab: &'static LabDescription) -> Self {
        Self { lab, kind: Kind::Json }
    }

    /// A log for a person: a bar if standard error is a terminal.
    pub(crate) fn for_person(lab: &'static LabDescription, steps: u32) -> Self {
        if !io::stderr().is_terminal() {
            return Self { lab, kind: Kind::Lines };
        }
        let bar = ProgressBar::new(u64::from(steps));
        let template = "{bar:32} {pos}/{len} steps  {msg}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { lab, kind: Kind::Bar(bar) }
    }

    /// One step was taken.
    pub(crate) fn step(&self, report: StepReport, items_per_second: f32) -> io::Result<()> {
        let StepReport { step, loss, grad_norm } = report;
        let measure = &self.lab.loss;
        let shown = || with_unit(measure, measure.shown(loss));
        let speed = || format!("{items_per_second:.0} {}/s", self.lab.item.short);
        match &self.kind {
            Kind::Json => print(&Line::Step { step, loss, grad_norm }),
            Kind::Bar(bar) => {
                bar.set_position(u64::from(step));
                bar.set_message(format!("{}  {}", shown(), speed()));
                Ok(())
            }
            Kind::Lines if step.is_multiple_of(STEPS_PER_LINE) => {
                writeln!(io::stderr(), "step {step}: {}, {}", shown(), speed())
            }
            Kind::Lines => Ok(()),
        }
    }

    /// The network was measured on the held-out data on the way.
    pub(crate) fn validation(&self, step: u32, value: f32) -> io::Result<()> {
        let measure = &self.lab.held_out;
        let text =
            || format!("step {step}: {} {}", with_unit(measure, measure.shown(value)), self.lab.measured_on);
        match &self.kind {
            Kind::Json => print(&Line::Validation { step, value }),
            Kind::Bar(bar) => {
                bar.println(text());
                Ok(())
            }
            Kind::Lines => writeln!(io::stderr(), "{}", text()),
        }
    }

    /// A sentence for the person, on standard error.
    pub(crate) fn note(&self, text: &str) -> io::Result<()> {
        match &self.kind {
            Kind::Bar(bar) => {
                bar.println(text);
                Ok(())
            }
            Kind::Json | Kind::Lines => writeln!(io::stderr(), "{text}"),
        }
    }

    /// Training is over and the network was measured on the held-out data.
    pub(crate) fn done(&self, step: u32, value: f32, seconds: f64) -> io::Result<()> {
        if let Kind::Bar(bar) = &self.kind {
            bar.finish_and_clear();
        }
        match &self.kind {
            Kind::Json => print(&Line::Done { step, value, seconds }),
            Kind::Bar(_) | Kind::Lines => {
                let measure = &self.lab.held_out;
                let shown = measure.write(measure.shown(value));
                writeln!(
                    io::stdout(),
                    "{step} steps in {seconds:.1} s, {shown} {} {}",
                    measure.name,
                    self.lab.measured_on
                )
            }
        }
    }
}

/// `2.395 bits/char`.
fn with_unit(measure: &Measure, shown: f32) -> String {
    let written = measure.write(shown);
    if measure.unit.is_empty() { written } else { format!("{written} {}", measure.unit) }
}

fn print(line: &Line) -> io::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer(&mut output, line)?;
    writeln!(output)
}
