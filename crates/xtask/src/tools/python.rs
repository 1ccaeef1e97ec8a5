//! A Python environment of its own for the tests that read our files with other programs.

use super::Tool;
use crate::digest::sha256_hex;
use crate::error::{Doing, Error, Result};
use crate::project::Project;
use crate::shell::run;
use std::fs;
use std::path::PathBuf;

const NAMES: [&str; 2] = ["python3", "python"];
const ADVICE: &str =
    "install Python 3.11 or newer with its venv module (Debian: python3-venv), and run this again";

/// The packages of one requirements file, in a folder of the cache.
pub(crate) struct PythonEnvironment {
    /// Its folder in the cache.
    name: &'static str,
    requirements: &'static str,
    estimate: &'static str,
}

impl PythonEnvironment {
    /// onnxruntime, which runs the networks that are exported.
    pub(crate) fn onnx() -> Self {
        let estimate = "from PyPI, about half a minute";
        Self { name: "onnx-venv", requirements: "tests/onnx/requirements.txt", estimate }
    }

    /// PyTorch, in the version that the goldens were made with, to be measured beside us.
    pub(crate) fn pytorch() -> Self {
        let estimate = "from PyPI, several GB";
        Self { name: "torch-venv", requirements: "tests/goldens/requirements.txt", estimate }
    }

    /// Its Python.
    pub(crate) fn program(&self, project: &Project) -> Result<PathBuf> {
        let program = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
        Ok(project.cache_folder(self.name)?.join(program))
    }

    /// Says which requirements were completely installed.
    fn stamp(&self, project: &Project) -> Result<PathBuf> {
        Ok(project.cache_folder(self.name)?.join(".requirements-sha256"))
    }

    fn digest(&self, project: &Project) -> Result<String> {
        let path = project.path(self.requirements);
        Ok(sha256_hex(&fs::read(&path).doing(|| format!("read {}", path.display()))?))
    }
}

impl Tool for PythonEnvironment {
    fn title(&self) -> String {
        format!("Python packages of {}", self.requirements)
    }

    fn estimate(&self) -> &'static str {
        self.estimate
    }

    fn is_there(&self, project: &Project) -> Result<bool> {
        let expected = self.digest(project)?;
        let is_stamped = fs::read_to_string(self.stamp(project)?).is_ok_and(|found| found == expected);
        // The Python that it was made of may be gone since.
        Ok(is_stamped && self.program(project)?.exists())
    }

    fn install(&self, project: &Project) -> Result<()> {
        let folder = project.cache_folder(self.name)?;
        let python = project
            .find_program(&NAMES)
            .ok_or_else(|| Error::MissingProgram { program: "python3".into(), advice: ADVICE })?;
        run(project.command(python).args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(project
            .command(self.program(project)?)
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--only-binary",
                ":all:",
            ])
            .arg("--requirement")
            .arg(project.path(self.requirements)))?;
        let stamp = self.stamp(project)?;
        fs::write(&stamp, self.digest(project)?).doing(|| format!("write {}", stamp.display()))
    }
}
