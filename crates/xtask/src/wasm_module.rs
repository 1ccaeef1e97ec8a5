//! Libraries as WebAssembly modules of their own, for pages that are not the site.
//!
//! They are compiled, bound and optimised as the site's worker is: profile and features by Cargo's
//! configuration, wasm-opt with the options that `www/index.html` gives for the worker; or as its second
//! module is, for fast mode ([`worker_modules`]).

use crate::digest::sha256_hex;
use crate::error::{Doing, Error, Result};
use crate::project::Project;
use crate::shell::{Journal, run as run_program};
use crate::worker_modules;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The file of a folder that says which module it was made from.
const STAMP: &str = "module.txt";
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A library that is to become a module.
pub(crate) struct WasmModule {
    /// What the module is called: `{name}.js` and `{name}_bg.wasm`.
    pub(crate) name: &'static str,
    /// The library, as Cargo calls the file.
    pub(crate) library: &'static str,
    /// Its manifest, from the root.
    pub(crate) manifest: &'static str,
    /// Which of the site's two modules it is compiled as.
    pub(crate) arithmetic: Arithmetic,
    /// Features of the library in place of those it has by default.
    pub(crate) features: Option<&'static str>,
}

/// How the engine multiplies and adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    /// The same bits everywhere.
    Reproducible,
    /// In one instruction of relaxed SIMD.
    Fast,
}

impl WasmModule {
    /// Compiles it and puts it into `folder`, which is emptied, unless that holds the same module already.
    pub(crate) fn build(&self, project: &Project, folder: &Path, journal: &mut Journal) -> Result<()> {
        let options = WorkerOptions::read(project)?.with(self.arithmetic);
        // A folder each, since flags of the compiler differ.
        let target = project.cache_folder(match self.arithmetic {
            Arithmetic::Reproducible => "bench/target",
            Arithmetic::Fast => "bench/target-fast",
        })?;
        journal.step(
            &format!("Compile {} for the browser", self.library),
            "a minute or some at first",
            || run_program(&mut self.compile(project, &target)),
        )?;
        let compiled = target.join(WASM_TARGET).join("release").join(format!("{}.wasm", self.library));
        let bytes = fs::read(&compiled).doing(|| format!("read {}", compiled.display()))?;
        let stamp_text = format!("{} {options:?}\n", sha256_hex(&bytes));
        let stamp = folder.join(STAMP);
        // An absent or unreadable stamp means that the module has not been optimised.
        if fs::read_to_string(&stamp).is_ok_and(|found| found == stamp_text) {
            return Ok(());
        }
        journal.step(&format!("Optimise {}", self.library), "a large one takes minutes", || {
            fs::remove_dir_all(folder).doing(|| format!("empty {}", folder.display()))?;
            run_program(&mut self.bind(project, &compiled, folder))?;
            run_program(&mut options.optimise(project, &folder.join(format!("{}_bg.wasm", self.name))))?;
            fs::write(&stamp, &stamp_text).doing(|| format!("write {}", stamp.display()))
        })
    }

    /// The library as a module; natively it is an ordinary library.
    fn compile(&self, project: &Project, target: &Path) -> Command {
        let mut cargo = project.baseline_cargo();
        cargo
            .args(["rustc", "--release", "--locked", "--lib", "--crate-type", "cdylib"])
            .args(["--target", WASM_TARGET, "--manifest-path"])
            .arg(project.path(self.manifest))
            .arg("--target-dir")
            .arg(target);
        if let Some(features) = self.features {
            cargo.args(["--no-default-features", "--features", features]);
        }
        if self.arithmetic == Arithmetic::Fast {
            cargo.args(worker_modules::FAST_CARGO_OPTIONS);
        }
        cargo
    }

    /// JavaScript around the module, as Trunk asks for it. Makes the folder.
    fn bind(&self, project: &Project, compiled: &Path, folder: &Path) -> Command {
        let mut bind = project.command("wasm-bindgen");
        bind.args(["--target", "web", "--no-typescript", "--out-name", self.name, "--out-dir"])
            .arg(folder)
            .arg(compiled);
        bind
    }
}

/// How the site's worker is optimised.
#[derive(Debug, PartialEq, Eq)]
struct WorkerOptions {
    level: String,
    parameters: Vec<String>,
}

impl WorkerOptions {
    fn read(project: &Project) -> Result<Self> {
        let path = project.path("www/index.html");
        let page = fs::read_to_string(&path).doing(|| format!("read {}", path.display()))?;
        Self::of_page(&page).ok_or_else(|| Error::Unexpected {
            subject: path.display().to_string(),
            expected: "a link of type worker with data-wasm-opt and data-wasm-opt-params".into(),
            found: "none".into(),
            advice: "other modules are built as that link says",
        })
    }

    fn of_page(page: &str) -> Option<Self> {
        let link = page.lines().find(|line| line.contains(r#"data-type="worker""#))?;
        let attribute = |name: &str| link.split_once(&format!(r#" {name}=""#))?.1.split_once('"');
        let (level, _) = attribute("data-wasm-opt")?;
        let (parameters, _) = attribute("data-wasm-opt-params")?;
        let parameters = parameters.split_whitespace().map(str::to_owned).collect();
        Some(Self { level: format!("-O{level}"), parameters })
    }

    /// The same for a module of this arithmetic.
    fn with(mut self, arithmetic: Arithmetic) -> Self {
        if arithmetic == Arithmetic::Fast {
            self.parameters.push(worker_modules::FAST_OPTIMISER_OPTION.to_owned());
        }
        self
    }

    fn optimise(&self, project: &Project, module: &Path) -> Command {
        let mut optimise = project.command("wasm-opt");
        optimise.arg(&self.level).args(&self.parameters).arg(module).arg("--output").arg(module);
        optimise
    }
}

#[cfg(test)]
mod tests {
    use super::WorkerOptions;

    #[test]
    fn options_are_the_workers_and_not_the_pages() {
        let page = r#"
            <link data-type="main" data-wasm-opt="z" data-wasm-opt-params="--enable-simd">
            <link data-type="worker" data-wasm-opt="3" data-wasm-opt-params="--enable-a --enable-b">"#;
        let parameters = ["--enable-a", "--enable-b"].map(str::to_owned).to_vec();
        assert_eq!(WorkerOptions::of_page(page), Some(WorkerOptions { level: "-O3".into(), parameters }));
        assert_eq!(WorkerOptions::of_page("<link>"), None);
    }
}
