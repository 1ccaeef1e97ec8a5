//! Other engines on the same workloads: `tests/peers`.

use super::browser::{Contestant, MODULE_NAME, OURS, copy, measure, new_site};
use super::{Options, native};
use crate::error::{Doing, Result};
use crate::project::Project;
use crate::shell::{Journal, output_of, run as run_program};
use crate::tools::{self, PythonEnvironment, npm};
use crate::wasm_module::{Arithmetic, WasmModule};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The comparison of matrix products.
pub(super) const GEMM: &str = "tests/peers/gemm/Cargo.toml";

const BURN: Contestant = Contestant {
    name: "burn",
    module: WasmModule {
        name: MODULE_NAME,
        library: "rnn_peer_burn",
        manifest: "tests/peers/burn/Cargo.toml",
        arithmetic: Arithmetic::Reproducible,
        features: None,
    },
};
const TFJS: &str = "tests/peers/tfjs";
const PYTORCH: &str = "tests/peers/pytorch";

/// What of TensorFlow.js the page loads.
const TFJS_FILES: [&str; 3] = [
    "@tensorflow/tfjs/dist/tf.min.js",
    "@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js",
    "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm",
];

/// What of ours it loads, from `tests/peers/tfjs`.
const TFJS_SCRIPTS: [&str; 5] =
    ["measure.js", "pattern.js", "unsorted-segment-sum.js", "worker.js", "workloads.js"];

/// Holds PyTorch to vectors of 128 bits, as those of WebAssembly are.
const NARROW: [(&str, &str); 3] = [
    ("ATEN_CPU_CAPABILITY", "default"),
    ("MKL_ENABLE_INSTRUCTIONS", "SSE4_2"),
    ("ONEDNN_MAX_CPU_ISA", "SSE41"),
];

/// Measures the peers of the browser or those outside it.
pub(super) fn workloads(project: &Project, options: &Options, journal: &mut Journal) -> Result<()> {
    if options.browser {
        let site = BURN.build(project, journal)?;
        measure(project, options, journal, &site, &options.workloads())?;
        let site = tensorflow_site(project, journal)?;
        return measure(project, options, journal, &site, &options.workloads());
    }
    let python = python(project, journal)?;
    let peak = native::peak_gflops(project)?;
    journal.step("Measure PyTorch, one thread", "a minute or two a workload", || {
        options.workloads().into_iter().try_for_each(|name| {
            let pytorch = || pytorch(project, options, &python, name);
            run_program(pytorch().arg("full"))?;
            run_program(pytorch().args(["128-bit", &peak]).envs(NARROW))
        })
    })
}

/// Fetches TensorFlow.js into the cache, as its lock file says, and puts its page together.
fn tensorflow_site(project: &Project, journal: &mut Journal) -> Result<PathBuf> {
    let folder = project.cache_folder("bench/tfjs")?;
    let lock_path = project.path(TFJS).join("package-lock.json");
    let lock = fs::read(&lock_path).doing(|| format!("read {}", lock_path.display()))?;
    // Written last: without it the packages were never completely installed.
    let installed = folder.join("node_modules/.installed-lock.json");
    if !fs::read(&installed).is_ok_and(|found| found == lock) {
        journal.step("Fetch TensorFlow.js", "from npm, some seconds", || {
            for file in ["package.json", "package-lock.json"] {
                copy(&project.path(TFJS).join(file), &folder)?;
            }
            let flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
            run_program(npm(project).args(flags).current_dir(&folder))?;
            fs::write(&installed, &lock).doing(|| format!("write {}", installed.display()))
        })?;
    }
    // Our own module knows the nominal work and measures what the vectors can do.
    let ours = OURS.build(project, journal)?;
    let site = new_site(project, "tfjs")?;
    for file in ["bench.js", "bench_bg.wasm"] {
        copy(&ours.join(file), &site)?;
    }
    for file in TFJS_FILES {
        copy(&folder.join("node_modules").join(file), &site)?;
    }
    for file in TFJS_SCRIPTS {
        copy(&project.path(TFJS).join(file), &site)?;
    }
    Ok(site)
}

/// A Python with PyTorch: one made by hand where the goldens are made, or else made here.
fn python(project: &Project, journal: &mut Journal) -> Result<PathBuf> {
    let environment = PythonEnvironment::pytorch();
    let python = environment.program(project)?;
    let version = |python: &Path| {
        output_of(project.command(python).args(["-c", "import torch; print(torch.__version__)"]))
    };
    if !python.is_file() || version(&python).is_err() {
        tools::ensure(&[Box::new(environment)], project, journal)?;
    }
    Ok(python)
}

fn pytorch(project: &Project, options: &Options, python: &Path, workload: &str) -> Command {
    let mut command = project.command(python);
    let script = project.path(PYTORCH).join("bench.py");
    // Compiled Python goes to no folder of the checkout.
    command.arg("-B").arg(script).arg(options.seconds()).arg(workload);
    command
}
