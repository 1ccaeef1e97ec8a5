//! The default experiment on the shipped text, against PyTorch from the same weights over the same
//! batches (`goldens/moby_dick.py`).
//!
//! Tolerances: 1e-3 relative for each of the first 200 losses (largest error measured: 3e-7), 1% for the
//! held-out figure after 2,000 steps (measured: 0.004%), which must also be at most 2.50 bits per
//! character.

use rnn_labs::{Session, SessionConfig};
use rnn_protocol::{BUILD_ID, Command, Event, Experiment};
use serde::Deserialize;
use std::fs;
use std::rc::Rc;

/// What PyTorch found.
#[derive(Deserialize)]
struct Golden {
    steps: u32,
    /// Of the first steps.
    losses: Vec<f64>,
    validation_bits_per_char: f64,
}

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn two_thousand_steps_end_where_pytorch_ends() {
    let golden = fs::read_to_string(format!("{FOLDER}/goldens/moby_dick.json")).unwrap();
    let golden: Golden = serde_json::from_str(&golden).unwrap();
    let text = fs::read(format!("{FOLDER}/../static/data/moby-dick.txt"))
        .expect("the shipped text is made by `cargo xtask data`, which `cargo xtask test` runs first");

    let config = SessionConfig { evaluate_every: None, is_watched: false };
    let mut session = Session::new(Rc::new(|| 0.0), config);
    session.handle(Command::Hello { build: BUILD_ID.to_owned() }, None);
    session.handle(Command::Open { experiment: Experiment::default() }, Some(text));
    let mut losses = Vec::new();
    while losses.len() < golden.steps as usize {
        session.handle(Command::Step, None);
        while session.advance(1.0) {}
        for event in session.take_events() {
            match event {
                Event::Stepped { reports, .. } => {
                    losses.extend(reports.iter().map(|report| f64::from(report.loss)));
                }
                Event::Refused { message } | Event::Diverged { message, .. } => panic!("{message}"),
                _ => {}
            }
        }
    }
    session.request_evaluation();
    while session.advance(1.0) {}
    let bits = session.take_events().into_iter().find_map(|event| match event {
        Event::Validation { bits_per_char, .. } => Some(f64::from(bits_per_char)),
        _ => None,
    });
    let bits = bits.expect("the held-out text was read");

    let error = |(ours, theirs): (&f64, &f64)| (ours / theirs - 1.0).abs();
    let largest = losses.iter().zip(&golden.losses).map(error).fold(0.0, f64::max);
    println!("largest relative error of the first {} losses: {largest:e}", golden.losses.len());
    println!("held out: {bits} bits per character, PyTorch {}", golden.validation_bits_per_char);
    assert!(largest < 1e-3, "a loss differs by {largest} of PyTorch's");
    assert!((bits / golden.validation_bits_per_char - 1.0).abs() < 0.01, "{bits} bits per character");
    assert!(bits <= 2.50, "{bits} bits per character");
}
