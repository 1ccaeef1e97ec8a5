//! What runs in headless Chromium: a folder a contestant, with a page and a worker, driven by
//! `tests/browser/bench.mjs`.
//!
//! Modules are compiled, bound and optimised as the site's worker is: profile and features by Cargo's
//! configuration, wasm-opt with the options that `www/index.html` gives for the worker.

use super::Options;
use super::native::baseline;
use super::peers::GEMM;
use crate::digest::sha256_hex;
use crate::error::{Doing, Error, Result};
use crate::project::Project;
use crate::shell::{Journal, run as run_program};
use crate::tools::Chromium;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const DRIVER: &str = "tests/browser/bench.mjs";
/// The page that every contestant has, and the worker of those that are WebAssembly alone.
const PAGE: &str = "tests/browser/bench/index.html";
const WORKER: &str = "tests/browser/bench/worker.js";
/// The file of a folder that says which module it was made from.
const STAMP: &str = "module.txt";
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A contestant in WebAssembly.
pub(super) struct Module {
    /// Its folder in the cache.
    pub(super) name: &'static str,
    /// Its library, as Cargo calls the file.
    pub(super) library: &'static str,
    /// Its manifest, from the root.
    pub(super) manifest: &'static str,
}

/// The engine itself.
pub(super) const OURS: Module =
    Module { name: "ours", library: "rnn_bench", manifest: "crates/bench/Cargo.toml" };
/// Its products beside others'.
const PRODUCTS: Module = Module { name: "gemm", library: "rnn_peer_gemm", manifest: GEMM };

/// Measures the workloads.
pub(super) fn workloads(project: &Project, options: &Options, journal: &mut Journal) -> Result<()> {
    let site = OURS.build(project, journal)?;
    measure(project, options, journal, &site, &options.workloads())
}

/// Measures matrix products of ours, of ndarray and of the gemm crate.
pub(super) fn products(project: &Project, options: &Options, journal: &mut Journal) -> Result<()> {
    let site = PRODUCTS.build(project, journal)?;
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
                .arg(options.seconds())
                .args(workloads)
                .env("CHROMIUM", Chromium::require(project)?)
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

impl Module {
    /// Compiles it and puts its folder together, unless that holds the same module already.
    pub(super) fn build(&self, project: &Project, journal: &mut Journal) -> Result<PathBuf> {
        let options = WorkerOptions::read(project)?;
        let target = project.cache_folder("bench/target")?;
        journal.step(
            &format!("Compile {} for the browser", self.name),
            "a minute or some at first",
            || run_program(&mut self.compile(project, &target)),
        )?;
        let module = target.join(WASM_TARGET).join("release").join(format!("{}.wasm", self.library));
        let bytes = fs::read(&module).doing(|| format!("read {}", module.display()))?;
        let stamp_text = format!("{} {options:?}\n", sha256_hex(&bytes));
        let stamp = site(project, self.name)?.join(STAMP);
        // An absent or unreadable stamp means that the module has not been optimised.
        if !fs::read_to_string(&stamp).is_ok_and(|found| found == stamp_text) {
            journal.step(&format!("Optimise {}", self.name), "a large one takes minutes", || {
                let site = new_site(project, self.name)?;
                run_program(&mut bind(project, &module, &site))?;
                run_program(&mut options.optimise(project, &site.join("bench_bg.wasm")))?;
                fs::write(&stamp, &stamp_text).doing(|| format!("write {}", stamp.display()))
            })?;
        }
        let site = site(project, self.name)?;
        copy(&project.path(PAGE), &site)?;
        copy(&project.path(WORKER), &site)?;
        Ok(site)
    }

    /// The library as a module of its own; natively it is an ordinary library.
    fn compile(&self, project: &Project, target: &Path) -> Command {
        let mut cargo = baseline(project);
        cargo
            .args(["rustc", "--release", "--locked", "--lib", "--crate-type", "cdylib"])
            .args(["--target", WASM_TARGET, "--manifest-path"])
            .arg(project.path(self.manifest))
            .arg("--target-dir")
            .arg(target);
        cargo
    }
}

/// JavaScript around the module, as Trunk asks for it.
fn bind(project: &Project, module: &Path, site: &Path) -> Command {
    let mut bind = project.command("wasm-bindgen");
    bind.args(["--target", "web", "--no-typescript", "--out-name", "bench", "--out-dir"])
        .arg(site)
        .arg(module);
    bind
}

/// How the site's worker is optimised.
#[derive(Debug, PartialEq, Eq)]
struct WorkerOptions {
    level: String,
    parameters: Vec<String>,
}

impl WorkerOptions {
    fn read(project: &Project) -> Result<Self> {
        let path = project.path("www/index.html");
        let page = fs::read_to_string(&path).doing(|| format!("read {}", path.display()))?;
        Self::of_page(&page).ok_or_else(|| Error::Unexpected {
            subject: path.display().to_string(),
            expected: "a link of type worker with data-wasm-opt and data-wasm-opt-params".into(),
            found: "none".into(),
            advice: "the bench builds its modules as that link says",
        })
    }

    fn of_page(page: &str) -> Option<Self> {
        let link = page.lines().find(|line| line.contains(r#"data-type="worker""#))?;
        let attribute = |name: &str| link.split_once(&format!(r#" {name}=""#))?.1.split_once('"');
        let (level, _) = attribute("data-wasm-opt")?;
        let (parameters, _) = attribute("data-wasm-opt-params")?;
        let parameters = parameters.split_whitespace().map(str::to_owned).collect();
        Some(Self { level: format!("-O{level}"), parameters })
    }

    fn optimise(&self, project: &Project, module: &Path) -> Command {
        let mut optimise = project.command("wasm-opt");
        optimise.arg(&self.level).args(&self.parameters).arg(module).arg("--output").arg(module);
        optimise
    }
}

#[cfg(test)]
mod tests {
    use super::WorkerOptions;

    #[test]
    fn options_are_the_workers_and_not_the_pages() {
        let page = r#"
            <link data-type="main" data-wasm-opt="z" data-wasm-opt-params="--enable-simd">
            <link data-type="worker" data-wasm-opt="3" data-wasm-opt-params="--enable-a --enable-b">"#;
        let parameters = ["--enable-a", "--enable-b"].map(str::to_owned).to_vec();
        assert_eq!(WorkerOptions::of_page(page), Some(WorkerOptions { level: "-O3".into(), parameters }));
        assert_eq!(WorkerOptions::of_page("<link>"), None);
    }
}
