//! Programs that are built from crates.io into the cache: Trunk, wasm-bindgen and cargo-fuzz.

use super::Tool;
use crate::error::{Doing, Error, Result};
use crate::project::Project;
use crate::shell::{run, say};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The newest Trunk that rustc 1.95 can build.
const TRUNK_VERSION: &str = "0.21.14";

const CARGO_FUZZ_VERSION: &str = "0.13.1";

/// Where they are compiled; removed afterwards.
const TARGET_FOLDER: &str = "target";

/// One program of a crate.
pub(crate) struct CargoTool {
    package: &'static str,
    program: &'static str,
    version: String,
}

impl CargoTool {
    /// Puts the site together.
    pub(crate) fn trunk() -> Self {
        Self { package: "trunk", program: "trunk", version: TRUNK_VERSION.into() }
    }

    /// Writes the JavaScript around the WebAssembly. It must be exactly the version of the library.
    pub(crate) fn wasm_bindgen(project: &Project) -> Result<Self> {
        let path = project.path("Cargo.lock");
        let lock = fs::read_to_string(&path).doing(|| format!("read {}", path.display()))?;
        let version = locked_version(&lock, "wasm-bindgen").ok_or_else(|| Error::Unexpected {
            subject: path.display().to_string(),
            expected: "a version of wasm-bindgen".into(),
            found: "none".into(),
            advice: "bring back the Cargo.lock of the repository",
        })?;
        Ok(Self { package: "wasm-bindgen-cli", program: "wasm-bindgen", version: version.into() })
    }

    /// Runs the fuzz targets.
    pub(crate) fn cargo_fuzz() -> Self {
        Self { package: "cargo-fuzz", program: "cargo-fuzz", version: CARGO_FUZZ_VERSION.into() }
    }

    fn cargo_install(&self, project: &Project, tools: &Path) -> Command {
        let mut install = project.cargo();
        install
            // Outside the checkout, so that its .cargo/config.toml does not apply to another's crate.
            .current_dir(tools)
            .args(["install", "--force", self.package, "--version", &self.version, "--root"])
            .arg(tools)
            .arg("--target-dir")
            .arg(tools.join(TARGET_FOLDER))
            // These run for seconds a build; link-time optimisation would take minutes to save none.
            .env("CARGO_PROFILE_RELEASE_LTO", "off")
            .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
            .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
            .env_remove("RUSTFLAGS");
        install
    }
}

impl Tool for CargoTool {
    fn title(&self) -> String {
        format!("{} {}", self.package, self.version)
    }

    fn estimate(&self) -> &'static str {
        "built from crates.io once, some minutes"
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        let output = project.command(self.program).arg("--version").stderr(Stdio::null()).output();
        // A program that is absent or broken is installed anew; that step says what is wrong.
        Ok(output.is_ok_and(|output| {
            String::from_utf8_lossy(&output.stdout).split_whitespace().nth(1) == Some(&self.version)
        }))
    }

    fn install(&self, project: &Project) -> Result<()> {
        let tools = project.cache_folder("tools")?;
        if run(self.cargo_install(project, &tools).arg("--locked")).is_err() {
            // A registry may lack a version that the tool was released with, a mirror that lags for one.
            say("    not with the versions it was released with; once more with those there are");
            run(&mut self.cargo_install(project, &tools))?;
        }
        let target = tools.join(TARGET_FOLDER);
        fs::remove_dir_all(&target).doing(|| format!("remove {}", target.display()))
    }
}

/// The version of a package in the text of a `Cargo.lock`, where its name is followed by its version.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name_line = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name_line);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_the_packages_own_and_not_a_longer_names() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "wasm-bind"), None);
    }
}
