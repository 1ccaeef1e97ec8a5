//! Windows of another length under a running network: it goes on with its weights, its optimiser and the state that
//! it carries, as a run does that is opened from the file of that moment. Nothing here has a tolerance.
#![expect(clippy::unwrap_used, reason = "a broken expectation is what a test is for")]

use rnn_compute::Cpu;
use rnn_formats::WeightFile;
use rnn_labs::{DeviceBackend, SessionConfig};
use rnn_protocol::{Command, Event, Experiment, GpuChoice, GpuFacts};
use rnn_tests::crew::Crew;
use rnn_tests::driver::{Driver, small, text};

const WATCHED: SessionConfig = SessionConfig { evaluate_every: Some(10), is_watched: true, stop_at: None };

/// So short that the streams begin again on the way.
fn short_text() -> String {
    text().chars().take(660).collect()
}

fn with_length(experiment: &Experiment, length: u32) -> Experiment {
    let mut recut = experiment.clone();
    recut.training.sequence_length = length;
    recut
}

fn save(driver: &mut Driver) -> Vec<u8> {
    driver.send(Command::Save { request: 1 });
    driver.finish();
    driver.session.take_file().unwrap()
}

/// A run from the file of another, under windows of another length, without any run before it.
fn opened_from(file: &[u8], experiment: &Experiment) -> Driver {
    let mut file = WeightFile::from_bytes(file).unwrap();
    file.metadata.insert("experiment".to_owned(), serde_json::to_string(experiment).unwrap());
    let mut driver = Driver::new(WATCHED);
    driver.session.handle(Command::OpenSaved, Some(file.to_bytes().unwrap()));
    driver.session.handle(Command::BringData, Some(short_text().into_bytes()));
    driver.events.extend(driver.session.take_events());
    driver.finish();
    driver
}

fn losses_from(driver: &Driver, step: u32) -> Vec<(u32, u32, u32)> {
    let losses = driver.losses(driver.facts().run).into_iter().filter(|(of, ..)| *of > step);
    losses.map(|(step, loss, norm)| (step, loss.to_bits(), norm.to_bits())).collect()
}

fn bits(driver: &Driver) -> Vec<u32> {
    driver.weights().iter().map(|weight| weight.to_bits()).collect()
}

#[test]
fn the_run_goes_on_as_from_the_file_of_that_moment() {
    for (cell, layers, optimizer) in [("elman", "1", "sgd"), ("lstm", "2", "adam"), ("gru", "1", "rmsprop")] {
        for length in [3, 19] {
            let experiment = small(&[("cell", cell), ("layers", layers), ("optimizer", optimizer)]);
            let recut = with_length(&experiment, length);
            let mut run = Driver::new(WATCHED);
            run.open(experiment.clone(), short_text());
            run.steps(5);
            let number = run.facts().run;
            let file = save(&mut run);
            run.send(Command::Credit);
            run.send(Command::Open { experiment: recut.clone() });
            run.finish();
            let facts = run.facts();
            assert_eq!((facts.run, facts.step, facts.sequence_length), (number, 5, length));
            assert_eq!(facts.experiment, recut);
            assert!(
                facts.notes.iter().any(|note| note.contains("Sequence length after step 5")),
                "{facts:?}"
            );
            assert_eq!(run.snapshots.last().unwrap().header.steps(), length as usize, "it is seen at once");
            run.steps(25);

            let mut again = opened_from(&file, &recut);
            again.steps(25);
            assert_eq!(losses_from(&run, 5), losses_from(&again, 5), "{cell} to {length}");
            assert_eq!(bits(&run), bits(&again), "{cell} to {length}");
            let untouched = opened_from(&file, &experiment);
            assert_eq!(untouched.facts().notes, Vec::<String>::new());
        }
    }
}

#[test]
fn a_step_in_hand_is_taken_again_and_training_goes_on() {
    let experiment = small(&[]);
    let recut = with_length(&experiment, 11);
    let mut run = Driver::new(WATCHED);
    run.open(experiment, short_text());
    run.steps(4);
    let file = save(&mut run);
    run.tick_millis.set(9.0);
    run.send(Command::Play);
    run.slice();
    run.send(Command::Open { experiment: recut.clone() });
    assert!(run.facts().playing);
    let at = run.facts().step;
    assert_eq!(at, 4, "one part of a step is not a step");
    while run.losses(run.facts().run).last().unwrap().0 < 9 {
        run.slice();
    }
    run.tick_millis.set(0.01);
    run.send(Command::Pause);
    run.finish();
    let mut again = opened_from(&file, &recut);
    again.steps(5);
    assert_eq!(losses_from(&run, 4)[..5], losses_from(&again, 4));
}

#[test]
fn a_team_gives_the_whole_batch_back_first() {
    let experiment = small(&[("batch_size", "7"), ("learning_rate", "0.005")]);
    let recut = with_length(&experiment, 5);
    let mut crew = Crew::new(2);
    crew.driver.open(experiment, short_text());
    crew.steps(20);
    crew.driver.send(Command::Save { request: 1 });
    crew.finish_step();
    let file = crew.driver.session.take_file().unwrap();
    crew.driver.send(Command::Open { experiment: recut.clone() });
    assert_eq!((crew.driver.facts().step, crew.driver.facts().sequence_length), (20, 5));
    // From here on the lead is alone, and so is whoever opens the file.
    crew.helpers.iter_mut().for_each(|helper| *helper = None);
    crew.steps(6);
    let mut again = opened_from(&file, &recut);
    again.steps(6);
    assert_eq!(losses_from(&crew.driver, 20), losses_from(&again, 20));
}

#[test]
fn a_device_that_has_told_all_it_knows_is_left_and_one_at_work_is_not() {
    let (experiment, recut) = (small(&[]), with_length(&small(&[]), 5));
    let mut run = Driver::new(WATCHED);
    run.send(Command::UseGpu { choice: GpuChoice::On });
    let facts = GpuFacts { name: "a device".to_owned(), is_software: false };
    run.session.set_device(Box::new(DeviceBackend::new(Cpu, facts)));
    run.open(experiment, short_text());
    run.steps(17);
    let file = save(&mut run);
    run.send(Command::Open { experiment: recut.clone() });
    assert_eq!((run.facts().step, run.facts().sequence_length), (17, 5));
    run.finish();
    run.steps(8);
    let mut again = opened_from(&file, &recut);
    again.steps(8);
    assert_eq!(bits(&run), bits(&again));
    // Its last steps are not at hand: the run is put aside whole, and another begins.
    let number = run.facts().run;
    run.send(Command::Play);
    run.slice();
    run.send(Command::Open { experiment: with_length(&recut, 6) });
    let facts = run.facts();
    assert!(facts.run == number && facts.step >= 25 || facts.put_aside == Some(number) && facts.step == 0);
}

#[test]
fn another_batch_begins_anew() {
    let experiment = small(&[("batch_size", "30"), ("sequence_length", "7")]);
    let mut run = Driver::unwatched();
    run.open(experiment.clone(), short_text());
    run.steps(2);
    let number = run.facts().run;
    // So few characters fill fewer streams of longer windows.
    run.send(Command::Open { experiment: with_length(&experiment, 60) });
    assert_eq!((run.facts().run, run.facts().step), (number + 1, 0));
    let refused = run.events.iter().any(|event| matches!(event, Event::Refused { .. }));
    assert!(!refused, "{:?}", run.events);
}
