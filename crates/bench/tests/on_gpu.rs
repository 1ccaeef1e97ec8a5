//! The workloads on a GPU: they learn what they learn on the CPU, and their lines say what they must.

#![expect(clippy::unwrap_used, reason = "what cannot be built fails the test")]
#![expect(clippy::print_stdout, reason = "errors are shown, and what is skipped says so")]

use rnn_bench::gpu::{Session, caution, products, usual_workloads, walks};
use rnn_bench::work::{Network, Training, Work};
use rnn_bench::{Kind, Part, Workload};
use rnn_compute::backend::Memory;
use rnn_compute::{Backend, Cpu};
use rnn_gpu::{Adapter, Choice, Gpu, PeakLoad, Walks, wait_for};
use std::cell::Cell;

/// Of every loss, relative. Measured on lavapipe: at most 4.5e-7.
const TOLERANCE: f64 = 1e-3;
const STEPS: usize = 3;
/// Sequences of a batch: ragged, and so few that a program that acts as a GPU is done in seconds.
const BATCH: usize = 3;
/// Time steps of a window, of the networks that take any number.
const WINDOW: usize = 3;

/// A GPU, Mesa's lavapipe if there is no other. Without one the test fails on Linux, where one is easily had, and
/// where `CI` is set; elsewhere it is skipped.
fn gpu() -> Option<Gpu> {
    match Gpu::open_blocking(Choice::Fastest) {
        Ok(gpu) => Some(gpu),
        Err(error) => {
            let advice = "`cargo xtask test` installs a software GPU (the package mesa-vulkan-drivers)";
            let is_asked_for = cfg!(target_os = "linux") || std::env::var_os("CI").is_some();
            assert!(!is_asked_for, "{error}; {advice}");
            println!("SKIPPED: {error}; {advice}");
            None
        }
    }
}

/// The network, reading short windows.
fn shortened(network: Network) -> Network {
    match network {
        Network::LanguageModel { config, .. } => Network::LanguageModel { config, steps: WINDOW },
        Network::Sentiment { dropout, .. } => Network::Sentiment { dropout, steps: WINDOW },
        Network::Forecaster | Network::OneHot => network,
    }
}

/// The loss of each of the first steps.
fn losses<B: Backend<Elem = f32>>(backend: &B, network: Network) -> Vec<f64> {
    let mut training: Training<B> = network.build(backend, Part::whole(BATCH)).unwrap();
    let step = |_| {
        assert!(training.step().unwrap().is_ready(), "the step before has landed");
        while training.land().unwrap().is_pending() {
            std::thread::yield_now();
        }
        training.loss().unwrap()
    };
    (0..STEPS).map(step).collect()
}

#[test]
fn every_network_learns_what_it_learns_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let mut compared = 0;
    for workload in Workload::all() {
        let Kind::Training { network, .. } = workload.kind else { continue };
        let network = shortened(network);
        let want = losses(&Cpu, network);
        assert!(want.first() != want.last(), "{}: the weights change", workload.name);
        for &walks in walks(&workload) {
            gpu.choose_walks(walks);
            let found = losses(&gpu, network);
            let errors = found.iter().zip(&want).map(|(found, want)| (found - want).abs() / want.abs());
            let worst = errors.fold(0.0, f64::max);
            println!("{}, {walks:?}: {worst:.1e}", workload.name);
            assert!(worst <= TOLERANCE, "{}, {walks:?}: {found:?}, on the CPU {want:?}", workload.name);
        }
        compared += 1;
    }
    assert_eq!((compared, gpu.error()), (9, None));
}

#[test]
fn a_line_says_where_and_how_it_was_measured() {
    let Some(gpu) = gpu() else { return };
    // A clock whose every look takes a second, so that little is measured.
    let now = Cell::new(0.0);
    let clock = || {
        now.set(now.get() + 1000.0);
        now.get()
    };
    let pause = async || std::thread::yield_now();
    let session = wait_for(Session::begin(&gpu, "here", Some(0.0), &clock, pause)).unwrap();
    let workload = Workload::find("W2").unwrap();
    let outcome = wait_for(session.workload(&workload, Walks::StepByStep)).unwrap();
    let line: serde_json::Value = serde_json::from_str(&outcome.record.to_json()).unwrap();
    for (field, expected) in
        [("workload", "W2"), ("where", "here"), ("backend", "gpu"), ("walks", "step-by-step")]
    {
        assert_eq!(line[field], expected, "{field} of {line}");
    }
    assert!(line["adapter"].as_str().is_some_and(|name| !name.is_empty()), "{line}");
    assert_eq!(line["is_software"], gpu.adapter().is_software);
    // Two for each time step, and some before and behind.
    let dispatches = line["dispatches_per_step"].as_f64().unwrap();
    assert!((64.0..200.0).contains(&dispatches) && dispatches.fract() == 0.0, "{dispatches}");
    for field in ["ms_per_step", "gflops", "peak_gflops", "fraction_of_peak"] {
        assert!(line[field].as_f64().is_some_and(|number| number > 0.0), "{field} of {line}");
    }
    let (first, last) = outcome.losses.unwrap();
    assert!(last < first, "{first} {last}");
    let refusal = wait_for(session.workload(&Workload::find("I1").unwrap(), Walks::Quickest)).unwrap_err();
    assert!(refusal.to_string().contains("I1"), "{refusal}");
}

#[test]
fn the_loads_loop_computes_what_it_says() {
    let Some(gpu) = gpu() else { return };
    let mut load = PeakLoad::new(&gpu, 3);
    let mut sum = [0.0];
    // After 4 · 4000 turns all 32 numbers have come to 1, within rounding; after 4 they have hardly moved:
    // Σ x_i = 8 · (0 + ¼ + ½ + ¾) + 4 · (0 + … + 7) = 124 at first.
    let after_four = 32.0 + (124.0 - 32.0) * 0.999_f32.powi(4);
    for (rounds, wanted) in [(0, 124.0), (1, after_four), (4000, 32.0)] {
        let flops = load.run(&gpu, rounds);
        assert_eq!(flops, 3 * 256 * 256 * u64::from(rounds));
        gpu.read(load.sum(), &mut sum);
        assert!((sum[0] - wanted).abs() < 1e-3 * wanted, "{rounds} rounds: {} {wanted}", sum[0]);
    }
}

#[test]
fn a_program_that_acts_as_a_gpu_is_asked_for_little_and_owned_up_to() {
    let adapter = |is_software| Adapter {
        name: "A card".into(),
        driver: "its driver".into(),
        interface: "vulkan".into(),
        is_software,
    };
    let names = |is_software| -> Vec<_> {
        usual_workloads(&adapter(is_software)).iter().map(|workload| workload.name).collect()
    };
    assert_eq!(names(true), ["W1", "W2", "W3", "W4", "W5", "W6"]);
    assert_eq!(names(false), ["W1", "W2", "W3", "W4", "W5", "W6", "G1", "G2", "G3"]);
    let sizes = |is_software| products(&adapter(is_software)).map(|product| product.size).max();
    assert_eq!((sizes(true), sizes(false)), (Some(1024), Some(4096)));
    assert!(caution(&adapter(true)).is_some_and(|caution| caution.contains("A card (its driver)")));
    assert_eq!(caution(&adapter(false)), None);
}
