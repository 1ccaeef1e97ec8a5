//! A cell under the microscope natively, for the browser's tests to compare the page with:
//! `inspect_cell TEXT STEPS INSPECTION [KEY=VALUE …]` writes the look at the last of so many steps as JSON.

use rnn_protocol::{Command, Event, Experiment, Inspection, Setting};
use rnn_tests::driver::Driver;
use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [text, steps, inspection, settings @ ..] = arguments.as_slice() else {
        return Err("expected: inspect_cell TEXT STEPS INSPECTION [KEY=VALUE …]".into());
    };
    let inspection: Inspection = serde_json::from_str(inspection)?;
    let mut experiment = Experiment::default();
    for assignment in settings {
        let (key, value) = assignment.split_once('=').ok_or("expected KEY=VALUE")?;
        Setting::find(key)?.set(&mut experiment, value)?;
    }
    let mut driver = Driver::unwatched();
    driver.open(experiment, std::fs::read(text)?);
    driver.steps(steps.parse::<u32>()?.saturating_sub(1));
    driver.send(Command::Credit);
    driver.send(Command::Inspect { inspection: Some(inspection) });
    driver.steps(1);
    let look = driver.events.iter().rev().find_map(|event| match event {
        Event::Cell { look, .. } => Some(look),
        _ => None,
    });
    let look = look.ok_or("no cell came")?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(look)?)?;
    Ok(())
}
