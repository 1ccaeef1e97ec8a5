//! A run that several workers take together is the run of one, to within rounding; and whatever happens to a
//! helper, the run goes on where it was.

use rnn_labs::{Helper, Payload, Reply};
use rnn_protocol::{
    AloneReason, BUILD_ID, BatchPart, Command, Event, Experiment, HelperCommand, HelperEvent, Staffing,
    Standing, TrainingCounts,
};
use rnn_tests::crew::Crew;
use rnn_tests::driver::{Driver, small, text};
use std::rc::Rc;

const STEPS: u32 = 30;

/// Of every loss. Measured: at most 9.1e-8.
const TOLERANCE: f32 = 1e-6;

type Losses = Vec<(u32, f32, f32)>;

/// Seven streams of a text so short that they begin again after twelve steps.
fn experiment(settings: &[(&str, &str)]) -> Experiment {
    small(&[&[("batch_size", "7"), ("learning_rate", "0.005")], settings].concat())
}

fn short_text() -> String {
    text().chars().take(660).collect()
}

fn crew(helpers: u32, experiment: Experiment) -> Crew {
    let mut crew = Crew::new(helpers);
    crew.driver.open(experiment, short_text());
    crew
}

fn alone(experiment: Experiment, steps: u32) -> Driver {
    let mut driver = Driver::unwatched();
    driver.open(experiment, short_text());
    driver.steps(steps);
    driver
}

fn worst(found: &Losses, wanted: &Losses) -> f32 {
    assert_eq!(found.len(), wanted.len());
    let relative = |found: f32, wanted: f32| (found - wanted).abs() / wanted.abs();
    let pairs = found.iter().zip(wanted);
    pairs.fold(0.0, |worst, (found, wanted)| {
        assert_eq!(found.0, wanted.0, "the same steps");
        worst.max(relative(found.1, wanted.1))
    })
}

fn together(workers: u32, lost: u32) -> Option<(Staffing, u32)> {
    Some((Staffing::Together { workers }, lost))
}

#[test]
fn a_run_taken_together_is_that_of_one_worker() {
    for (cell, layers, optimizer) in [("elman", "1", "sgd"), ("lstm", "2", "adam"), ("gru", "1", "adamw")] {
        for helpers in [1, 2] {
            let experiment = experiment(&[("cell", cell), ("layers", layers), ("optimizer", optimizer)]);
            let mut crew = crew(helpers, experiment.clone());
            crew.steps(STEPS);
            assert_eq!(crew.staffing(), together(helpers + 1, 0));
            let alone = alone(experiment, STEPS);
            let worst = worst(&crew.driver.losses(1), &alone.losses(1));
            assert!(worst <= TOLERANCE, "{cell}, {helpers} helpers: {worst:e}");
            let validation = |driver: &Driver| -> Vec<f32> {
                let bits = driver.events.iter().filter_map(|event| match event {
                    Event::Validation { value, .. } => Some(*value),
                    _ => None,
                });
                bits.collect()
            };
            for (found, wanted) in validation(&crew.driver).iter().zip(validation(&alone)) {
                assert!((found - wanted).abs() <= 1e-5 * wanted, "{found} {wanted}");
            }
        }
    }
}

#[test]
fn the_same_workers_give_the_same_bits() {
    let run = |tick_millis: f64| {
        let mut crew = crew(2, experiment(&[]));
        crew.driver.tick_millis.set(tick_millis);
        crew.steps(12);
        assert_eq!(crew.staffing(), together(3, 0));
        (crew.driver.losses(1), crew.driver.weights())
    };
    assert_eq!(run(3.0), run(20.0));
}

#[test]
fn a_helper_that_dies_takes_nothing_with_it() {
    let wanted = alone(experiment(&[]), STEPS).losses(1);
    // Before the split, at its first step, in the midst, and where the streams begin again.
    for death in [0, 4, 5, 9, 12, 13] {
        for helpers in [1, 2] {
            let mut crew = crew(helpers, experiment(&[]));
            crew.steps(death);
            crew.helpers[0] = None;
            crew.steps(STEPS - death);
            let worst = worst(&crew.driver.losses(1), &wanted);
            assert!(worst <= TOLERANCE, "after step {death}, {helpers} helpers: {worst:e}");
            let left = match helpers {
                1 => Some((Staffing::Alone { reason: AloneReason::Lost }, 1)),
                _ => together(2, 1),
            };
            assert_eq!(crew.staffing(), left, "after step {death}");
        }
    }
}

#[test]
fn pausing_and_editing_in_the_midst_of_a_shared_step_changes_nothing() {
    let wanted = {
        let mut driver = alone(experiment(&[]), 7);
        let mut tuned = experiment(&[]);
        tuned.training.learning_rate = 0.01;
        driver.send(Command::Open { experiment: tuned });
        driver.steps(STEPS - 7);
        driver.losses(1)
    };
    let mut crew = crew(1, experiment(&[]));
    crew.steps(7);
    crew.driver.send(Command::Step);
    crew.let_lead_work();
    assert!(crew.driver.session.wake_after().is_some(), "the helper's share is awaited");
    crew.driver.send(Command::Pause);
    crew.let_lead_work();
    assert!(crew.driver.session.wake_after().is_none(), "nobody waits while it is paused");
    crew.let_helpers_work();
    crew.deliver();
    let mut tuned = experiment(&[]);
    tuned.training.learning_rate = 0.01;
    crew.driver.send(Command::Open { experiment: tuned });
    crew.steps(STEPS - 7);
    let worst = worst(&crew.driver.losses(1), &wanted);
    assert!(worst <= TOLERANCE, "{worst:e}");
    assert_eq!(crew.staffing(), together(2, 0));
}

#[test]
fn a_run_that_left_the_stage_in_the_midst_of_a_step_comes_back_whole() {
    let wanted = alone(experiment(&[]), STEPS).losses(1);
    let mut crew = crew(2, experiment(&[]));
    crew.steps(9);
    crew.driver.send(Command::Step);
    crew.let_lead_work();
    crew.let_helpers_work();
    // Another network, which is shared, too; the helpers' answers belong to the first one.
    crew.driver.send(Command::Open { experiment: experiment(&[("hidden_size", "6")]) });
    crew.deliver();
    crew.steps(8);
    assert_eq!(crew.driver.losses(2).len(), 8);
    assert_eq!(crew.staffing(), together(3, 0));
    crew.driver.send(Command::BringBack { run: 1 });
    crew.steps(STEPS - 9);
    let worst = worst(&crew.driver.losses(1), &wanted);
    assert!(worst <= TOLERANCE, "{worst:e}");
    assert_eq!(crew.staffing(), together(3, 0));
}

#[test]
fn all_members_go_back_to_the_last_good_weights_together() {
    let wild = |experiment: &Experiment, rate: f32| {
        let mut wild = experiment.clone();
        wild.training.learning_rate = rate;
        wild.training.clip_norm = 0.0;
        Command::Open { experiment: wild }
    };
    let experiment = experiment(&[("optimizer", "sgd"), ("cell", "elman")]);
    let diverge = |send: &mut dyn FnMut(Command), steps: &mut dyn FnMut(u32)| {
        steps(8);
        send(wild(&experiment, 1e30));
        steps(3);
        send(wild(&experiment, 0.01));
        steps(10);
    };
    let crew = {
        let crew = std::cell::RefCell::new(crew(1, experiment.clone()));
        diverge(&mut |command| crew.borrow_mut().driver.send(command), &mut |n| crew.borrow_mut().steps(n));
        crew.into_inner()
    };
    let alone = {
        let driver = std::cell::RefCell::new(alone(experiment.clone(), 0));
        diverge(&mut |command| driver.borrow_mut().send(command), &mut |n| driver.borrow_mut().steps(n));
        driver.into_inner()
    };
    let stops = |events: &[Event]| -> Vec<(u32, u32)> {
        let stop = |event: &Event| match event {
            Event::Diverged { step, kept_step, .. } => Some((*step, *kept_step)),
            _ => None,
        };
        events.iter().filter_map(stop).collect()
    };
    assert!(!stops(&alone.events).is_empty());
    assert_eq!(stops(&crew.driver.events), stops(&alone.events));
    let worst = worst(&crew.driver.losses(1), &alone.losses(1));
    assert!(worst <= TOLERANCE, "{worst:e}");
    assert_eq!(crew.staffing(), together(2, 0));
}

#[test]
fn a_run_that_would_not_gain_stays_with_one_worker() {
    let reason = |crew: &Crew| match crew.staffing() {
        Some((Staffing::Alone { reason }, 0)) => reason,
        other => panic!("expected one worker, found {other:?}"),
    };
    let mut quick = crew(1, experiment(&[]));
    quick.driver.tick_millis.set(0.01);
    quick.steps(8);
    assert!(matches!(reason(&quick), AloneReason::ShortStep { millis } if millis < 5.0));
    let mut narrow = crew(1, experiment(&[("batch_size", "3")]));
    narrow.steps(8);
    assert_eq!(reason(&narrow), AloneReason::SmallBatch);
    assert_eq!(quick.driver.losses(1), alone(experiment(&[]), 8).losses(1), "not a bit differs");
}

#[test]
fn a_helper_that_answers_nonsense_is_let_go() {
    let wanted = alone(experiment(&[]), 12).losses(1);
    let nonsense = [
        HelperEvent::Share { task: 0, loss: f64::NAN },
        HelperEvent::Failed { task: 0, message: "why not".to_owned() },
        HelperEvent::Ready {
            task: 0,
            build: "another".to_owned(),
            arithmetic: rnn_protocol::Arithmetic::Fast,
        },
    ];
    for event in nonsense {
        let mut crew = crew(1, experiment(&[]));
        crew.steps(7);
        crew.driver.send(Command::Step);
        crew.let_lead_work();
        crew.let_helpers_work();
        for (_, reply) in &mut crew.replies {
            let HelperEvent::Share { task, .. } = reply.event else { panic!("a share was asked for") };
            let mut event = event.clone();
            let (HelperEvent::Share { task: of, .. }
            | HelperEvent::Failed { task: of, .. }
            | HelperEvent::Ready { task: of, .. }) = &mut event;
            *of = task;
            *reply = Reply { event, numbers: vec![1.0] };
        }
        crew.deliver();
        crew.finish_step();
        crew.steps(4);
        assert!(worst(&crew.driver.losses(1), &wanted) <= TOLERANCE);
        assert_eq!(crew.staffing(), Some((Staffing::Alone { reason: AloneReason::Lost }, 1)));
        // What it says later is heard by nobody.
        crew.driver.session.hear_helper(1, Reply { event, numbers: Vec::new() });
    }
}

#[test]
fn a_helper_refuses_what_it_cannot_do() {
    let part = BatchPart { member: 1, first: 3, count: 4 };
    let open = |build: &str, part| HelperCommand::Open {
        build: build.to_owned(),
        task: 5,
        experiment: experiment(&[]),
        part,
    };
    let bytes = || Payload::Bytes(Rc::new(short_text().into_bytes()));
    let beyond = BatchPart { first: 4, ..part };
    let endless = BatchPart { first: u32::MAX, count: u32::MAX, ..part };
    let counts = TrainingCounts { step: 1, passes: 1, updates: 1 };
    let standing = Standing { present: counts, last_good: counts, position: u32::MAX, has_state: false };
    let numbers = |count| Payload::Numbers(Rc::new(vec![0.0; count]));
    let cases = [
        (open("another", part), bytes(), "build"),
        (HelperCommand::Adopt { standing }, Payload::None, "belongs"),
        (open(BUILD_ID, part), Payload::Bytes(Rc::new(vec![0; 99])), "binary"),
        (open(BUILD_ID, beyond), bytes(), "part"),
        (open(BUILD_ID, endless), bytes(), "part"),
        (open(BUILD_ID, BatchPart { count: 0, ..part }), bytes(), "part"),
        (HelperCommand::Complete { loss: 1.0 }, numbers(7), "not worked out"),
        (HelperCommand::Adopt { standing }, numbers(7), "numbers"),
        (
            HelperCommand::Adopt { standing: Standing { has_state: true, ..standing } },
            numbers(99_999),
            "state",
        ),
    ];
    for (command, payload, word) in cases {
        let mut helper = Helper::default();
        assert!(matches!(
            helper.handle(open(BUILD_ID, part), bytes()).unwrap().event,
            HelperEvent::Ready { task: 5, .. }
        ));
        let Some(Reply { event: HelperEvent::Failed { task: 5, message }, .. }) =
            helper.handle(command, payload)
        else {
            panic!("it should have failed: {word}")
        };
        assert!(message.contains(word), "{message}");
        let Some(Reply { event: HelperEvent::Failed { message, .. }, .. }) =
            helper.handle(HelperCommand::Step, Payload::None)
        else {
            panic!("nothing is set up")
        };
        assert!(message.contains("set up"), "{message}");
    }
}
