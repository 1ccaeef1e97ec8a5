//! Runs of the Anatomy lab.
#![expect(clippy::unwrap_used, reason = "a broken expectation is what a test is for")]

use crate::driver::Driver;
use rnn_labs::SessionConfig;
use rnn_protocol::{Command, Event, Experiment, LabKind, Setting, WalkLook, WalkNumber, WalkRequest};

/// The lab's experiment with these settings changed.
#[must_use]
pub fn anatomy(settings: &[(&str, &str)]) -> Experiment {
    let mut experiment = Experiment::of(LabKind::Anatomy);
    for (key, value) in settings {
        Setting::find(key).unwrap().set(&mut experiment, value).unwrap();
    }
    experiment
}

/// A session on an experiment, as the page runs it, that walks through the first lines.
#[must_use]
pub fn opened(experiment: Experiment) -> Driver {
    let mut driver =
        Driver::new(SessionConfig { evaluate_every: Some(100), is_watched: true, stop_at: None });
    driver.send(Command::Open { experiment });
    driver.send(Command::Walk { request: Some(WalkRequest { first: 0, count: 64 }) });
    driver.finish();
    driver
}

/// The last walk.
#[must_use]
pub fn walk(driver: &Driver) -> WalkLook {
    let walk = driver.events.iter().rev().find_map(|event| match event {
        Event::Walk { walk, .. } => Some(walk),
        _ => None,
    });
    (**walk.unwrap()).clone()
}

/// All of one kind of number, or of its gradients.
#[must_use]
pub fn table(walk: &WalkLook, number: WalkNumber, is_gradient: bool) -> Vec<f64> {
    let table = walk.tables.iter().find(|table| (table.number, table.is_gradient) == (number, is_gradient));
    table.unwrap().values.clone()
}
