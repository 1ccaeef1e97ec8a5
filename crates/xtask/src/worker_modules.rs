//! The worker's further modules, beside the one that Trunk builds: for fast mode, for the GPU, and for both.
//!
//! Trunk builds a crate in one way only, so that this follows it in the same three steps: cargo,
//! wasm-bindgen, wasm-opt.

use crate::error::Result;
use crate::project::Project;
use crate::shell::{Journal, run as run_program};
use crate::wasm_module::Arithmetic;
use std::env;
use std::path::{Path, PathBuf};

/// For cargo, which joins it to the flags of the default module (`.cargo/config.toml`).
pub(crate) const FAST_CARGO_OPTIONS: [&str; 2] = ["--config", FAST_RUST_FLAGS];

const FAST_RUST_FLAGS: &str =
    r#"target.wasm32-unknown-unknown.rustflags = ["-C", "target-feature=+relaxed-simd"]"#;

/// What wasm-opt is told for fast mode beside the options of the default module.
pub(crate) const FAST_OPTIMISER_OPTION: &str = "--enable-relaxed-simd";

/// As for the default module (`www/index.html`).
const OPTIMISER_OPTIONS: [&str; 9] = [
    "-O3",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
];

/// A module of the worker.
struct WorkerModule {
    /// What the files are called; `www/start-worker.js` asks for them.
    name: &'static str,
    arithmetic: Arithmetic,
    /// Features of the crate.
    features: &'static str,
}

const MODULES: [WorkerModule; 3] = [
    WorkerModule { name: "worker-gpu", arithmetic: Arithmetic::Reproducible, features: "gpu" },
    WorkerModule { name: "worker-fast", arithmetic: Arithmetic::Fast, features: "" },
    WorkerModule { name: "worker-fast-gpu", arithmetic: Arithmetic::Fast, features: "gpu" },
];

/// Builds all of them into the folder of the site.
pub(crate) fn build(project: &Project, build_id: &str, site: &Path, journal: &mut Journal) -> Result<()> {
    for module in &MODULES {
        journal.step(&format!("The module {}", module.name), "some minutes at first", || {
            module.build(project, build_id, site)
        })?;
    }
    Ok(())
}

impl WorkerModule {
    fn build(&self, project: &Project, build_id: &str, site: &Path) -> Result<()> {
        let target = self.target_folder(project);
        let is_fast = self.arithmetic == Arithmetic::Fast;
        let mut cargo = project.cargo();
        cargo
            .args(["build", "--release", "--package", "rnn-worker", "--target", "wasm32-unknown-unknown"])
            .args(["--features", self.features])
            .arg("--target-dir")
            .arg(&target)
            .env("RNN_BUILD_ID", build_id)
            // Set, they would replace all flags.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS");
        if is_fast {
            cargo.args(FAST_CARGO_OPTIONS);
        }
        run_program(&mut cargo)?;
        run_program(
            project
                .command("wasm-bindgen")
                .args(["--target", "web", "--no-typescript", "--out-name", self.name, "--out-dir"])
                .arg(site)
                .arg(target.join("wasm32-unknown-unknown/release/worker.wasm")),
        )?;
        let module = site.join(format!("{}_bg.wasm", self.name));
        let mut optimise = project.command("wasm-opt");
        optimise.args(OPTIMISER_OPTIONS);
        if is_fast {
            optimise.arg(FAST_OPTIMISER_OPTION);
        }
        run_program(optimise.arg(&module).arg("-o").arg(&module))
    }

    /// That of the default module, or a folder of its own, since flags of the compiler differ.
    fn target_folder(&self, project: &Project) -> PathBuf {
        let common = env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.path("target"), PathBuf::from);
        match self.arithmetic {
            Arithmetic::Reproducible => common,
            Arithmetic::Fast => common.join("worker-fast"),
        }
    }
}
