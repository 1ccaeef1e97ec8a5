//! What runs in headless Chromium: a folder a contestant, with a page and a worker, driven by
//! `tests/browser/bench.mjs`. Modules are built as the site's worker is ([`crate::wasm_module`]).

use super::peers::GEMM;
use super::{Backend, Options};
use crate::error::{Doing, Result};
use crate::project::Project;
use crate::shell::{Journal, run as run_program};
use crate::tools::CHROMIUM;
use crate::wasm_module::{Arithmetic, WasmModule};
use std::fs;
use std::path::{Path, PathBuf};

const DRIVER: &str = "tests/browser/bench.mjs";
/// The page that every contestant has, and the scripts of those that are WebAssembly alone.
const PAGE: &str = "tests/browser/bench/index.html";
const SCRIPTS: [&str; 2] = ["tests/browser/bench/worker.js", "tests/browser/bench/team.js"];

/// A contestant in WebAssembly.
pub(super) struct Contestant {
    /// Its folder in the cache.
    pub(super) name: &'static str,
    /// Its module, named as the page loads it.
    pub(super) module: WasmModule,
}

/// What the page calls every contestant's module.
pub(super) const MODULE_NAME: &str = "bench";

/// The engine itself.
pub(super) const OURS: Contestant = Contestant {
    name: "ours",
    module: WasmModule {
        name: MODULE_NAME,
        library: "rnn_bench",
        manifest: "crates/bench/Cargo.toml",
        arithmetic: Arithmetic::Reproducible,
        features: Some("exports"),
    },
};
/// The same, as the site's fast mode has it.
const OURS_FAST: Contestant =
    Contestant { name: "ours-fast", module: WasmModule { arithmetic: Arithmetic::Fast, ..OURS.module } };
/// The same with the GPU's backend, and the browser's WebGPU.
const OURS_GPU: Contestant =
    Contestant { name: "ours-gpu", module: WasmModule { features: Some("exports,gpu"), ..OURS.module } };
/// Its products beside others'.
const PRODUCTS: Contestant = Contestant {
    name: "gemm",
    module: WasmModule {
        name: MODULE_NAME,
        library: "rnn_peer_gemm",
        manifest: GEMM,
        arithmetic: Arithmetic::Reproducible,
        features: None,
    },
};

/// Measures the workloads.
pub(super) fn workloads(project: &Project, options: &Options, journal: &mut Journal) -> Result<()> {
    let ours = match options.backend {
        Backend::Gpu => OURS_GPU,
        Backend::Cpu if options.fast => OURS_FAST,
        Backend::Cpu => OURS,
    };
    let site = ours.build(project, journal)?;
    measure(project, options, journal, &site, &options.workloads())
}

/// Measures matrix products of ours, of ndarray and of the gemm crate; on a GPU, of ours alone.
pub(super) fn products(project: &Project, options: &Options, journal: &mut Journal) -> Result<()> {
    let contestant = match options.backend {
        Backend::Cpu => PRODUCTS,
        Backend::Gpu => OURS_GPU,
    };
    let site = contestant.build(project, journal)?;
    measure(project, options, journal, &site, &["gemm"])
}

/// Opens a contestant's page for each workload.
pub(super) fn measure(
    project: &Project,
    options: &Options,
    journal: &mut Journal,
    site: &Path,
    workloads: &[&str],
) -> Result<()> {
    let name = site.file_name().unwrap_or_default().to_string_lossy();
    journal.step(&format!("Measure {name} in Chromium"), "ten seconds a workload, slow peers minutes", || {
        run_program(
            project
                .command("node")
                .arg(project.path(DRIVER))
                .args([options.backend.word(), &options.seconds_in_browser(), &options.workers.to_string()])
                .args(workloads)
                .env("CHROMIUM", CHROMIUM.require(project)?)
                .env("DIST", site),
        )
    })
}

/// A contestant's folder in the cache.
fn site(project: &Project, name: &str) -> Result<PathBuf> {
    project.cache_folder(&format!("bench/sites/{name}"))
}

/// The same, with nothing but the page in it.
pub(super) fn new_site(project: &Project, name: &str) -> Result<PathBuf> {
    let old = site(project, name)?;
    fs::remove_dir_all(&old).doing(|| format!("empty {}", old.display()))?;
    let new = site(project, name)?;
    copy(&project.path(PAGE), &new)?;
    Ok(new)
}

/// Copies a file into a folder.
pub(super) fn copy(file: &Path, folder: &Path) -> Result<()> {
    let target = folder.join(file.file_name().unwrap_or_default());
    fs::copy(file, &target).doing(|| format!("copy {} to {}", file.display(), target.display()))?;
    Ok(())
}

impl Contestant {
    /// Builds the module and puts page and scripts beside it.
    pub(super) fn build(&self, project: &Project, journal: &mut Journal) -> Result<PathBuf> {
        let site = site(project, self.name)?;
        self.module.build(project, &site, journal)?;
        copy(&project.path(PAGE), &site)?;
        for script in SCRIPTS {
            copy(&project.path(script), &site)?;
        }
        Ok(site)
    }
}
