//! The browser that the end-to-end tests drive.

use super::Tool;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::shell::run;
use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const ADVICE: &str = "install Chromium or Chrome, or set CHROMIUM to its program, and run this again";

/// Chromium or Chrome: `$CHROMIUM`, else the first on PATH.
pub(crate) struct Chromium;

impl Chromium {
    /// Its program.
    pub(crate) fn find(project: &Project) -> Option<PathBuf> {
        env::var_os("CHROMIUM")
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
            .or_else(|| project.find_program(&NAMES))
    }

    /// Its program, or what to do about its absence.
    pub(crate) fn require(project: &Project) -> Result<PathBuf> {
        Self::find(project)
            .ok_or_else(|| Error::MissingProgram { program: "chromium".into(), advice: ADVICE })
    }
}

impl Tool for Chromium {
    fn title(&self) -> String {
        "Chromium".into()
    }

    fn estimate(&self) -> &'static str {
        "Debian's package, about a minute"
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        Ok(Self::find(project).is_some())
    }

    fn install(&self, project: &Project) -> Result<()> {
        if project.find_program(&["apt-get"]).is_none() {
            return Err(Error::MissingProgram { program: "chromium".into(), advice: ADVICE });
        }
        run(apt_get(project).args(["update", "--quiet"]))?;
        run(apt_get(project).args(["install", "--yes", "--quiet", "--no-install-recommends", "chromium"]))
    }
}

/// apt-get, through sudo where that works without a password and is needed; as root it is not there.
fn apt_get(project: &Project) -> Command {
    let sudo_works = project
        .command("sudo")
        .args(["--non-interactive", "true"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    let mut command = project.command(if sudo_works { "sudo" } else { "apt-get" });
    if sudo_works {
        command.arg("apt-get");
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}
