//! What the commands need beside Cargo, one file each: how to see that it is there, and how to get it.
//!
//! Versions are pinned: Trunk's, wasm-bindgen's and cargo-fuzz's here and in `Cargo.lock`, what comes from npm in
//! `tests/browser/package-lock.json`, Python's packages in `tests/onnx/requirements.txt`.

mod apt;
mod browser;
mod cargo_tool;
mod npm;
mod python;
mod rust;
mod software_gpu;

pub(crate) use browser::{CHROMIUM, FIREFOX};
pub(crate) use cargo_tool::CargoTool;
pub(crate) use npm::{NpmPackages, npm};
pub(crate) use python::PythonEnvironment;
pub(crate) use rust::{RustComponent, RustTarget, RustToolchain};
pub(crate) use software_gpu::SoftwareGpu;

use crate::error::{Error, Result};
use crate::project::Project;
use crate::shell::{Journal, say};

/// Something that must be on the machine before a command can run.
pub(crate) trait Tool {
    /// Its name and version.
    fn title(&self) -> String;
    /// How it is got and how long that takes, for the person who waits.
    fn estimate(&self) -> &'static str;
    /// Whether it is there, in the version that is needed. Quick, and without a network.
    fn is_there(&self, project: &Project) -> Result<bool>;
    /// Gets it.
    fn install(&self, project: &Project) -> Result<()>;
}

/// Gets what is not there yet.
pub(crate) fn ensure(tools: &[Box<dyn Tool>], project: &Project, journal: &mut Journal) -> Result<()> {
    let mut present_count = 0;
    for tool in tools {
        if tool.is_there(project)? {
            present_count += 1;
            continue;
        }
        journal.step(&tool.title(), tool.estimate(), || {
            tool.install(project)?;
            if tool.is_there(project)? {
                return Ok(());
            }
            Err(Error::Unexpected {
                subject: tool.title(),
                expected: "to find it after installing it".into(),
                found: "nothing, or another version".into(),
                advice: "look for another copy earlier on PATH",
            })
        })?;
    }
    say(&format!("Set-up: {present_count} of {} steps were done before", tools.len()));
    Ok(())
}
