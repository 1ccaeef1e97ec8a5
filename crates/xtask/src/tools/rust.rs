//! Parts of the Rust toolchain, through rustup.

use super::Tool;
use crate::error::Result;
use crate::project::Project;
use crate::shell::{output_of, run};
use std::path::PathBuf;
use std::process::Stdio;

/// A target's standard library.
pub(crate) struct RustTarget(pub(crate) &'static str);

impl Tool for RustTarget {
    fn title(&self) -> String {
        format!("Rust's standard library for {}", self.0)
    }

    fn estimate(&self) -> &'static str {
        "from rustup, about 10 s"
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        Ok(sysroot(project)?.join("lib/rustlib").join(self.0).join("lib").is_dir())
    }

    fn install(&self, project: &Project) -> Result<()> {
        run(project.command("rustup").args(["target", "add", self.0]))
    }
}

/// A toolchain beside the project's own.
pub(crate) struct RustToolchain(pub(crate) &'static str);

impl Tool for RustToolchain {
    fn title(&self) -> String {
        format!("Rust's {} toolchain", self.0)
    }

    fn estimate(&self) -> &'static str {
        "from rustup, about a minute"
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        let mut command = project.command("rustup");
        command.args(["run", self.0, "rustc", "--version"]).stderr(Stdio::null());
        Ok(command.output().is_ok_and(|output| output.status.success()))
    }

    fn install(&self, project: &Project) -> Result<()> {
        run(project.command("rustup").args(["toolchain", "install", self.0, "--profile", "minimal"]))
    }
}

/// A program of the toolchain.
pub(crate) struct RustComponent {
    /// As rustup calls it.
    pub(crate) name: &'static str,
    /// The program that shows that it is there.
    pub(crate) program: &'static str,
}

impl Tool for RustComponent {
    fn title(&self) -> String {
        format!("Rust's {}", self.name)
    }

    fn estimate(&self) -> &'static str {
        "from rustup, about 10 s"
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        let program = format!("{}{}", self.program, std::env::consts::EXE_SUFFIX);
        Ok(sysroot(project)?.join("bin").join(program).is_file())
    }

    fn install(&self, project: &Project) -> Result<()> {
        run(project.command("rustup").args(["component", "add", self.name]))
    }
}

fn sysroot(project: &Project) -> Result<PathBuf> {
    Ok(output_of(project.command("rustc").args(["--print", "sysroot"]))?.trim().into())
}
