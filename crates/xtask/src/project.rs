//! Where things are: the checkout, the cache outside it, and the tools that other programs find on PATH.

use crate::error::{Doing, Error, Result};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// The checkout and its cache.
pub(crate) struct Project {
    root: PathBuf,
    cache: PathBuf,
}

impl Project {
    /// Finds the checkout in which Cargo runs this program, which need not be the one that it was compiled in where
    /// several share a target folder; and the cache: `$RNN_CACHE`, else `rnn-playground` in `$XDG_CACHE_HOME`, else
    /// in `~/.cache`.
    pub(crate) fn locate() -> Result<Self> {
        let crate_folder = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = crate_folder.ancestors().nth(2).unwrap_or(&crate_folder).to_path_buf();
        Ok(Self { root, cache: cache_folder()? })
    }

    /// A file or folder of the checkout, by its path from the root.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A folder of the cache, made if need be.
    pub(crate) fn cache_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.cache.join(name);
        fs::create_dir_all(&folder).doing(|| format!("make the folder {}", folder.display()))?;
        Ok(folder)
    }

    /// A program run in the root of the checkout, with the project's own tools first on its PATH.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", self.search_path());
        command
    }

    /// Cargo, the one that runs this program.
    pub(crate) fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// The same, building for the baseline of the processor as the browser does: what the engine's vectors
    /// are is then the same on every machine.
    pub(crate) fn baseline_cargo(&self) -> Command {
        let mut cargo = self.cargo();
        // Set, they would replace the flags of .cargo/config.toml, and with them SIMD in WebAssembly.
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"] {
            cargo.env_remove(name);
        }
        cargo
    }

    /// The first of these programs that is on PATH.
    pub(crate) fn find_program(&self, names: &[&str]) -> Option<PathBuf> {
        let search_path = self.search_path();
        names
            .iter()
            .flat_map(|name| env::split_paths(&search_path).map(move |folder| folder.join(name)))
            .find(|candidate| candidate.is_file())
    }

    fn search_path(&self) -> OsString {
        let own = [self.cache.join("tools/bin"), self.root.join("tests/browser/node_modules/.bin")];
        let inherited = env::var_os("PATH").unwrap_or_default();
        // Joining fails only for a folder with a separator in its name; then the tools cannot be found by
        // name either, and the step that needs them says so.
        env::join_paths(own.into_iter().chain(env::split_paths(&inherited))).unwrap_or(inherited)
    }
}

fn cache_folder() -> Result<PathBuf> {
    let from_variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from_variable("RNN_CACHE")
        .or_else(|| from_variable("XDG_CACHE_HOME").map(|folder| folder.join("rnn-playground")))
        .or_else(|| env::home_dir().map(|folder| folder.join(".cache/rnn-playground")))
        .ok_or_else(|| Error::Unexpected {
            subject: "the cache folder".into(),
            expected: "a home folder".into(),
            found: "none".into(),
            advice: "set RNN_CACHE to a folder for tools and downloads",
        })
}
