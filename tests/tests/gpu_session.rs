//! A run on a real GPU learns what the lab learns, and loses nothing that matters if the GPU fails at any
//! moment. Any adapter will do, also a program that acts as one; without any, this fails.
#![expect(clippy::panic, reason = "a test that cannot run must not pass")]

use rnn_gpu::{Choice, Fault, Gpu};
use rnn_labs::{DeviceBackend, SessionConfig};
use rnn_protocol::{Command, Event, Experiment, GpuChoice, GpuFacts, GpuStatus, Placement};
use rnn_tests::driver::{Driver, small, text};
use std::collections::BTreeMap;

const STEPS: u32 = 20;

/// Of every loss and reading of the held-out text. Measured on lavapipe: at most 1.3e-7.
const TOLERANCE: f32 = 1e-3;

fn experiment() -> Experiment {
    small(&[("layers", "2"), ("cell", "gru"), ("hidden_size", "33")])
}

fn config() -> SessionConfig {
    SessionConfig { evaluate_every: Some(7), is_watched: true, stop_at: Some(STEPS) }
}

fn gpu() -> Gpu {
    match Gpu::open_blocking(Choice::Fastest) {
        Ok(gpu) => gpu,
        Err(error) => panic!("{error}: `cargo xtask setup` installs a software GPU"),
    }
}

fn hand_over(gpu: &Gpu, driver: &mut Driver) {
    let facts = GpuFacts { name: gpu.adapter().name.clone(), is_software: gpu.adapter().is_software };
    driver.session.set_device(Box::new(DeviceBackend::new(gpu.clone(), facts)));
}

/// A driver whose run plays to its end, with looks.
fn play(driver: &mut Driver) {
    driver.send(Command::Play);
    while driver.slice() || driver.session.wake_after().is_some() {
        driver.send(Command::Credit);
    }
}

fn on_gpu(gpu: &Gpu) -> Driver {
    let mut driver = Driver::new(config());
    driver.send(Command::UseGpu { choice: GpuChoice::On });
    hand_over(gpu, &mut driver);
    driver.open(experiment(), text());
    driver
}

/// The last word on each step: steps may be taken again after a failure.
fn losses(driver: &Driver) -> BTreeMap<u32, f32> {
    driver.losses(1).into_iter().map(|(step, loss, _)| (step, loss)).collect()
}

fn validations(driver: &Driver) -> BTreeMap<u32, f32> {
    let found = driver.events.iter().filter_map(|event| match event {
        Event::Validation { step, value, .. } => Some((*step, *value)),
        _ => None,
    });
    found.collect()
}

fn worst(found: &BTreeMap<u32, f32>, wanted: &BTreeMap<u32, f32>, what: &str) -> f32 {
    let steps = |map: &BTreeMap<u32, f32>| map.keys().copied().collect::<Vec<_>>();
    assert_eq!(steps(found), steps(wanted), "{what}");
    let relative =
        found.values().zip(wanted.values()).map(|(found, wanted)| ((found - wanted) / wanted).abs());
    relative.fold(0.0, f32::max)
}

fn undisturbed() -> Driver {
    let mut driver = Driver::new(config());
    driver.open(experiment(), text());
    play(&mut driver);
    driver
}

#[test]
fn a_run_on_a_gpu_learns_what_the_lab_learns() {
    let wanted = undisturbed();
    let gpu = gpu();
    let mut driver = on_gpu(&gpu);
    play(&mut driver);
    assert_eq!(gpu.error(), None);
    for (what, found, wanted) in [
        ("losses", losses(&driver), losses(&wanted)),
        ("validations", validations(&driver), validations(&wanted)),
    ] {
        let worst = worst(&found, &wanted, what);
        println!("{what}: {worst:e}");
        assert!(worst <= TOLERANCE, "{what}: {worst:e}");
    }
    let (found, wanted) = (driver.weights(), wanted.weights());
    let apart = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart <= 1e-3, "the lab has the weights: {apart:e}");
    let look =
        driver.snapshots.last().map(|look| (look.header.step, look.values.iter().all(|x| x.is_finite())));
    assert!(look.is_some_and(|(step, is_finite)| step > 1 && is_finite), "{look:?}");
}

#[test]
fn a_gpu_that_fails_anywhere_takes_nothing_with_it() {
    let wanted = undisturbed();
    let mut tried = 0;
    let mut worst_of_all: f32 = 0.0;
    let points = [
        (Fault::LostDevice, [0, 5, 60, 300, 800, 1500, 2500, 4000, 6000, 9000]),
        (Fault::OutOfMemory, [0, 3, 17, 40, 80, 100, 120, 140, 160, 170]),
        (Fault::FailedRead, [0, 1, 2, 3, 5, 8, 12, 16, 20, 22]),
        (Fault::RejectedShader, [0, 1, 2, 4, 8, 12, 15, 18, 20, 22]),
    ];
    for (fault, occasions) in points {
        for occasion in occasions {
            let gpu = gpu();
            gpu.inject(fault, occasion);
            let mut driver = on_gpu(&gpu);
            play(&mut driver);
            let what = format!("{fault:?} after {occasion}");
            if gpu.error().is_none() {
                // The run was over before.
                println!("{what}: never came");
                continue;
            }
            tried += 1;
            let worst = worst(&losses(&driver), &losses(&wanted), &what);
            worst_of_all = worst_of_all.max(worst);
            assert!(worst <= TOLERANCE, "{what}: {worst:e}");
            let said: Vec<&Event> =
                driver.events.iter().filter(|event| matches!(event, Event::Placed { .. })).collect();
            let is_said = matches!(
                said.last(),
                Some(Event::Placed { placement: Placement::Fallback { message, .. }, .. }) if !message.is_empty()
            );
            assert!(is_said, "{what}: {said:?}");
            let is_lost = |event: &Event| matches!(event, Event::Gpu { status: GpuStatus::Lost { .. } });
            assert_eq!(driver.events.iter().filter(|event| is_lost(event)).count(), 1, "{what}");
            assert!(driver.session.wants_device(), "{what}: it may be tried again");
        }
    }
    println!("{tried} failures, losses within {worst_of_all:e}");
    assert!(tried >= 30, "only {tried} failures came about");
}

#[test]
fn a_gpu_that_was_lost_can_be_tried_again() {
    let wanted = undisturbed();
    let broken = gpu();
    broken.inject(Fault::LostDevice, 1000);
    let mut driver = on_gpu(&broken);
    play(&mut driver);
    assert!(broken.error().is_some());
    driver.send(Command::UseGpu { choice: GpuChoice::On });
    let again = gpu();
    hand_over(&again, &mut driver);
    driver.send(Command::Reset);
    play(&mut driver);
    assert_eq!(again.error(), None);
    let second: BTreeMap<u32, f32> =
        driver.losses(2).into_iter().map(|(step, loss, _)| (step, loss)).collect();
    let worst = worst(&second, &losses(&wanted), "after the second try");
    assert!(worst <= TOLERANCE, "{worst:e}");
}
