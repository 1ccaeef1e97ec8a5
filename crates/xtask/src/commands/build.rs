//! `cargo xtask build`: the site in `dist/`.

use super::needs;
use crate::error::{Doing, Result};
use crate::project::Project;
use crate::shell::{Journal, run as run_program, say};
use crate::sources::build_id;
use crate::{site_size, tools, worker_modules};
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// Where the site will live.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Address of the site's folder; the default works in any folder of any host
    #[arg(long, default_value = RELATIVE)]
    public_url: String,
}

/// The address that works everywhere.
const RELATIVE: &str = "./";

/// The file of the site that says which build it is. Trunk removes it when it begins a new one.
const STAMP: &str = "build.txt";

/// Gets what is needed and builds the site.
pub(super) fn run(project: &Project, options: &Options) -> Result<()> {
    let mut journal = Journal::new();
    tools::ensure(&needs::for_building(project)?, project, &mut journal)?;
    build_site(project, &mut journal, &options.public_url)?;
    journal.summarise("cargo xtask build");
    say(&format!("The site is in {}", dist(project).display()));
    Ok(())
}

/// Builds the site for any folder of any host.
pub(super) fn build_portable_site(project: &Project, journal: &mut Journal) -> Result<()> {
    build_site(project, journal, RELATIVE)
}

/// The folder of the built site.
pub(super) fn dist(project: &Project) -> PathBuf {
    project.path("dist")
}

fn build_site(project: &Project, journal: &mut Journal, public_url: &str) -> Result<()> {
    let id = build_id(project)?;
    let stamp = dist(project).join(STAMP);
    let stamp_text = format!("build {id} for {public_url}\n");
    // An absent or unreadable stamp means that this site has not been built.
    if fs::read_to_string(&stamp).is_ok_and(|found| found == stamp_text) {
        say(&format!("Site: build {id} was built before"));
        return Ok(());
    }
    journal.step(&format!("Site, build {id}"), "some minutes at first", || {
        run_program(&mut trunk(project, &id, public_url))
    })?;
    worker_modules::build(project, &id, &dist(project), journal)?;
    // Last, so that a site without these modules counts as not built.
    fs::write(&stamp, stamp_text).doing(|| format!("write {}", stamp.display()))?;
    site_size::report(&dist(project))
}

fn trunk(project: &Project, id: &str, public_url: &str) -> Command {
    let mut trunk = project.command("trunk");
    trunk
        .args(["build", "--release", "--public-url", public_url])
        .env("RNN_BUILD_ID", id)
        .env("TRUNK_SKIP_VERSION_CHECK", "true")
        // Where cargo fails, its messages say why; where in Trunk that was noticed does not help.
        .env("RUST_BACKTRACE", "0")
        // Set, they would replace the flags of .cargo/config.toml, and with them SIMD.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    if env::var_os("NO_COLOR").is_some() {
        // Trunk reads this variable as a boolean and refuses the customary 1.
        trunk.env("NO_COLOR", "true");
    }
    trunk
}
