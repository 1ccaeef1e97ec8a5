//! Debian's packages.

use crate::error::Result;
use crate::project::Project;
use crate::shell::run;
use std::process::{Command, Stdio};

/// Whether packages can be installed at all.
pub(super) fn is_there(project: &Project) -> bool {
    project.find_program(&["apt-get"]).is_some()
}

/// Installs a package.
pub(super) fn install(project: &Project, package: &str) -> Result<()> {
    run(apt_get(project).args(["update", "--quiet"]))?;
    run(apt_get(project).args(["install", "--yes", "--quiet", "--no-install-recommends", package]))
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
