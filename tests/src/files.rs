//! Where the files of the tests are.

use std::env;
use std::path::{Path, PathBuf};

/// A file of the tests, by its path in their folder. It is that of the checkout in which Cargo runs them, which need
/// not be the one that they were compiled in where several share a target folder.
#[must_use]
pub fn file_of_tests(path: &str) -> PathBuf {
    let compiled_in = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Tests of other packages read these files, too: whatever package is run, the folder lies above it.
    let run_in = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let folders = run_in.iter().flat_map(|package| package.ancestors()).map(|folder| folder.join("tests"));
    let in_checkout = folders.map(|folder| folder.join(path)).find(|file| file.exists());
    in_checkout.unwrap_or_else(|| compiled_in.join(path))
}
