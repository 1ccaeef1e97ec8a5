//! `cargo xtask test`: every test there is, natively and in the browser.

use super::build::{build_portable_site, dist};
use super::{fuzz, needs};
use crate::error::{Error, Result};
use crate::project::Project;
use crate::shell::{Journal, run as run_program};
use crate::sources::children;
use crate::tools::{self, CHROMIUM, FIREFOX, PythonEnvironment, SoftwareGpu};
use crate::wasm_module::{Arithmetic, WasmModule};
use std::path::{Path, PathBuf};
use std::time::Duration;

const BROWSER_TESTS: &str = "tests/browser";
/// A file of browser tests that takes longer is broken, or has left a browser behind, and must not hold up the
/// others.
const LONGEST_FILE: Duration = Duration::from_secs(10 * 60);

/// The trainings that must give the same bits in every engine.
const REPRODUCIBILITY: WasmModule = WasmModule {
    name: "reproducibility",
    library: "rnn_reproducibility",
    manifest: "tests/reproducibility/Cargo.toml",
    arithmetic: Arithmetic::Reproducible,
    features: None,
};

/// Which tests.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only feed random bytes to every parser, a minute each; takes Rust's nightly toolchain
    #[arg(long)]
    fuzz: bool,
}

/// Gets what is needed, the browser too, and runs the tests.
pub(super) fn run(project: &Project, options: &Options) -> Result<()> {
    let mut journal = Journal::new();
    if options.fuzz {
        fuzz::run(project, &mut journal)?;
        journal.summarise("cargo xtask test --fuzz");
        return Ok(());
    }
    let mut needed = needs::for_building(project)?;
    needed.push(Box::new(CHROMIUM));
    needed.push(Box::new(FIREFOX));
    needed.push(Box::new(SoftwareGpu));
    needed.push(Box::new(PythonEnvironment::onnx()));
    tools::ensure(&needed, project, &mut journal)?;
    journal.step("Native tests", "some minutes at first", || {
        run_program(
            project
                .cargo()
                .args(["test", "--workspace", "--no-fail-fast"])
                // The tests look for it in the cache too; named, it must be there.
                .env("RNN_ONNX_PYTHON", PythonEnvironment::onnx().program(project)?),
        )
    })?;
    build_portable_site(project, &mut journal)?;
    let trainings = project.cache_folder(REPRODUCIBILITY.name)?;
    REPRODUCIBILITY.build(project, &trainings, &mut journal)?;
    journal.step("Browser tests", "some minutes", || run_browser_tests(project, &trainings))?;
    journal.summarise("cargo xtask test");
    Ok(())
}

fn run_browser_tests(project: &Project, trainings: &Path) -> Result<()> {
    run_program(
        project
            .command("node")
            // One file at a time: some of them measure how fast the page answers.
            .args(["--test", "--test-reporter=spec", "--test-concurrency=1"])
            .arg(format!("--test-timeout={}", LONGEST_FILE.as_millis()))
            .args(browser_test_files(project)?)
            .env("CHROMIUM", CHROMIUM.require(project)?)
            .env("FIREFOX", FIREFOX.require(project)?)
            .env("DIST", dist(project))
            .env("REPRODUCIBILITY", trainings),
    )
}

/// Each file by name, because Node's versions differ in what a folder means to them.
fn browser_test_files(project: &Project) -> Result<Vec<PathBuf>> {
    let mut files = children(&project.path(BROWSER_TESTS))?;
    files.retain(|path| path.to_string_lossy().ends_with(".test.mjs"));
    if files.is_empty() {
        return Err(Error::Unexpected {
            subject: BROWSER_TESTS.into(),
            expected: "files named *.test.mjs".into(),
            found: "none".into(),
            advice: "bring back the tests of the repository",
        });
    }
    Ok(files)
}
