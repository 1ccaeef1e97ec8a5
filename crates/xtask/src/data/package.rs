//! Packages of data in a registry: fetched once into the cache, checked, read.

use crate::digest::expect_sha256;
use crate::error::{Doing, Error, Result};
use crate::project::Project;
use crate::shell::output_of;
use crate::tools::npm;
use flate2::read::GzDecoder;
use std::fs;
use std::io::Read;
use std::path::Path;
use tar::Archive;

/// One version of a package of the npm registry.
pub(crate) struct NpmPackage {
    /// As npm asks for it, such as `@scope/name@1.2.3`.
    pub(crate) spec: &'static str,
    /// The file that `npm pack` makes of it.
    pub(crate) archive_name: &'static str,
    /// SHA-256 of that file.
    pub(crate) sha256: &'static str,
}

impl NpmPackage {
    /// Reads one file of the package, by its path in the archive.
    pub(crate) fn read(&self, path: &str, project: &Project) -> Result<Vec<u8>> {
        let archive = self.fetch(project)?;
        let action = || format!("read {path} of {}", self.spec);
        for entry in Archive::new(GzDecoder::new(archive.as_slice())).entries().doing(action)? {
            let mut entry = entry.doing(action)?;
            if entry.path().doing(action)? == Path::new(path) {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).doing(action)?;
                return Ok(content);
            }
        }
        Err(Error::Unexpected {
            subject: self.spec.into(),
            expected: format!("a file {path}"),
            found: "none".into(),
            advice: "look into the archive for its new place",
        })
    }

    /// The archive from the cache, or from the registry through npm.
    fn fetch(&self, project: &Project) -> Result<Vec<u8>> {
        let folder = project.cache_folder("packages")?;
        let path = folder.join(self.archive_name);
        let read = || fs::read(&path).doing(|| format!("read {}", path.display()));
        if path.is_file() {
            let archive = read()?;
            if expect_sha256(self.spec, &archive, self.sha256).is_ok() {
                return Ok(archive);
            }
            // Left by an interrupted download: fetched again.
        }
        let destination = folder.display().to_string();
        output_of(npm(project).args(["pack", "--silent", self.spec, "--pack-destination", &destination]))?;
        let archive = read()?;
        expect_sha256(self.spec, &archive, self.sha256)?;
        Ok(archive)
    }
}
