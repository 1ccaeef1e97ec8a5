//! Which sources the site is built from, and the id of a build.

use crate::error::{Doing, Result};
use crate::project::Project;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// What goes into the site, its prepared data included.
const SOURCES: [&str; 13] = [
    ".cargo/config.toml",
    "Cargo.lock",
    "Cargo.toml",
    "Trunk.toml",
    "crates/compute",
    "crates/formats",
    "crates/labs",
    "crates/protocol",
    "crates/ui",
    "crates/worker",
    "rust-toolchain.toml",
    "static",
    "www",
];

/// Twelve hexadecimal digits that change with any source of the site and with nothing else, so that
/// building the same sources again gives the same files.
pub(crate) fn build_id(project: &Project) -> Result<String> {
    let mut files = Vec::new();
    for source in SOURCES {
        files.extend(files_below(&project.path(source))?);
    }
    let root = project.path("");
    let mut digest = Sha256::new();
    for path in files {
        let content = fs::read(&path).doing(|| format!("read {}", path.display()))?;
        let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        // The lengths keep one file's end and the next one's beginning apart.
        digest.update(format!("{name}\n{}\n", content.len()));
        digest.update(content);
    }
    Ok(format!("{:x}", digest.finalize())[..12].to_owned())
}

/// A file itself, or all files below a folder, in the order of their names.
fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut files = Vec::new();
    for child in children(path)? {
        files.extend(files_below(&child)?);
    }
    Ok(files)
}

/// What lies in a folder, in the order of the names.
pub(crate) fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let action = || format!("list the folder {}", folder.display());
    let entries = fs::read_dir(folder).doing(action)?;
    let mut children = entries.map(|entry| Ok(entry.doing(action)?.path())).collect::<Result<Vec<_>>>()?;
    children.sort();
    Ok(children)
}
