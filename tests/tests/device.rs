//! A run whose steps are taken on a device is the run of the lab: the same steps, the same looks, the same
//! evaluations, whenever it comes to the device and leaves it. The device is the lab's own backend, so that the
//! numbers are equal to the bit; a real GPU is tested beside it.

use rnn_compute::Cpu;
use rnn_labs::{DeviceBackend, SessionConfig};
use rnn_protocol::{Command, Event, Experiment, GpuChoice, GpuFacts, GpuStatus, Place, Placement};
use rnn_tests::driver::{Driver, small, text};
use std::hash::{DefaultHasher, Hash, Hasher};

const STEPS: u32 = 26;

fn short_text() -> String {
    text().chars().take(660).collect()
}

fn experiment() -> Experiment {
    small(&[("layers", "2"), ("optimizer", "adam")])
}

fn driver(choice: GpuChoice, is_software: bool, config: SessionConfig) -> Driver {
    let mut driver = Driver::new(config);
    driver.send(Command::UseGpu { choice });
    let facts = GpuFacts { name: "a device".to_owned(), is_software };
    driver.session.set_device(Box::new(DeviceBackend::new(Cpu, facts)));
    driver.open(experiment(), short_text());
    driver
}

fn unwatched(stop_at: Option<u32>) -> SessionConfig {
    SessionConfig { evaluate_every: Some(10), is_watched: false, stop_at }
}

fn placements(driver: &Driver) -> Vec<Placement> {
    let placed = driver.events.iter().filter_map(|event| match event {
        Event::Placed { placement, .. } => Some(placement.clone()),
        _ => None,
    });
    placed.collect()
}

/// What a run tells, but for where it was run: in order, so that evaluations stand behind their steps.
fn told(driver: &Driver) -> Vec<String> {
    let mut lines = Vec::new();
    for event in &driver.events {
        match event {
            Event::Stepped { reports, .. } => {
                lines.extend(reports.iter().map(|report| format!("{report:?}")));
            }
            Event::Validation { step, value, .. } => {
                lines.push(format!("validation {step} {value:?}"));
            }
            _ => {}
        }
    }
    lines
}

/// Of all weights, to the bit.
fn digest(driver: &Driver) -> u64 {
    let mut hasher = DefaultHasher::new();
    driver.weights().iter().for_each(|weight| weight.to_bits().hash(&mut hasher));
    hasher.finish()
}

fn in_the_lab() -> Driver {
    let mut driver = Driver::new(unwatched(Some(STEPS)));
    driver.open(experiment(), short_text());
    driver.send(Command::Play);
    driver.finish();
    driver
}

#[test]
fn a_run_on_a_device_tells_what_the_lab_tells() {
    let wanted = in_the_lab();
    let mut driver = driver(GpuChoice::On, false, unwatched(Some(STEPS)));
    driver.send(Command::Play);
    driver.finish();
    assert_eq!(placements(&driver), [Placement::Chosen { place: Place::Gpu }]);
    assert_eq!(told(&driver), told(&wanted));
    assert_eq!(digest(&driver), digest(&wanted), "the lab has the weights when the run pauses");
    assert!(matches!(driver.events.last(), Some(Event::Playing { playing: false, .. })));
}

#[test]
fn stepping_by_hand_is_the_same_on_a_device() {
    let mut wanted = Driver::unwatched();
    wanted.open(experiment(), short_text());
    wanted.steps(STEPS);
    let mut driver = driver(GpuChoice::On, false, unwatched(None));
    driver.steps(STEPS);
    assert_eq!(told(&driver), told(&wanted));
    assert_eq!(digest(&driver), digest(&wanted));
}

#[test]
fn a_run_can_come_to_a_device_and_leave_it_at_any_step() {
    let wanted = in_the_lab();
    for change in [1, 9, 10, 11, 13] {
        let mut driver = driver(GpuChoice::Off, false, unwatched(Some(STEPS)));
        driver.steps(change);
        driver.send(Command::UseGpu { choice: GpuChoice::On });
        driver.steps(change);
        driver.send(Command::UseGpu { choice: GpuChoice::Off });
        driver.send(Command::Play);
        driver.finish();
        assert_eq!(told(&driver), told(&wanted), "after {change} steps");
        assert_eq!(digest(&driver), digest(&wanted), "after {change} steps");
        let places = [Place::Gpu, Place::Cpu].map(|place| Placement::Chosen { place });
        assert_eq!(placements(&driver), places);
    }
}

#[test]
fn settings_reach_a_running_device() {
    let mut tuned = experiment();
    tuned.training.learning_rate = 0.001;
    let run = |choice| {
        let mut driver = driver(choice, false, unwatched(None));
        driver.steps(7);
        driver.send(Command::Open { experiment: tuned.clone() });
        driver.steps(7);
        digest(&driver)
    };
    assert_eq!(run(GpuChoice::On), run(GpuChoice::Off));
}

#[test]
fn a_trial_measures_and_leaves_no_trace_if_the_cpu_is_faster() {
    let wanted = in_the_lab();
    let mut driver = driver(GpuChoice::Auto, false, unwatched(Some(STEPS)));
    driver.send(Command::Play);
    driver.finish();
    let placed = placements(&driver);
    let [Placement::Measured { gpu, cpu, .. }] = placed.as_slice() else {
        unreachable!("one measurement, found {placed:?}");
    };
    assert!(gpu.millis > 0.0 && cpu.millis > 0.0);
    // Whoever won: the numbers are the lab's.
    let losses = |driver: &Driver| driver.losses(1);
    assert_eq!(losses(&driver), losses(&wanted));
    assert_eq!(digest(&driver), digest(&wanted));
}

#[test]
fn a_step_that_takes_the_cpu_too_long_is_given_up_for_a_trial() {
    let mut driver = driver(GpuChoice::Auto, false, unwatched(Some(STEPS)));
    // So long that not even one step ends within the CPU's patience.
    driver.tick_millis.set(40.0);
    driver.send(Command::Play);
    while driver.slice() || driver.session.wake_after().is_some() {
        if !placements(&driver).is_empty() {
            driver.tick_millis.set(0.01);
        }
    }
    let placed = placements(&driver);
    assert!(matches!(placed.as_slice(), [Placement::Measured { cpu, .. }] if cpu.is_at_least), "{placed:?}");
    assert_eq!(driver.losses(1), in_the_lab().losses(1));
}

#[test]
fn a_software_gpu_is_never_chosen_by_itself() {
    let mut driver = driver(GpuChoice::Auto, true, unwatched(Some(STEPS)));
    driver.send(Command::Play);
    driver.finish();
    assert_eq!(placements(&driver), [Placement::SoftwareGpu]);
    assert_eq!(told(&driver), told(&in_the_lab()));
}

#[test]
fn a_session_says_what_gpu_there_is_and_asks_for_one_only_where_it_is_wanted() {
    let mut driver = Driver::unwatched();
    assert!(driver.session.wants_device(), "by default, where it is faster");
    driver.send(Command::UseGpu { choice: GpuChoice::Off });
    assert!(!driver.session.wants_device());
    driver.send(Command::UseGpu { choice: GpuChoice::On });
    assert!(driver.session.wants_device());
    driver.session.miss_device("no GPU was found".to_owned());
    driver.open(experiment(), short_text());
    driver.steps(3);
    let status = driver.events.iter().find_map(|event| match event {
        Event::Gpu { status } => Some(status.clone()),
        _ => None,
    });
    assert_eq!(status, Some(GpuStatus::Unavailable { message: "no GPU was found".to_owned() }));
    assert_eq!(driver.losses(1).len(), 3);
    assert!(placements(&driver).is_empty(), "nothing to say where there never was a GPU");
}

#[test]
fn a_look_shows_what_the_device_did() {
    let config = SessionConfig { is_watched: true, ..unwatched(None) };
    let look = |choice| {
        let mut driver = driver(choice, false, config);
        driver.send(Command::Credit);
        driver.steps(3);
        let snapshot = driver.snapshots.pop();
        snapshot.map(|snapshot| (snapshot.header.step, snapshot.header.symbols, snapshot.values))
    };
    let on_device = look(GpuChoice::On);
    assert!(on_device.is_some());
    assert_eq!(on_device, look(GpuChoice::Off));
}

#[test]
fn a_run_that_diverges_on_a_device_keeps_its_last_good_weights() {
    let run = |choice| {
        let mut driver = driver(choice, false, unwatched(Some(60)));
        let mut wild = experiment();
        wild.training.learning_rate = 1e30;
        wild.training.clip_norm = 0.0;
        driver.steps(3);
        driver.send(Command::Open { experiment: wild });
        driver.send(Command::Play);
        driver.finish();
        let diverged = driver.events.iter().find_map(|event| match event {
            Event::Diverged { step, kept_step, message, .. } => Some((*step, *kept_step, message.clone())),
            _ => None,
        });
        (diverged, digest(&driver))
    };
    let on_device = run(GpuChoice::On);
    assert!(on_device.0.is_some());
    assert_eq!(on_device, run(GpuChoice::Off));
}

#[test]
fn a_run_put_aside_on_a_device_goes_on_where_it_was() {
    let wanted = in_the_lab();
    let mut driver = driver(GpuChoice::On, false, unwatched(Some(STEPS)));
    driver.steps(8);
    driver.send(Command::Step);
    driver.send(Command::Reset);
    driver.steps(2);
    driver.send(Command::BringBack { run: 1 });
    assert_eq!(driver.facts().run, 1);
    driver.send(Command::Play);
    driver.finish();
    assert_eq!(driver.losses(1), wanted.losses(1));
    assert_eq!(digest(&driver), digest(&wanted));
}
