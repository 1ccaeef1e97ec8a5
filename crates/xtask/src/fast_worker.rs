//! The worker's second module, for fast mode: the same sources, compiled for relaxed SIMD.
//!
//! Trunk builds a crate in one way only, so that this follows it in the same three steps: cargo,
//! wasm-bindgen, wasm-opt.

use crate::error::Result;
use crate::project::Project;
use crate::shell::run as run_program;
use std::env;
use std::path::{Path, PathBuf};

/// What the files are called; `www/start-worker.js` asks for them.
const NAME: &str = "worker-fast";

/// For cargo, which joins it to the flags of the default module (`.cargo/config.toml`).
pub(crate) const CARGO_OPTIONS: [&str; 2] = ["--config", RUST_FLAGS];

const RUST_FLAGS: &str =
    r#"target.wasm32-unknown-unknown.rustflags = ["-C", "target-feature=+relaxed-simd"]"#;

/// What wasm-opt is told beside the options of the default module.
pub(crate) const OPTIMISER_OPTION: &str = "--enable-relaxed-simd";

/// As for the default module (`www/index.html`), and relaxed SIMD.
const OPTIMISER_OPTIONS: [&str; 10] = [
    "-O3",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--enable-simd",
    OPTIMISER_OPTION,
];

/// Builds the module into the folder of the site.
pub(crate) fn build(project: &Project, build_id: &str, site: &Path) -> Result<()> {
    let target = target_folder(project);
    run_program(
        project
            .cargo()
            .args(["build", "--release", "--package", "rnn-worker", "--target", "wasm32-unknown-unknown"])
            .args(CARGO_OPTIONS)
            .arg("--target-dir")
            .arg(&target)
            .env("RNN_BUILD_ID", build_id)
            // Set, they would replace all flags.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS"),
    )?;
    run_program(
        project
            .command("wasm-bindgen")
            .args(["--target", "web", "--no-typescript", "--out-name", NAME, "--out-dir"])
            .arg(site)
            .arg(target.join("wasm32-unknown-unknown/release/worker.wasm")),
    )?;
    let module = site.join(format!("{NAME}_bg.wasm"));
    run_program(project.command("wasm-opt").args(OPTIMISER_OPTIONS).arg(&module).arg("-o").arg(&module))
}

/// A folder of its own, since flags of the compiler differ.
fn target_folder(project: &Project) -> PathBuf {
    let common = env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.path("target"), PathBuf::from);
    common.join(NAME)
}
