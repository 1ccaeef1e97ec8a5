//! Runs of the Memory lab.
#![expect(clippy::unwrap_used, reason = "a broken expectation is what a test is for")]

use crate::driver::Driver;
use rnn_labs::SessionConfig;
use rnn_protocol::{Command, Event, Experiment, LabKind, Quantity, Setting, Snapshot};

/// The lab's experiment with these settings changed.
#[must_use]
pub fn memory(settings: &[(&str, &str)]) -> Experiment {
    let mut experiment = Experiment::of(LabKind::Memory);
    for (key, value) in settings {
        Setting::find(key).unwrap().set(&mut experiment, value).unwrap();
    }
    experiment
}

/// A session on an experiment, which reads the held-out sequences as the page does and does nothing else.
#[must_use]
pub fn opened(experiment: Experiment) -> Driver {
    let mut driver =
        Driver::new(SessionConfig { evaluate_every: Some(100), is_watched: false, stop_at: None });
    driver.send(Command::Open { experiment });
    driver
}

/// Steps and recall of each reading.
#[must_use]
pub fn recalls(driver: &Driver) -> Vec<(u32, f32)> {
    let reading = |event: &Event| match event {
        Event::Validation { step, value, .. } => Some((*step, *value)),
        _ => None,
    };
    driver.events.iter().filter_map(reading).collect()
}

/// Trains until recall reaches `enough`, for about so many steps at most, or to a divergence. Returns the last
/// reading.
pub fn train_until(driver: &mut Driver, enough: f32, most_steps: u32) -> (u32, f32) {
    driver.send(Command::Play);
    loop {
        driver.slice();
        let last = recalls(driver).last().copied().unwrap_or_default();
        if last.1 >= enough || last.0 >= most_steps || diverged_at(driver).is_some() {
            driver.send(Command::Pause);
            return last;
        }
    }
}

/// The step at which the loss was no number.
#[must_use]
pub fn diverged_at(driver: &Driver) -> Option<u32> {
    driver.events.iter().find_map(|event| match event {
        Event::Diverged { step, .. } => Some(*step),
        _ => None,
    })
}

/// A look at a step from here.
pub fn look(driver: &mut Driver, quantity: Quantity) -> Snapshot {
    driver.send(Command::View { quantity });
    // An older look is taken first.
    driver.send(Command::Credit);
    driver.slice();
    driver.send(Command::Credit);
    // The step in hand, which began without a look, and the one that is looked at.
    driver.steps(2);
    driver.snapshots.last().cloned().unwrap()
}
