//! `rnn train` on the CPU and on the GPU, and `rnn devices`.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

type Outcome = Result<(), Box<dyn Error>>;

/// Measured: equal to the last digit shown.
const TOLERANCE: f64 = 1e-3;

fn rnn(arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_rnn")).current_dir(folder).args(arguments).output()?;
    let errors = String::from_utf8(output.stderr)?;
    if output.status.success() { Ok(String::from_utf8(output.stdout)?) } else { Err(errors.into()) }
}

fn losses(log: &str) -> Vec<f64> {
    let number = |line: &str| line.split_once("\"loss\":")?.1.split(',').next()?.parse().ok();
    log.lines().filter_map(number).collect()
}

/// Any adapter will do, also a program that acts as one; `cargo xtask test` installs one.
#[test]
fn the_gpu_trains_as_the_cpu_does() -> Outcome {
    let text = Path::new(env!("CARGO_TARGET_TMPDIR")).join("train.txt");
    fs::write(&text, "the whale, the sea, the ship; call me what you like.\n".repeat(30))?;
    let common = ["train", "text", "--data", "train.txt", "--steps", "6", "--log", "json"];
    let sizes = ["--set", "hidden_size=9", "--set", "batch_size=3", "--set", "sequence_length=7"];
    let run = |backend| rnn(&[&common[..], &sizes[..], &["--backend", backend]].concat());
    let (cpu, gpu) = (run("cpu")?, run("gpu")?);
    assert_eq!((losses(&cpu).len(), losses(&gpu).len()), (6, 6), "{gpu}");
    for (found, wanted) in losses(&gpu).iter().zip(losses(&cpu)) {
        assert!((found - wanted).abs() <= TOLERANCE * wanted, "{found} {wanted}");
    }
    assert!(gpu.contains("\"event\":\"done\",\"step\":6"), "{gpu}");
    Ok(())
}

#[test]
fn memory_is_trained_without_data_and_measured() -> Outcome {
    let sizes = ["--set", "task=order", "--set", "delay=4", "--set", "hidden_size=8"];
    let common = ["train", "memory", "--steps", "5", "--out", "memory.safetensors"];
    let log = rnn(&[&common[..], &sizes[..], &["--log", "json"]].concat())?;
    assert_eq!(losses(&log).len(), 5);
    assert!(log.contains("\"event\":\"done\",\"step\":5"), "{log}");
    let words = rnn(&[&common[..], &sizes[..]].concat())?;
    assert!(words.contains("% recall held out"), "{words}");
    let refusal = rnn(&["generate", "text", "--model", "memory.safetensors"]).unwrap_err().to_string();
    assert!(refusal.contains("Memory lab, which has no text"), "{refusal}");
    Ok(())
}

#[test]
fn devices_are_listed() -> Outcome {
    assert!(!rnn(&["devices"])?.trim().is_empty());
    Ok(())
}
