//! `cargo xtask test --fuzz`: a minute of random bytes for every parser. What makes one panic is left in
//! `fuzz/artifacts/`, and the lines above the failure say how to run it again.

use crate::error::Result;
use crate::project::Project;
use crate::shell::{Journal, run as run_program};
use crate::sources::children;
use crate::tools::{self, CargoTool, RustToolchain, Tool};
use std::process::Command;

const TARGETS: &str = "fuzz/fuzz_targets";
const DICTIONARIES: &str = "fuzz/dictionaries";
const NIGHTLY: &str = "nightly";
const SECONDS: u32 = 60;

/// The most memory that a parser may take, in MiB, its instruments included; many times what it needs.
const MEMORY_LIMIT: u32 = 2048;

/// Gets the fuzzer and runs every target.
pub(super) fn run(project: &Project, journal: &mut Journal) -> Result<()> {
    let needed: [Box<dyn Tool>; 2] = [Box::new(RustToolchain(NIGHTLY)), Box::new(CargoTool::cargo_fuzz())];
    tools::ensure(&needed, project, journal)?;
    journal.step("Fuzz targets, built", "a minute or two", || {
        run_program(cargo_fuzz(project).arg("build").args(["--fuzz-dir", "fuzz"]))
    })?;
    for path in children(&project.path(TARGETS))? {
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        journal.step(&format!("Fuzzing {name}"), "a minute", || run_program(&mut fuzz(project, name)))?;
    }
    Ok(())
}

fn fuzz(project: &Project, target: &str) -> Command {
    let mut command = cargo_fuzz(project);
    command.args(["run", "--fuzz-dir", "fuzz", target, "--", "-verbosity=0"]);
    command.arg(format!("-max_total_time={SECONDS}")).arg(format!("-rss_limit_mb={MEMORY_LIMIT}"));
    let dictionary = project.path(DICTIONARIES).join(target).with_extension("dict");
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    command
}

/// cargo-fuzz with the nightly compiler, the only one that has the sanitizers.
fn cargo_fuzz(project: &Project) -> Command {
    let mut command = project.command("rustup");
    command.args(["run", NIGHTLY, "cargo", "fuzz"]).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    command
}
