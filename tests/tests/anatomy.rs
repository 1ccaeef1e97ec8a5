//! The Anatomy lab as its drivers see it: the walk is that of the weights on stage, its gradient is the one that
//! training makes its step with, and what cannot be walked through is refused in a sentence.

use rnn_protocol::{Command, Event, NumberPlace, Quantity, Setting, WalkNumber, WalkRequest};
use rnn_tests::anatomy_runs::{anatomy, opened, table, walk};

const WEIGHTS: [WalkNumber; 7] = [
    WalkNumber::Embedding,
    WalkNumber::InputWeight,
    WalkNumber::RecurrentWeight,
    WalkNumber::InputBias,
    WalkNumber::RecurrentBias,
    WalkNumber::OutputWeight,
    WalkNumber::OutputBias,
];

#[test]
fn a_walk_comes_before_the_first_step_and_after_each() {
    let mut driver = opened(anatomy(&[]));
    let first = walk(&driver);
    assert_eq!((first.step, first.steps(), first.symbols.len(), first.lines.len()), (0, 10, 8, 64));
    assert_eq!(first.symbols.concat(), "helo wrd");
    driver.steps(1);
    let second = walk(&driver);
    assert_eq!(second.step, 1);
    assert_ne!(table(&first, WalkNumber::Hidden, false), table(&second, WalkNumber::Hidden, false));
    // Other lines at the same weights.
    driver.send(Command::Walk { request: Some(WalkRequest { first: 100, count: 5 }) });
    driver.finish();
    let third = walk(&driver);
    assert_eq!((third.first, third.lines.len(), &third.tables), (100, 5, &second.tables));
    // Nobody looks any longer.
    driver.send(Command::Walk { request: None });
    driver.steps(1);
    assert_eq!(walk(&driver).step, 1);
}

/// Plain gradient descent at a rate of 1: what a step takes off each weight is the gradient that the walk adds up.
/// Measured: 1.2e-7 at most; single precision.
#[test]
fn training_takes_off_what_the_backward_pass_adds_up() {
    for cell in ["elman", "lstm", "gru"] {
        let settings = [
            ("cell", cell),
            ("sentence", "a rose is a rose"),
            ("tokens", "characters"),
            ("optimizer", "sgd"),
            ("momentum", "0"),
            ("learning_rate", "1"),
            ("clip_norm", "0"),
        ];
        let mut driver = opened(anatomy(&settings));
        let before = walk(&driver);
        driver.steps(1);
        let after = walk(&driver);
        let mut worst = 0.0_f64;
        for number in WEIGHTS {
            let gradient = table(&before, number, true);
            assert!(gradient.iter().any(|value| value.abs() > 1e-4), "{cell}: {number:?}");
            let values = table(&before, number, false).into_iter().zip(table(&after, number, false));
            for ((before, after), gradient) in values.zip(gradient) {
                worst = worst.max((before - gradient - after).abs());
            }
        }
        println!("{cell}: {worst:e}");
        assert!(worst < 1e-6, "{cell}: {worst:e}");
    }
}

/// The look inside reads with the weights before the update, as the walk before the step did.
#[test]
fn the_walk_shows_what_the_unrolled_network_shows() {
    let mut driver = opened(anatomy(&[("cell", "gru"), ("hidden_size", "5")]));
    let walk = walk(&driver);
    driver.send(Command::View { quantity: Quantity::Hidden });
    driver.send(Command::Credit);
    driver.steps(1);
    let snapshot = driver.snapshots.last().unwrap();
    assert_eq!(snapshot.header.symbols.concat(), "hello worl");
    let shown = snapshot.unit_values(0);
    for step in 0..10 {
        for unit in 0..5 {
            let (value, _) = walk.number(NumberPlace::at(WalkNumber::Hidden, step, unit)).unwrap();
            assert_eq!(shown[step * 5 + unit], value as f32, "step {step}, unit {unit}");
        }
    }
    let loss = walk.number(NumberPlace::shared(WalkNumber::Loss, 0, 0)).unwrap().0;
    assert_eq!(driver.losses(1)[0].1, loss as f32);
}

#[test]
fn a_sentence_is_learnt_by_heart() {
    let mut driver = opened(anatomy(&[("cell", "lstm"), ("hidden_size", "6"), ("budget", "600")]));
    driver.send(Command::Play);
    driver.finish();
    let right = driver.events.iter().rev().find_map(|event| match event {
        Event::Validation { value, .. } => Some(*value),
        _ => None,
    });
    assert_eq!(right, Some(1.0));
    let baseline = driver.events.iter().find_map(|event| match event {
        Event::Baseline { value, .. } => Some(*value),
        _ => None,
    });
    assert_eq!(baseline, Some(0.3));
}

#[test]
fn what_cannot_be_walked_through_is_refused_and_nothing_is_lost() {
    let mut driver = opened(anatomy(&[]));
    for (change, words) in [
        (("", "characters"), "The sentence is empty"),
        (("hello", "words"), "needs two different words"),
        ((&"ab".repeat(40)[..], "characters"), "at most 60 characters, found 80"),
    ] {
        let mut experiment = anatomy(&[]);
        experiment.anatomy.sentence = change.0.to_owned();
        Setting::find("tokens").unwrap().set(&mut experiment, change.1).unwrap_err();
        if change.1 == "words" {
            experiment.anatomy.tokens = rnn_protocol::TokenKind::Words;
        }
        driver.send(Command::Open { experiment });
        assert!(driver.refusal().contains(words), "{}", driver.refusal());
    }
    let mut large = anatomy(&[]);
    large.model.hidden_size = 7;
    driver.send(Command::Open { experiment: large });
    assert!(
        driver.refusal().contains("Hidden size must lie between 1 and 6, found 7"),
        "{}",
        driver.refusal()
    );
    driver.steps(1);
    assert_eq!(walk(&driver).step, 1);
    // A long sentence is read in part, and that is said.
    driver.send(Command::Open { experiment: anatomy(&[("sentence", "the quick brown fox jumps over it")]) });
    assert_eq!(driver.facts().notes, ["The sentence has 33 tokens; the first 24 are read."]);
    assert_eq!(driver.facts().sequence_length, 23);
}
