//! Drives a session as the worker and the command line do, with a clock of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a broken expectation is what a test is for")]

use rnn_labs::{Session, SessionConfig};
use rnn_protocol::{BUILD_ID, Command, Event, Experiment, RunFacts, Setting, Snapshot};
use std::cell::Cell;
use std::rc::Rc;

/// A driver: a session, a clock that ticks at every look at it, and everything that came out.
pub struct Driver {
    /// What is driven.
    pub session: Session,
    /// How far the clock goes on whenever it is read.
    pub tick_millis: Rc<Cell<f64>>,
    /// All of them, oldest first.
    pub events: Vec<Event>,
    /// All of them, oldest first.
    pub snapshots: Vec<Snapshot>,
}

impl Driver {
    /// A session that trains and reads the held-out text, and does nothing else.
    #[must_use]
    pub fn unwatched() -> Self {
        Self::new(SessionConfig { evaluate_every: Some(10), is_watched: false, stop_at: None })
    }

    /// A session of this kind that has agreed on the build.
    #[must_use]
    pub fn new(config: SessionConfig) -> Self {
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

    /// Hands over a command without data.
    pub fn send(&mut self, command: Command) {
        self.session.handle(command, None);
        self.collect();
    }

    /// Opens an experiment on a text.
    pub fn open(&mut self, experiment: Experiment, text: impl Into<Vec<u8>>) {
        self.session.handle(Command::Open { experiment }, Some(text.into()));
        self.collect();
    }

    fn collect(&mut self) {
        self.events.extend(self.session.take_events());
        self.snapshots.extend(self.session.take_snapshot());
    }

    /// Lets the session work once. Returns whether anything is left to do.
    pub fn slice(&mut self) -> bool {
        let is_busy = self.session.advance(8.0);
        self.collect();
        is_busy
    }

    /// Steps one by one, and lets what falls due with each finish.
    pub fn steps(&mut self, count: u32) {
        for _ in 0..count {
            self.send(Command::Step);
            self.finish();
        }
    }

    /// Lets the session work until nothing is left to do, nor to be waited for.
    pub fn finish(&mut self) {
        while self.slice() || self.session.wake_after().is_some() {}
    }

    /// Of the run opened last.
    #[must_use]
    pub fn facts(&self) -> &RunFacts {
        let opened = |event: &Event| matches!(event, Event::Opened(_));
        match self.events.iter().rfind(|event| opened(event)) {
            Some(Event::Opened(facts)) => facts,
            _ => panic!("no run was opened: {:?}", self.events),
        }
    }

    /// Step, loss and gradient norm of every report of a run.
    #[must_use]
    pub fn losses(&self, run: u32) -> Vec<(u32, f32, f32)> {
        let reports = self.events.iter().filter_map(|event| match event {
            Event::Stepped { run: of, reports, .. } if *of == run => Some(reports),
            _ => None,
        });
        reports.flatten().map(|report| (report.step, report.loss, report.grad_norm)).collect()
    }

    /// The sentence of a refusal that came last.
    #[must_use]
    pub fn refusal(&self) -> &str {
        match self.events.last() {
            Some(Event::Refused { message }) => message,
            other => panic!("expected a refusal, found {other:?}"),
        }
    }

    /// All weights, one parameter after the other.
    #[must_use]
    pub fn weights(&self) -> Vec<f32> {
        let parameters = self.session.lab().unwrap().parameters();
        parameters.ids().flat_map(|id| parameters.read(id)).collect()
    }
}

/// A text that is learnt in a few steps.
#[must_use]
pub fn text() -> String {
    "the whale, the sea, the ship; call me what you like, the sea does not mind.\n".repeat(60)
}

/// A small network with these settings changed.
#[must_use]
pub fn small(settings: &[(&str, &str)]) -> Experiment {
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
