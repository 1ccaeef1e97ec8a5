//! What runs outside the browser.

use super::peers::GEMM;
use super::{Backend, Options};
use crate::error::Result;
use crate::project::Project;
use crate::shell::{Journal, run as run_program};
use std::fs;
use std::process::Command;

/// Measures the workloads, on the CPU in one process each, so that the peak of memory is its own.
pub(super) fn workloads(project: &Project, options: &Options, journal: &mut Journal) -> Result<()> {
    build(project, journal)?;
    journal.step("Measure natively", "ten seconds a workload", || {
        let processes = options.processes.to_string();
        run_program(ours(project, options).args(["--processes", &processes]).args(&options.workloads))
    })
}

/// Measures matrix products of ours, of ndarray and of the gemm crate; on a GPU, of ours alone.
pub(super) fn products(project: &Project, options: &Options, journal: &mut Journal) -> Result<()> {
    if options.backend == Backend::Gpu {
        build(project, journal)?;
        return journal.step("Measure matrix products on the GPU", "ten seconds each", || {
            run_program(ours(project, options).arg("--gemm"))
        });
    }
    journal.step("Measure matrix products natively", "a minute, and a minute to build at first", || {
        run_program(
            project
                .baseline_cargo()
                .args(["run", "--release", "--locked", "--manifest-path"])
                .arg(project.path(GEMM))
                .arg("--target-dir")
                .arg(project.cache_folder("bench/target")?)
                .args(["--", options.seconds().as_str()]),
        )
    })
}

/// What vectors of 128 bits do at best on this machine, in GFLOP/s.
pub(super) fn peak_gflops(project: &Project) -> Result<String> {
    Ok(crate::shell::output_of(bench(project).arg("--peak"))?.trim().to_owned())
}

fn build(project: &Project, journal: &mut Journal) -> Result<()> {
    journal.step("Build the bench", "some minutes at first", || {
        run_program(project.baseline_cargo().args(["build", "--release", "--package", "rnn-bench"]))
    })
}

/// The bench, told what trains and how long.
fn ours(project: &Project, options: &Options) -> Command {
    let mut ours = bench(project);
    ours.args(["--backend", options.backend.word()]);
    if let Some(seconds) = options.seconds {
        ours.args(["--seconds", &seconds.to_string()]);
    }
    ours
}

fn bench(project: &Project) -> Command {
    let mut cargo = project.baseline_cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "rnn-bench", "--"]);
    cargo
}

/// The processor, where the system tells it, and the system.
pub(super) fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processor = model.map_or("a processor that is not told", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{processor}, {cores} threads, {} on {}", std::env::consts::OS, std::env::consts::ARCH)
}
