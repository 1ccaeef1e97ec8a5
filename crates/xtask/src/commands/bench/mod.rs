//! `cargo xtask bench`: how fast the engine trains, natively and in the browser, beside others if asked.
//!
//! Every measurement is one line of JSON on standard output; all else goes to standard error. The
//! workloads are those of `crates/bench`. What is built here lies in the cache, never in the checkout, and
//! the peers (`tests/peers`) are fetched and built only for `--peers` and `--gemm`.

mod browser;
mod native;
mod peers;

use super::needs;
use crate::error::Result;
use crate::project::Project;
use crate::shell::{Journal, say};
use crate::tools::{self, CHROMIUM, Tool};
use clap::value_parser;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Workloads by name, such as W1,W3; all if not given
    #[arg(long = "workload", value_name = "NAMES", value_delimiter = ',')]
    workloads: Vec<String>,
    /// In headless Chromium, in a worker, as the site is built; natively if not given
    #[arg(long)]
    browser: bool,
    /// As the site's fast mode is compiled, with relaxed SIMD
    #[arg(long, requires = "browser", conflicts_with_all = ["peers", "gemm"])]
    fast: bool,
    /// Workers that take each training step together, each on a part of the batch, as in the site's fast mode
    #[arg(
        long, value_name = "NUMBER", default_value_t = 1, value_parser = value_parser!(u32).range(1..),
        requires = "browser", conflicts_with_all = ["peers", "gemm"],
    )]
    workers: u32,
    /// Matrix products of the workloads' shapes instead, beside ndarray and the gemm crate
    #[arg(long, conflicts_with_all = ["peers", "workloads"])]
    gemm: bool,
    /// The same workloads in other engines too: in the browser TensorFlow.js and Burn, natively PyTorch
    #[arg(long)]
    peers: bool,
    /// How long each is measured, after its warm-up
    #[arg(long, value_name = "SECONDS", default_value_t = 8)]
    seconds: u32,
}

/// All workloads, in the order in which they are measured.
const WORKLOADS: [&str; 7] = ["W1", "W2", "W3", "W4", "W5", "W6", GENERATION];
/// The one that has no batch.
const GENERATION: &str = "I1";

/// Builds what is to be measured and measures it.
pub(super) fn run(project: &Project, options: &Options) -> Result<()> {
    let mut journal = Journal::new();
    say(&format!("This machine: {}", native::machine()));
    if options.browser {
        let mut needed = needs::for_browser_modules(project)?;
        needed.push(Box::new(CHROMIUM) as Box<dyn Tool>);
        tools::ensure(&needed, project, &mut journal)?;
    }
    match (options.browser, options.gemm) {
        (false, false) => native::workloads(project, options, &mut journal)?,
        (false, true) => native::products(project, options, &mut journal)?,
        (true, false) => browser::workloads(project, options, &mut journal)?,
        (true, true) => browser::products(project, options, &mut journal)?,
    }
    if options.peers {
        peers::workloads(project, options, &mut journal)?;
    }
    journal.summarise("cargo xtask bench");
    Ok(())
}

impl Options {
    /// The workloads asked for.
    fn workloads(&self) -> Vec<&str> {
        if self.workloads.is_empty() {
            let can_run = |name: &&str| self.workers == 1 || *name != GENERATION;
            return WORKLOADS.into_iter().filter(can_run).collect();
        }
        self.workloads.iter().map(String::as_str).collect()
    }

    fn seconds(&self) -> String {
        self.seconds.to_string()
    }
}
