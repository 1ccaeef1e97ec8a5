//! The default experiment on the shipped text, against PyTorch from the same weights over the same
//! batches (`goldens/moby_dick.py`).
//!
//! Tolerances: 1e-3 relative for each of the first 200 losses (largest error measured: 3e-7), 1% for the
//! held-out figure after 2,000 steps (measured: 0.004%), which must also be at most 2.50 bits per
//! character.

use rnn_labs::SessionConfig;
use rnn_protocol::{Event, Experiment};
use rnn_tests::driver::Driver;
use rnn_tests::files::file_of_tests;
use serde::Deserialize;
use std::fs;

/// What PyTorch found.
#[derive(Deserialize)]
struct Golden {
    steps: u32,
    /// Of the first steps.
    losses: Vec<f64>,
    validation_bits_per_char: f64,
}

#[test]
fn two_thousand_steps_end_where_pytorch_ends() {
    let golden = fs::read_to_string(file_of_tests("goldens/moby_dick.json")).unwrap();
    let golden: Golden = serde_json::from_str(&golden).unwrap();
    let text = fs::read(file_of_tests("../static/data/moby-dick.txt"))
        .expect("the shipped text is made by `cargo xtask data`, which `cargo xtask test` runs first");

    let mut driver = Driver::new(SessionConfig { evaluate_every: None, is_watched: false, stop_at: None });
    driver.open(Experiment::default(), text);
    driver.steps(golden.steps);
    driver.session.request_evaluation();
    while driver.slice() {}
    let losses: Vec<f64> = driver.losses(1).into_iter().map(|(_, loss, _)| f64::from(loss)).collect();
    assert_eq!(losses.len(), golden.steps as usize);
    let Some(Event::Validation { value, .. }) = driver.events.last() else {
        panic!("the held-out text was not read: {:?}", driver.events.last());
    };
    let bits = f64::from(*value);

    let error = |(ours, theirs): (&f64, &f64)| (ours / theirs - 1.0).abs();
    let largest = losses.iter().zip(&golden.losses).map(error).fold(0.0, f64::max);
    println!("largest relative error of the first {} losses: {largest:e}", golden.losses.len());
    println!("held out: {bits} bits per character, PyTorch {}", golden.validation_bits_per_char);
    assert!(largest < 1e-3, "a loss differs by {largest} of PyTorch's");
    assert!((bits / golden.validation_bits_per_char - 1.0).abs() < 0.01, "{bits} bits per character");
    assert!(bits <= 2.50, "{bits} bits per character");
}
