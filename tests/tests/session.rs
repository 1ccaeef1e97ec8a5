//! The session as its drivers see it: commands in, events and snapshots out.
//!
//! Nothing here has a tolerance: the same experiment must give the same bits, however the work is cut.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken expectation is what a test is for")]

use rnn_labs::{Session, SessionConfig};
use rnn_protocol::{
    BUILD_ID, CellKind, Command, DataSource, Event, Experiment, Quantity, RunFacts, Setting, Snapshot,
};
use std::cell::Cell;
use std::rc::Rc;

/// A driver: a session, a clock that ticks at every look at it, and everything that came out.
struct Driver {
    session: Session,
    tick_millis: Rc<Cell<f64>>,
    events: Vec<Event>,
    snapshots: Vec<Snapshot>,
}

impl Driver {
    /// A session that trains and reads the held-out text, and does nothing else.
    fn unwatched() -> Self {
        Self::new(SessionConfig { evaluate_every: Some(10), is_watched: false })
    }

    fn new(config: SessionConfig) -> Self {
        let tick_millis = Rc::new(Cell::new(0.01));
        let (now, tick) = (Cell::new(0.0), Rc::clone(&tick_millis));
        let clock = Rc::new(move || {
            now.set(now.get() + tick.get());
            now.get()
        });
        let session = Session::new(clock, config);
        let mut driver = Self { session, tick_millis, events: Vec::new(), snapshots: Vec::new() };
        driver.send(Command::Hello { build: BUILD_ID.to_owned() });
        driver
    }

    fn send(&mut self, command: Command) {
        self.session.handle(command, None);
        self.collect();
    }

    fn open(&mut self, experiment: Experiment, text: impl Into<Vec<u8>>) {
        self.session.handle(Command::Open { experiment }, Some(text.into()));
        self.collect();
    }

    fn collect(&mut self) {
        self.events.extend(self.session.take_events());
        self.snapshots.extend(self.session.take_snapshot());
    }

    fn slice(&mut self) -> bool {
        let is_busy = self.session.advance(8.0);
        self.collect();
        is_busy
    }

    /// Steps one by one, and lets what falls due with each finish.
    fn steps(&mut self, count: u32) {
        for _ in 0..count {
            self.send(Command::Step);
            while self.slice() {}
        }
    }

    fn facts(&self) -> &RunFacts {
        let opened = |event: &Event| matches!(event, Event::Opened(_));
        match self.events.iter().rfind(|event| opened(event)) {
            Some(Event::Opened(facts)) => facts,
            _ => panic!("no run was opened: {:?}", self.events),
        }
    }

    /// Step, loss and gradient norm of every report of a run.
    fn losses(&self, run: u32) -> Vec<(u32, f32, f32)> {
        let reports = self.events.iter().filter_map(|event| match event {
            Event::Stepped { run: of, reports, .. } if *of == run => Some(reports),
            _ => None,
        });
        reports.flatten().map(|report| (report.step, report.loss, report.grad_norm)).collect()
    }

    fn refusal(&self) -> &str {
        match self.events.last() {
            Some(Event::Refused { message }) => message,
            other => panic!("expected a refusal, found {other:?}"),
        }
    }

    fn weights(&self) -> Vec<f32> {
        let parameters = self.session.lab().unwrap().parameters();
        parameters.ids().flat_map(|id| parameters.read(id)).collect()
    }
}

fn text() -> String {
    "the whale, the sea, the ship; call me what you like, the sea does not mind.\n".repeat(60)
}

fn small(settings: &[(&str, &str)]) -> Experiment {
    let mut experiment = Experiment::default();
    let defaults = [
        ("hidden_size", "9"),
        ("embedding_size", "5"),
        ("batch_size", "3"),
        ("sequence_length", "7"),
        ("learning_rate", "0.02"),
    ];
    for (key, value) in defaults.iter().chain(settings) {
        Setting::find(key).unwrap().set(&mut experiment, value).unwrap();
    }
    experiment
}

#[test]
fn it_learns_and_says_so() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(200);
    let losses = driver.losses(1);
    assert_eq!(losses.len(), 200);
    assert_eq!(losses[199].0, 200);
    assert!(losses[199].1 < 0.5 * losses[0].1, "{losses:?}");
    let validation: Vec<(u32, f32)> = driver
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Validation { step, bits_per_char, .. } => Some((*step, *bits_per_char)),
            _ => None,
        })
        .collect();
    assert_eq!(validation.first().unwrap().0, 10);
    assert!(validation.last().unwrap().1 < 0.7 * validation.first().unwrap().1, "{validation:?}");
}

#[test]
fn cutting_the_work_differently_changes_nothing() {
    for cell in ["elman", "lstm", "gru"] {
        let run = |tick_millis: f64| {
            let mut driver = Driver::unwatched();
            driver.tick_millis.set(tick_millis);
            driver.open(small(&[("cell", cell), ("layers", "2")]), text());
            driver.send(Command::Play);
            while driver.session.lab().unwrap().step() < 12 {
                driver.slice();
            }
            driver.send(Command::Pause);
            (driver.losses(1)[..12].to_vec(), driver)
        };
        // One part of work a slice, against a hundred and more.
        let (fine, _) = run(20.0);
        let (coarse, _) = run(0.05);
        assert_eq!(fine, coarse, "{cell}");
    }
}

#[test]
fn pause_holds_and_play_goes_on_with_the_same_numbers() {
    let mut through = Driver::unwatched();
    through.open(small(&[]), text());
    through.steps(20);

    let mut paused = Driver::unwatched();
    paused.tick_millis.set(20.0);
    paused.open(small(&[]), text());
    paused.send(Command::Play);
    for slice in 0.. {
        paused.slice();
        let step = paused.session.lab().unwrap().step();
        if step >= 20 {
            break;
        }
        if slice % 7 == 3 {
            paused.send(Command::Pause);
            for _ in 0..20 {
                paused.slice();
            }
            assert_eq!(paused.session.lab().unwrap().step(), step, "a pause must hold");
            paused.send(Command::Play);
        }
    }
    paused.send(Command::Pause);
    assert_eq!(paused.losses(1)[..20], through.losses(1)[..20]);
}

#[test]
fn the_seed_decides_and_reset_begins_again() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(15);
    driver.send(Command::Reset);
    assert_eq!((driver.facts().run, driver.facts().step, driver.facts().can_undo), (2, 0, true));
    driver.steps(15);
    assert_eq!(driver.losses(1), driver.losses(2));
    driver.send(Command::Open { experiment: small(&[("seed", "1")]) });
    driver.steps(15);
    assert_ne!(driver.losses(1), driver.losses(3));
}

#[test]
fn undo_brings_back_the_run_with_its_weights() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(12);
    let weights = driver.weights();
    driver.send(Command::Open { experiment: small(&[("cell", "gru")]) });
    assert_eq!((driver.facts().run, driver.facts().step), (2, 0));
    driver.steps(3);
    driver.send(Command::Undo);
    assert_eq!((driver.facts().run, driver.facts().step), (1, 12));
    assert_eq!(driver.facts().experiment.model.cell, CellKind::Lstm);
    assert_eq!(driver.weights(), weights);
    driver.steps(1);
    driver.send(Command::Undo);
    assert_eq!((driver.facts().run, driver.facts().step), (2, 3));
}

#[test]
fn live_settings_leave_the_network_running() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[]), text());
    driver.steps(5);
    let weights = driver.weights();
    driver.send(Command::Open { experiment: small(&[("learning_rate", "0"), ("temperature", "0.3")]) });
    assert_eq!((driver.facts().run, driver.facts().step), (1, 5));
    driver.steps(5);
    assert_eq!(driver.weights(), weights, "a learning rate of 0 must not move the weights");
}

#[test]
fn divergence_is_said_and_the_last_good_weights_stay() {
    for clip in ["0", "1"] {
        let mut driver = Driver::unwatched();
        driver.open(small(&[("clip_norm", clip)]), text());
        driver.steps(10);
        driver.send(Command::Open { experiment: small(&[("clip_norm", clip), ("learning_rate", "1e38")]) });
        driver.send(Command::Play);
        while driver.slice() {}
        let Some(Event::Diverged { step, message, .. }) =
            driver.events.iter().rfind(|event| matches!(event, Event::Diverged { .. }))
        else {
            panic!("a learning rate of 1e38 must diverge: {:?}", driver.events);
        };
        assert!(*step > 10, "{message}");
        assert!(message.contains("learning rate") && message.contains("are kept"), "{message}");
        assert_eq!(message.contains("clip the gradient"), clip == "0", "{message}");
        assert!(driver.weights().iter().all(|weight| weight.is_finite()));
        // A smaller rate, and training goes on from there.
        driver.send(Command::Open { experiment: small(&[("clip_norm", clip)]) });
        let before = driver.losses(1).len();
        driver.steps(3);
        let losses = driver.losses(1);
        assert_eq!(losses.len(), before + 3);
        assert!(losses.iter().all(|(_, loss, _)| loss.is_finite()));
    }
}

#[test]
fn what_cannot_be_run_is_refused_and_loses_nothing() {
    let mut driver = Driver::unwatched();
    driver.send(Command::Play);
    assert!(driver.refusal().contains("No experiment is open"));
    driver.open(small(&[]), text());
    driver.steps(6);
    let weights = driver.weights();

    driver.send(Command::Open { experiment: small(&[("hidden_size", "100000")]) });
    assert!(driver.refusal().contains("TiB of memory; the limit is 1.0 GiB"), "{}", driver.refusal());
    driver.send(Command::Open { experiment: small(&[("hidden_size", "4000")]) });
    assert!(driver.refusal().contains("GiB of memory"), "{}", driver.refusal());
    let own = |name: &str| Experiment { data: DataSource::Own { name: name.into() }, ..small(&[]) };
    let cases: [(&[u8], &str); 5] = [
        (b"", "empty"),
        (b"a", "1 characters"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0>\0\x01\0\0\0", "binary"),
        (b"na\xefve, na\xefve, na\xefve, na\xefve, na\xefve, na\xefve", "UTF-8"),
        (b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "at least two"),
    ];
    for (bytes, expected) in cases {
        driver.open(own("bad.txt"), bytes);
        assert!(driver.refusal().contains(expected), "{}", driver.refusal());
    }
    driver.send(Command::Open { experiment: own("never-sent.txt") });
    assert!(driver.refusal().contains("never-sent.txt"));

    assert_eq!(driver.weights(), weights);
    driver.steps(1);
    assert_eq!(driver.losses(1).len(), 7);
}

#[test]
fn short_and_chinese_texts_train() {
    let poem = "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n".repeat(3);
    let many: String = (0..6000_u32).filter_map(|i| char::from_u32(0x4e00 + i)).collect();
    for text in ["hello world, hello world, hello".repeat(2), poem, many] {
        let mut driver = Driver::unwatched();
        driver.open(small(&[("batch_size", "32"), ("sequence_length", "64")]), text.clone());
        driver.steps(2);
        let facts = driver.facts();
        assert!(facts.vocabulary_size >= 2);
        assert_eq!(facts.training_chars + facts.validation_chars, text.chars().count() as u64);
        assert_eq!(facts.notes.iter().any(|note| note.contains("short")), text.chars().count() < 2000);
        assert!(driver.losses(1).iter().all(|(_, loss, _)| loss.is_finite()));
    }
}

#[test]
fn nothing_happens_before_the_builds_agree() {
    let mut driver = Driver::unwatched();
    driver.send(Command::Hello { build: "another".into() });
    assert!(driver.refusal().contains("another") && driver.refusal().contains("Reload"));
    driver.open(small(&[]), text());
    assert!(driver.refusal().contains("agreed"));
    assert!(driver.session.lab().is_none());
}

#[test]
fn one_snapshot_comes_for_each_credit() {
    let mut driver = Driver::unwatched();
    driver.open(small(&[("layers", "2")]), text());
    driver.steps(3);
    assert!(driver.snapshots.is_empty(), "no credit, no snapshot");
    driver.send(Command::Credit);
    driver.steps(3);
    assert_eq!(driver.snapshots.len(), 1);
    let snapshot = &driver.snapshots[0];
    assert_eq!((snapshot.header.run, snapshot.header.step), (1, 4));
    assert_eq!((snapshot.header.layers, snapshot.header.units, snapshot.header.steps()), (2, 9, 7));
    // The fourth window of the first stream.
    assert_eq!(snapshot.header.symbols.concat(), &text()[21..28]);
    assert!(snapshot.unit_values(1).iter().all(|h| h.abs() <= 1.0));
    for layer in 0..2 {
        let [total, last] = [snapshot.gradient_norms(layer), snapshot.last_loss_gradient_norms(layer)];
        assert!(total.iter().chain(last).all(|norm| norm.is_finite() && *norm > 0.0));
        assert!(last[0] < last[6], "the last loss must reach the last step more than the first");
    }
    // Another quantity of the same step, without training.
    driver.send(Command::View { quantity: Quantity::ForgetGate });
    driver.send(Command::Credit);
    while driver.slice() {}
    let gates = driver.snapshots.last().unwrap();
    assert_eq!((gates.header.quantity, gates.header.step), (Quantity::ForgetGate, 4));
    assert!(gates.unit_values(0).iter().all(|f| (0.0..=1.0).contains(f)));
    // A cell without such a gate shows its hidden state.
    driver.send(Command::Open { experiment: small(&[("cell", "elman")]) });
    driver.send(Command::Credit);
    driver.steps(1);
    assert_eq!(driver.snapshots.last().unwrap().header.quantity, Quantity::Hidden);
}

#[test]
fn a_watched_session_writes_and_measures_baselines_without_touching_the_training() {
    let mut watched = Driver::new(SessionConfig::default());
    watched.tick_millis.set(0.2);
    watched.open(small(&[]), text());
    watched.send(Command::Play);
    while watched.session.lab().unwrap().step() < 150 {
        watched.slice();
        watched.send(Command::Credit);
    }
    watched.send(Command::Pause);
    let mut plain = Driver::unwatched();
    plain.open(small(&[]), text());
    plain.steps(150);
    assert_eq!(watched.losses(1)[..150], plain.losses(1)[..150]);

    let baselines: Vec<(&str, f32)> = watched
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Baseline { name, bits_per_char, .. } => Some((name.as_str(), *bits_per_char)),
            _ => None,
        })
        .collect();
    assert_eq!(baselines.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["unigram", "5-gram"]);
    assert!(baselines[0].1 > baselines[1].1);
    let written = |event: &Event| matches!(event, Event::Text { run: 1, .. });
    assert!(watched.events.iter().filter(|event| written(event)).count() > 3);
}

#[test]
fn a_prompt_is_continued_by_as_much_as_was_asked_for() {
    let mut driver = Driver::new(SessionConfig { evaluate_every: None, is_watched: true });
    driver.open(small(&[]), text());
    driver.steps(30);
    driver.send(Command::Generate { prompt: "the wh\u{1F40B}".into(), length: 37 });
    while driver.slice() {}
    let written: String = driver
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Text { step: 30, piece, .. } => Some(piece.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(written.chars().count(), 37);
    assert!(written.chars().all(|symbol| text().contains(symbol)));
}
