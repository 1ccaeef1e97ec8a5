//! Where the files of the tests are.

use std::env;
use std::path::PathBuf;

/// A file of the tests, by its path in their folder. It is that of the checkout in which Cargo runs them, which need
/// not be the one that they were compiled in where several share a target folder.
#[must_use]
pub fn file_of_tests(path: &str) -> PathBuf {
    let folder =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    folder.join(path)
}
