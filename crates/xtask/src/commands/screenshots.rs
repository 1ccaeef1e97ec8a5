//! `cargo xtask screenshots`: pictures of the page at three sizes, light and dark, and the README's.

use super::build::{build_portable_site, dist};
use super::needs;
use crate::error::{Doing, Result};
use crate::project::Project;
use crate::shell::{Journal, run as run_program, say};
use crate::tools::{self, CHROMIUM};
use std::fs;
use std::path::PathBuf;

/// What makes them.
const SCRIPT: &str = "tests/browser/screenshots.mjs";

/// The picture that the README shows, and where it finds it.
const README_PICTURE: &str = "1600x1000-light.png";
const README_PATH: &str = "docs/screenshot.png";

/// Where the pictures go.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Folder for the pictures; tests/browser/output, which is not committed, if not given
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Builds the site, trains on it for a while and takes the pictures.
pub(super) fn run(project: &Project, options: &Options) -> Result<()> {
    let mut journal = Journal::new();
    let mut needed = needs::for_building(project)?;
    needed.push(Box::new(CHROMIUM));
    tools::ensure(&needed, project, &mut journal)?;
    build_portable_site(project, &mut journal)?;
    let folder = options.out.clone().unwrap_or_else(|| project.path("tests/browser/output"));
    journal.step("Screenshots", "a minute or two", || {
        run_program(
            project
                .command("node")
                .arg(project.path(SCRIPT))
                .arg(&folder)
                .env("CHROMIUM", CHROMIUM.require(project)?)
                .env("DIST", dist(project)),
        )
    })?;
    let (from, to) = (folder.join(README_PICTURE), project.path(README_PATH));
    fs::copy(&from, &to).doing(|| format!("copy {} to {}", from.display(), to.display()))?;
    journal.summarise("cargo xtask screenshots");
    say(&format!("The README's picture is {}", to.display()));
    Ok(())
}
