//! `rnn look text`: what a network looks like inside at one step, as the page draws it.

use crate::error::CliError;
use crate::train;
use rnn_labs::{Session, SessionConfig};
use rnn_protocol::{BUILD_ID, Command, Event, Flow, Quantity, Snapshot, SnapshotHeader};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::Instant;

/// How long the session works before its events are looked at.
const SLICE_MILLIS: f64 = 50.0;

/// What `rnn look text` is told.
#[derive(clap::Args)]
pub(crate) struct LookArguments {
    #[command(flatten)]
    training: train::TextArguments,
    /// What is written for each unit: hidden, cell, forget-gate, hidden-gradient, …
    #[arg(long, default_value = "hidden", value_parser = quantity)]
    quantity: Quantity,
}

/// What is written, as one JSON object.
#[derive(Serialize)]
struct Look<'a> {
    header: &'a SnapshotHeader,
    /// The quantity of the first sequence, `[R][T][H]`.
    units: Vec<Vec<&'a [f32]>>,
    /// Norms that flow along the links, by their names.
    flows: BTreeMap<String, &'a [f32]>,
}

/// Trains the given number of steps and writes the look at the last one.
pub(crate) fn text(arguments: &LookArguments) -> Result<(), CliError> {
    let steps = arguments.training.run.steps.max(1);
    let start = Instant::now();
    let clock = move || start.elapsed().as_secs_f64() * 1000.0;
    let config = SessionConfig { evaluate_every: None, is_watched: false, stop_at: Some(steps - 1) };
    let mut session = Session::new(Rc::new(clock), config);
    session.handle(Command::Hello { build: BUILD_ID.to_owned() }, None);
    let experiment = train::text_experiment(&arguments.training)?;
    session.handle(Command::Open { experiment }, Some(train::read_text(&arguments.training)?));
    let mut commands = vec![Command::View { quantity: arguments.quantity }, Command::Credit, Command::Step];
    if steps > 1 {
        session.handle(Command::Play, None);
    } else {
        commands.drain(..).for_each(|command| session.handle(command, None));
    }
    loop {
        let is_busy = session.advance(SLICE_MILLIS);
        for event in session.take_events() {
            if let Event::Refused { message } | Event::Diverged { message, .. } = event {
                return Err(CliError::Session(message));
            }
        }
        if let Some(snapshot) = session.take_snapshot() {
            return write(&snapshot);
        }
        if !is_busy {
            if commands.is_empty() {
                return Err(CliError::Session("No step was looked at.".to_owned()));
            }
            commands.drain(..).for_each(|command| session.handle(command, None));
        }
    }
}

fn write(snapshot: &Snapshot) -> Result<(), CliError> {
    let header = &snapshot.header;
    let units = header.units as usize;
    let row = |row| snapshot.unit_values(row).chunks(units).collect();
    let flow = |&flow: &Flow| Some((name(flow), snapshot.flow(flow)?));
    let look = Look {
        header,
        units: (0..header.rows()).map(row).collect(),
        flows: header.flows.iter().filter_map(flow).collect(),
    };
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &look).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

fn name(flow: Flow) -> String {
    serde_json::to_value(flow).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}

fn quantity(word: &str) -> Result<Quantity, String> {
    let words = || Quantity::ALL.map(Quantity::key).join(", ");
    Quantity::from_key(word).ok_or_else(|| format!("expected one of {}", words()))
}
