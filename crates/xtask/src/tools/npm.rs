//! What comes from npm: wasm-opt for the build, the browser's driver and the accessibility rules for the
//! tests.

use super::Tool;
use crate::digest::sha256_hex;
use crate::error::{Doing, Result};
use crate::project::Project;
use crate::shell::run;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const FOLDER: &str = "tests/browser";

/// The packages of `tests/browser/package-lock.json`, beside it.
pub(crate) struct NpmPackages;

impl Tool for NpmPackages {
    fn title(&self) -> String {
        format!("npm packages of {FOLDER}: wasm-opt, Playwright's driver, axe")
    }

    fn estimate(&self) -> &'static str {
        "about 5 s"
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        let expected = lock_digest(project)?;
        // No stamp means that they were never completely installed.
        Ok(fs::read_to_string(stamp(project)).is_ok_and(|found| found == expected))
    }

    fn install(&self, project: &Project) -> Result<()> {
        // No scripts of packages are run. npm keeps the downloads in its own cache.
        run(npm(project)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"])
            .current_dir(project.path(FOLDER)))?;
        let stamp = stamp(project);
        fs::write(&stamp, lock_digest(project)?).doing(|| format!("write {}", stamp.display()))
    }
}

/// npm, which is a script of its own name on Windows.
pub(crate) fn npm(project: &Project) -> Command {
    project.command(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// Says which lock file the installed packages are of.
fn stamp(project: &Project) -> PathBuf {
    project.path(FOLDER).join("node_modules/.lock-sha256")
}

fn lock_digest(project: &Project) -> Result<String> {
    let path = project.path(FOLDER).join("package-lock.json");
    Ok(sha256_hex(&fs::read(&path).doing(|| format!("read {}", path.display()))?))
}
