//! `cargo xtask check`: format, lints and documentation; any warning fails.

use super::needs;
use crate::error::Result;
use crate::project::Project;
use crate::shell::{Journal, run as run_program};
use crate::tools;

/// The crates that run in the browser.
const BROWSER_CRATES: [&str; 5] = ["rnn-bench", "rnn-gpu", "rnn-reproducibility", "rnn-ui", "rnn-worker"];

/// Runs every check.
pub(super) fn run(project: &Project) -> Result<()> {
    let mut journal = Journal::new();
    tools::ensure(&needs::for_checking(), project, &mut journal)?;
    journal.step("Format", "a second", || run_program(project.cargo().args(["fmt", "--all", "--check"])))?;
    journal.step("Lints, native", "some minutes at first", || {
        run_program(project.cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))
    })?;
    journal.step("Lints, wasm32", "a minute at first", || {
        let mut clippy = project.cargo();
        clippy.args(["clippy", "--target", "wasm32-unknown-unknown"]);
        for name in BROWSER_CRATES {
            clippy.args(["--package", name]);
        }
        // The larger of the worker's modules; the others leave things out.
        run_program(clippy.args(["--features", "rnn-worker/gpu", "--", "--deny", "warnings"]))
    })?;
    journal.step("Documentation", "a minute at first", || {
        run_program(
            project
                .cargo()
                .args(["doc", "--workspace", "--no-deps", "--document-private-items", "--keep-going"])
                .env("RUSTDOCFLAGS", "--deny warnings"),
        )
    })?;
    journal.summarise("cargo xtask check");
    Ok(())
}
