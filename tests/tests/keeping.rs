//! A run that is kept goes on as if it had never been: saved and opened, or taken back to a checkpoint, by
//! whomever its steps are taken. Nothing here has a tolerance.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken expectation is what a test is for")]

use rnn_compute::Cpu;
use rnn_formats::WeightFile;
use rnn_labs::{DeviceBackend, SessionConfig};
use rnn_protocol::{Command, DataSource, Event, Experiment, GpuChoice, GpuFacts, Past};
use rnn_tests::crew::Crew;
use rnn_tests::driver::{Driver, small, text};

const WATCHED: SessionConfig = SessionConfig { evaluate_every: Some(10), is_watched: true, stop_at: None };

/// So short that the streams begin again after twelve steps.
fn short_text() -> String {
    text().chars().take(660).collect()
}

fn opened(config: SessionConfig, experiment: Experiment) -> Driver {
    let mut driver = Driver::new(config);
    driver.open(experiment, short_text());
    driver
}

/// The file of the run on stage, and how many steps it has taken.
fn save(driver: &mut Driver) -> (u32, Vec<u8>) {
    let before = driver.events.len();
    driver.send(Command::Save { request: 7 });
    for _ in 0..100_000 {
        driver.slice();
        for event in &driver.events[before..] {
            match event {
                Event::Saved { request: 7, step, .. } => return (*step, driver.session.take_file().unwrap()),
                Event::NotSaved { message, .. } => panic!("{message}"),
                _ => {}
            }
        }
    }
    panic!("neither saved nor refused");
}

fn hand_over(driver: &mut Driver, command: Command, bytes: &[u8]) {
    driver.session.handle(command, Some(bytes.to_vec()));
    driver.events.extend(driver.session.take_events());
}

fn open_file(driver: &mut Driver, file: &[u8], text: &str) {
    hand_over(driver, Command::OpenSaved, file);
    if let Some(Event::DataWanted { .. }) = driver.events.last() {
        hand_over(driver, Command::BringData, text.as_bytes());
    }
}

fn bits(weights: &[f32]) -> Vec<u32> {
    weights.iter().map(|weight| weight.to_bits()).collect()
}

fn pasts(driver: &Driver) -> Vec<&Past> {
    let recalled = driver.events.iter().filter_map(|event| match event {
        Event::Recalled { past, .. } => Some(past),
        _ => None,
    });
    recalled.collect()
}

fn checkpoints(driver: &Driver) -> Vec<u32> {
    let last = driver.events.iter().rev().find_map(|event| match event {
        Event::Checkpoints { steps, .. } => Some(steps.clone()),
        _ => None,
    });
    last.unwrap_or_default()
}

/// Of the run opened last, from this step on.
fn losses_from(driver: &Driver, step: u32) -> Vec<(u32, f32, f32)> {
    let losses = driver.losses(driver.facts().run);
    losses.into_iter().filter(|(of, ..)| *of > step).collect()
}

#[test]
fn a_run_that_is_saved_and_opened_goes_on_to_the_bit() {
    for (cell, layers, optimizer) in
        [("elman", "1", "sgd"), ("lstm", "2", "adam"), ("gru", "1", "adamw"), ("lstm", "1", "rmsprop")]
    {
        let experiment =
            small(&[("cell", cell), ("layers", layers), ("optimizer", optimizer), ("seed", "5")]);
        // In the midst of the text, at its end, and before the first step.
        for at in [0, 5, 12] {
            let mut through = opened(WATCHED, experiment.clone());
            through.steps(at);
            let (step, file) = save(&mut through);
            assert_eq!(step, at);
            through.steps(20);

            let mut again = Driver::new(WATCHED);
            open_file(&mut again, &file, &short_text());
            let facts = again.facts();
            assert_eq!((facts.step, facts.playing, &facts.experiment), (at, false, &experiment));
            again.finish();
            again.steps(20);
            assert_eq!(losses_from(&again, at), losses_from(&through, at), "{cell} from {at}");
            assert_eq!(bits(&again.weights()), bits(&through.weights()), "{cell} from {at}");
        }
    }
}

#[test]
fn saving_does_not_disturb_a_run_and_waits_for_no_pause() {
    let through = {
        let mut driver = opened(WATCHED, small(&[]));
        driver.steps(30);
        driver.weights()
    };
    let mut driver = opened(SessionConfig { stop_at: Some(30), ..WATCHED }, small(&[]));
    // One part of work a slice: commands come in the midst of steps.
    driver.tick_millis.set(20.0);
    driver.send(Command::Play);
    let mut files = Vec::new();
    for slice in 0..100_000 {
        if slice % 9 == 4 {
            driver.send(Command::Save { request: slice });
        }
        if slice % 200 == 111 {
            driver.send(Command::Pause);
            driver.send(Command::Save { request: slice });
            let step = driver.session.lab().unwrap().step();
            for _ in 0..5 {
                driver.slice();
            }
            assert_eq!(driver.session.lab().unwrap().step(), step, "a pause must hold");
            driver.send(Command::Play);
        }
        driver.slice();
        while let Some(file) = driver.session.take_file() {
            files.push(file);
        }
        if driver.losses(1).len() == 30 {
            break;
        }
    }
    assert_eq!(bits(&driver.weights()), bits(&through));
    let saved: Vec<u32> = driver
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Saved { step, .. } => Some(*step),
            _ => None,
        })
        .collect();
    assert!(saved.len() > 20 && saved.len() == files.len(), "{saved:?}");
    for (step, file) in saved.iter().zip(&files).step_by(7) {
        let mut again = Driver::new(SessionConfig { stop_at: Some(30), ..WATCHED });
        open_file(&mut again, file, &short_text());
        assert_eq!(again.facts().step, *step);
        again.send(Command::Play);
        again.finish();
        assert_eq!(bits(&again.weights()), bits(&through), "from {step}");
    }
}

#[test]
fn a_run_of_a_team_is_saved_whole() {
    for pause_in_the_midst in [false, true] {
        let experiment = small(&[("batch_size", "7"), ("learning_rate", "0.005")]);
        let mut crew = Crew::new(2);
        crew.driver.open(experiment, short_text());
        crew.steps(20);
        if pause_in_the_midst {
            crew.driver.send(Command::Play);
            crew.let_lead_work();
            crew.driver.send(Command::Pause);
        }
        crew.driver.send(Command::Save { request: 1 });
        crew.finish_step();
        let Some(step) = crew.driver.events.iter().find_map(|event| match event {
            Event::Saved { step, .. } => Some(*step),
            _ => None,
        }) else {
            panic!("not saved: {:?}", crew.driver.events.last());
        };
        assert_eq!(step, if pause_in_the_midst { 21 } else { 20 });
        let file = crew.driver.session.take_file().unwrap();

        // From here on the lead is alone, and so is whoever opens the file.
        crew.helpers.iter_mut().for_each(|helper| *helper = None);
        crew.steps(15);
        let mut again = Driver::unwatched();
        open_file(&mut again, &file, &short_text());
        assert_eq!(again.facts().step, step);
        again.steps(15);
        assert_eq!(losses_from(&again, step), losses_from(&crew.driver, step));
        assert_eq!(bits(&again.weights()), bits(&crew.driver.weights()));
    }
}

#[test]
fn a_run_on_a_device_is_saved_as_the_lab_would_save_it() {
    let on_device = |driver: &mut Driver| {
        driver.send(Command::UseGpu { choice: GpuChoice::On });
        let facts = GpuFacts { name: "a device".to_owned(), is_software: false };
        driver.session.set_device(Box::new(DeviceBackend::new(Cpu, facts)));
    };
    let mut through = opened(WATCHED, small(&[]));
    through.steps(40);
    let mut driver = Driver::new(WATCHED);
    on_device(&mut driver);
    driver.open(small(&[]), short_text());
    driver.steps(17);
    let (step, file) = save(&mut driver);
    assert_eq!(step, 17);
    for is_on_device in [false, true] {
        let mut again = Driver::new(WATCHED);
        if is_on_device {
            on_device(&mut again);
        }
        open_file(&mut again, &file, &short_text());
        again.steps(23);
        assert_eq!(bits(&again.weights()), bits(&through.weights()));
    }
    // In the midst of training, the file is of a step that the lab has.
    driver.send(Command::Play);
    while driver.session.lab().unwrap().step() < 30 {
        driver.slice();
    }
    let (step, file) = save(&mut driver);
    assert!(step >= 17);
    let mut again = Driver::new(SessionConfig { stop_at: Some(40), ..WATCHED });
    open_file(&mut again, &file, &short_text());
    if step < 40 {
        again.send(Command::Play);
        again.finish();
        assert_eq!(bits(&again.weights()), bits(&through.weights()), "from {step}");
    }
}

#[test]
fn a_file_brings_its_past_along() {
    let mut driver = opened(WATCHED, small(&[]));
    driver.steps(60);
    let (_, file) = save(&mut driver);
    let mut again = Driver::new(WATCHED);
    open_file(&mut again, &file, &short_text());
    let past = pasts(&again)[0].clone();
    let found: Vec<_> =
        past.steps.iter().map(|report| (report.step, report.loss, report.grad_norm)).collect();
    assert_eq!(found, driver.losses(1));
    let readings: Vec<_> = driver
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Validation { step, value, .. } => Some((*step, *value)),
            _ => None,
        })
        .collect();
    assert_eq!(past.readings.iter().map(|at| (at.step, at.value)).collect::<Vec<_>>(), readings);
    assert_eq!(
        past.references.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(),
        ["unigram", "5-gram"]
    );
}

#[test]
fn pytorch_finds_the_weights_under_their_names_and_shapes() {
    let mut driver = opened(WATCHED, small(&[("layers", "2")]));
    driver.steps(3);
    let (_, file) = save(&mut driver);
    let file = WeightFile::from_bytes(&file).unwrap();
    let parameters = driver.session.lab().unwrap().parameters();
    for id in parameters.ids() {
        let tensor = file.tensor(parameters.name(id)).unwrap();
        assert_eq!(tensor.shape, parameters.shape(id).dims());
        assert_eq!(tensor.values, parameters.read(id).into_iter().collect::<Vec<f32>>());
    }
    let names: Vec<&str> = parameters.ids().map(|id| parameters.name(id)).collect();
    assert_eq!(file.metadata["format"], "pt");
    assert_eq!(
        file.without_run().tensors.iter().map(|tensor| tensor.name.as_str()).collect::<Vec<_>>(),
        names
    );
}

#[test]
fn a_rewound_run_goes_on_to_the_bit() {
    let mut through = opened(WATCHED, small(&[("layers", "2")]));
    through.steps(57);
    let mut driver = opened(WATCHED, small(&[("layers", "2")]));
    driver.send(Command::Credit);
    driver.steps(57);
    assert_eq!(checkpoints(&driver), [0, 10, 20, 30, 40, 50]);
    let end = driver.weights();
    for step in [30, 0, 57, 20] {
        driver.send(Command::Credit);
        driver.send(Command::Rewind { step });
        assert_eq!((driver.facts().run, driver.facts().step, driver.facts().playing), (1, step, false));
        let past = *pasts(&driver).last().unwrap();
        assert_eq!(past.steps.len(), step as usize, "the later part is out of sight");
        driver.finish();
        assert_eq!(checkpoints(&driver), [0, 10, 20, 30, 40, 50, 57], "the later part stays");
        assert_eq!(
            driver.snapshots.last().unwrap().header.step,
            step + 1,
            "the look is of the weights there"
        );
        if step == 57 {
            assert_eq!(bits(&driver.weights()), bits(&end));
        }
    }
    driver.steps(37);
    assert_eq!(bits(&driver.weights()), bits(&through.weights()));
    assert_eq!(checkpoints(&driver), [0, 10, 20, 30, 40, 50], "the old later part is gone");
    let losses = driver.losses(1);
    assert_eq!(losses[losses.len() - 37..], through.losses(1)[20..]);
    // And a file of it has one past.
    let (_, file) = save(&mut driver);
    let mut again = Driver::new(WATCHED);
    open_file(&mut again, &file, &short_text());
    assert_eq!(pasts(&again)[0].steps.len(), 57);
}

#[test]
fn a_look_after_rewinding_leaves_no_trace_wherever_it_is_cut() {
    let through = {
        let mut driver = opened(WATCHED, small(&[]));
        driver.steps(25);
        driver.weights()
    };
    for slices in [0, 1, 3, 8, 20] {
        let mut driver = opened(WATCHED, small(&[]));
        driver.steps(23);
        // One part of work a slice.
        driver.tick_millis.set(20.0);
        driver.send(Command::Rewind { step: 20 });
        for _ in 0..slices {
            driver.slice();
        }
        let (step, _) = save(&mut driver);
        assert_eq!(step, 20);
        driver.steps(5);
        assert_eq!(bits(&driver.weights()), bits(&through), "after {slices} slices");
    }
}

#[test]
fn a_step_without_a_checkpoint_is_refused() {
    let mut driver = opened(WATCHED, small(&[]));
    driver.steps(12);
    let weights = driver.weights();
    driver.send(Command::Rewind { step: 7 });
    assert!(driver.refusal().contains("no checkpoint of step 7"), "{}", driver.refusal());
    assert_eq!(driver.weights(), weights);
    let mut empty = Driver::new(WATCHED);
    empty.send(Command::Rewind { step: 0 });
    assert!(empty.refusal().contains("no run"), "{}", empty.refusal());
    empty.send(Command::Save { request: 3 });
    assert!(matches!(empty.events.last(), Some(Event::NotSaved { request: 3, .. })));
}

#[test]
fn data_is_asked_for_and_another_text_is_refused() {
    let experiment = Experiment { data: DataSource::Own { name: "poem.txt".to_owned() }, ..small(&[]) };
    let mut driver = opened(WATCHED, experiment.clone());
    driver.steps(4);
    let (_, file) = save(&mut driver);

    let mut again = opened(WATCHED, small(&[("cell", "gru")]));
    // The same text is on stage under another name: nothing is asked for.
    hand_over(&mut again, Command::OpenSaved, &file);
    assert_eq!((again.facts().run, again.facts().step), (2, 4));

    let mut other = Driver::new(WATCHED);
    other.open(small(&[]), text());
    other.steps(2);
    let weights = other.weights();
    hand_over(&mut other, Command::OpenSaved, &file);
    let Some(Event::DataWanted { source, bytes: 660, .. }) = other.events.last() else {
        panic!("{:?}", other.events.last());
    };
    assert_eq!(*source, experiment.data);
    let mut wrong = short_text().into_bytes();
    wrong[300] ^= 1;
    hand_over(&mut other, Command::BringData, &wrong);
    assert!(other.refusal().contains("“poem.txt”, 660 bytes"), "{}", other.refusal());
    assert_eq!(other.weights(), weights);
    hand_over(&mut other, Command::BringData, short_text().as_bytes());
    assert!(other.refusal().contains("Open its file first"), "{}", other.refusal());
    open_file(&mut other, &file, &short_text());
    assert_eq!((other.facts().step, other.facts().put_aside), (4, Some(1)));
    other.send(Command::BringBack { run: 1 });
    assert_eq!(bits(&other.weights()), bits(&weights));
}

#[test]
fn weights_alone_begin_at_step_0() {
    let mut driver = opened(WATCHED, small(&[]));
    driver.steps(9);
    let (_, file) = save(&mut driver);
    let plain =
        WeightFile { metadata: Default::default(), ..WeightFile::from_bytes(&file).unwrap().without_run() };
    let bytes = plain.to_bytes().unwrap();
    let mut again = opened(WATCHED, small(&[("seed", "3")]));
    open_file(&mut again, &bytes, "");
    assert_eq!((again.facts().run, again.facts().step), (2, 0));
    assert_eq!(bits(&again.weights()), bits(&driver.weights()));
    let mut other = opened(WATCHED, small(&[("hidden_size", "10")]));
    open_file(&mut other, &bytes, "");
    assert!(other.refusal().contains("must have the shape"), "{}", other.refusal());
    let mut none = Driver::new(WATCHED);
    open_file(&mut none, &bytes, "");
    assert!(none.refusal().contains("weights without a run"), "{}", none.refusal());
}

#[test]
fn weights_that_are_no_numbers_are_not_saved() {
    let mut driver = opened(WATCHED, small(&[]));
    driver.steps(5);
    driver.send(Command::Open { experiment: small(&[("learning_rate", "1e38"), ("clip_norm", "0")]) });
    driver.steps(1);
    // The last good ones are: whoever opens the file can go on.
    let (step, file) = save(&mut driver);
    let mut again = Driver::new(WATCHED);
    open_file(&mut again, &file, &short_text());
    assert_eq!(again.facts().step, step);
    again.send(Command::Open { experiment: small(&[]) });
    again.send(Command::Play);
    for _ in 0..2000 {
        again.slice();
    }
    assert!(again.weights().iter().all(|weight| weight.is_finite()));
}

#[test]
fn hostile_files_get_a_sentence_and_change_nothing() {
    let mut driver = opened(WATCHED, small(&[]));
    driver.steps(11);
    let (_, bytes) = save(&mut driver);
    let weights = driver.weights();
    let file = WeightFile::from_bytes(&bytes).unwrap();
    let with = |key: &str, words: &str| {
        let mut file = file.clone();
        file.metadata.insert(key.to_owned(), words.to_owned());
        file.to_bytes().unwrap()
    };
    let replaced = |key: &str, from: &str, to: &str| {
        assert!(file.metadata[key].contains(from), "{}", file.metadata[key]);
        with(key, &file.metadata[key].replace(from, to))
    };
    let without = |name: &str| {
        let mut file = file.clone();
        file.tensors.retain(|tensor| !tensor.name.contains(name));
        file.to_bytes().unwrap()
    };
    let cases = [
        (Vec::new(), "8 bytes"),
        (b"the whale, the sea".to_vec(), "not a complete safetensors file"),
        (bytes[..bytes.len() - 5].to_vec(), "bytes after the header"),
        (replaced("run", "\"form\":1", "\"form\":9"), "later version"),
        (replaced("run", "\"text\"", "\"melody\""), "lab “melody”"),
        (with("run", "[]"), "damaged"),
        (with("run", &"[".repeat(100_000)), "damaged"),
        (with("experiment", "{\"lab\":\"melody\"}"), "damaged"),
        (replaced("experiment", "\"hidden_size\":9", "\"hidden_size\":4000000000"), "damaged"),
        (replaced("experiment", "\"hidden_size\":9", "\"hidden_size\":2000"), "expected"),
        (replaced("experiment", "\"hidden_size\":9", "\"hidden_size\":10"), "expected"),
        (replaced("experiment", "\"optimizer\":\"adam\"", "\"optimizer\":\"sgd\""), "sgd"),
        (replaced("experiment", "\"cell\":\"lstm\"", "\"cell\":\"gru\""), "expected"),
        (with("past", "{\"steps\":[{\"step\":2,\"loss\":1,\"grad_norm\":1}]}"), "past"),
        (with("past", "7"), "past"),
        (replaced("trainer", "\"step\":11", "\"step\":4294967295"), "more steps"),
        (replaced("trainer", "\"scale\":\"1\"", "\"scale\":\"NaN\""), "finite scale"),
        (replaced("trainer", "\"data_position\":[", "\"data_position\":[],\"x\":["), "how far"),
        (without("present/optimizer"), "exp_avg"),
        (without("rnn.weight_hh_l0"), "rnn.weight_hh_l0"),
    ];
    for (hostile, expected) in cases {
        open_file(&mut driver, &hostile, &short_text());
        let refusal = driver.refusal();
        assert!(refusal.contains(expected), "expected {expected}: {refusal}");
        assert!(refusal.ends_with('.') && refusal.len() < 400, "{refusal}");
        assert_eq!((driver.facts().run, bits(&driver.weights()) == bits(&weights)), (1, true));
    }
    // A place beyond the end of the text, and a state of another length.
    open_file(&mut driver, &replaced("trainer", "\"data_position\":[", "\"data_position\":[9999999999,"), "");
    driver.steps(2);
    let mut file = file.clone();
    let states = file.tensors.iter_mut().find(|tensor| tensor.name.ends_with("states")).unwrap();
    states.values.pop();
    states.shape = vec![states.values.len()];
    open_file(&mut driver, &file.to_bytes().unwrap(), "");
    assert!(driver.refusal().contains("state"), "{}", driver.refusal());
    // Any byte of the header may be wrong.
    for at in (0..bytes.len().min(6000)).step_by(37) {
        let mut hostile = bytes.clone();
        hostile[at] ^= 0x15;
        open_file(&mut driver, &hostile, &short_text());
    }
    driver.steps(1);
}
