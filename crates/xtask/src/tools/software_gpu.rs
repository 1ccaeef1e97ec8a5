//! The software GPU that the tests of the GPU backend run on.

use super::{Tool, apt};
use crate::error::{Error, Result};
use crate::project::Project;
use std::env;
use std::fs;

/// Where Vulkan looks for drivers.
const DRIVER_FOLDERS: [&str; 2] = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
/// How Mesa's lavapipe, a Vulkan driver that runs on the CPU, is called there.
const DRIVER: &str = "lvp_icd";
/// Drivers that are named outright.
const VARIABLE: &str = "VK_DRIVER_FILES";
/// Debian's package.
const PACKAGE: &str = "mesa-vulkan-drivers";

/// Mesa's lavapipe. Vulkan is how the backend speaks to a GPU on Linux; elsewhere its tests are skipped.
pub(crate) struct SoftwareGpu;

impl Tool for SoftwareGpu {
    fn title(&self) -> String {
        "Software GPU (Mesa's lavapipe)".into()
    }

    fn estimate(&self) -> &'static str {
        "Debian's package, about a minute"
    }

    fn is_there(&self, _project: &Project) -> Result<bool> {
        let is_named = env::var_os(VARIABLE).is_some_and(|value| !value.is_empty());
        let files = DRIVER_FOLDERS.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let has_driver = files.into_iter().any(|file| file.file_name().to_string_lossy().starts_with(DRIVER));
        Ok(is_named || has_driver || !cfg!(target_os = "linux"))
    }

    fn install(&self, project: &Project) -> Result<()> {
        if !apt::is_there(project) {
            let advice =
                "install Mesa's Vulkan drivers, or name a driver in VK_DRIVER_FILES, and run this again";
            return Err(Error::MissingProgram { program: PACKAGE.into(), advice });
        }
        apt::install(project, PACKAGE)
    }
}
