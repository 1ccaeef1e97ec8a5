//! `cargo xtask bench`: how fast the engine trains, natively and in the browser, beside others if asked.
//!
//! Every measurement is one line of JSON on standard output; all else goes to standard error. The
//! workloads are those of `crates/bench`, which is told what trains: the CPU or a GPU. What is built here lies in the cache, never in the checkout, and
//! the peers (`tests/peers`) are fetched and built only for `--peers` and `--gemm`.

mod browser;
mod native;
mod peers;

use super::needs;
use crate::error::{Error, Result};
use crate::project::Project;
use crate::shell::{Journal, say};
use crate::tools::{self, CHROMIUM, Tool};
use clap::{ValueEnum, value_parser};

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Workloads by name, such as W1,W3; the usual ones if not given. G1, G2 and G3 are large
    #[arg(long = "workload", value_name = "NAMES", value_delimiter = ',')]
    workloads: Vec<String>,
    /// What trains
    #[arg(long, value_enum, default_value_t = Backend::Cpu)]
    backend: Backend,
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
    /// Copies that measure side by side, one thread each, natively; a line says what they do together
    #[arg(
        long, value_name = "NUMBER", default_value_t = 1, value_parser = value_parser!(u32).range(1..),
        conflicts_with_all = ["browser", "peers", "gemm"],
    )]
    processes: u32,
    /// Matrix products of the workloads' shapes instead, beside ndarray and the gemm crate; on a GPU large ones
    #[arg(long, conflicts_with_all = ["peers", "workloads"])]
    gemm: bool,
    /// The same workloads in other engines too: in the browser TensorFlow.js and Burn, natively PyTorch
    #[arg(long)]
    peers: bool,
    /// How long each is measured, after its warm-up [default: 8, on a software GPU 2]
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u32>,
}

/// What trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Backend {
    /// The processor, one thread
    Cpu,
    /// The GPU, over Vulkan or the browser's WebGPU
    Gpu,
}

/// How long each is measured if nothing is said.
const SECONDS: u32 = 8;
/// The usual workloads, in the order in which they are measured.
const WORKLOADS: [&str; 7] = ["W1", "W2", "W3", "W4", "W5", "W6", GENERATION];
/// Those that no peer has, and that are measured on the CPU, and in the browser, if they are named.
const LARGE_WORKLOADS: [&str; 3] = ["G1", "G2", "G3"];
/// The one that has no batch, and stays on the CPU.
const GENERATION: &str = "I1";

/// Builds what is to be measured and measures it.
pub(super) fn run(project: &Project, options: &Options) -> Result<()> {
    options.check()?;
    let mut journal = Journal::new();
    say(&format!("This machine: {}", native::machine()));
    if options.browser {
        let mut needed = needs::for_browser_modules(project)?;
        needed.push(Box::new(CHROMIUM) as Box<dyn Tool>);
        tools::ensure(&needed, project, &mut journal)?;
    }
    if options.backend == Backend::Gpu && options.workloads.is_empty() && options.browser && !options.gemm {
        say(
            "    I1 does not train and stays on the CPU; G1, G2 and G3 are measured if they are named: left out",
        );
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

impl Backend {
    /// As programs are told.
    const fn word(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
        }
    }
}

impl Options {
    /// That they go together, as far as clap has not seen to it.
    fn check(&self) -> Result<()> {
        let refuse = |subject: &str, found: &str, advice| {
            let (subject, found) = (subject.to_owned(), found.to_owned());
            Err(Error::Unexpected { subject, expected: "it by itself".into(), found, advice })
        };
        let is_large = |name: &String| LARGE_WORKLOADS.contains(&name.as_str());
        if self.backend == Backend::Gpu {
            for (is_given, name) in [
                (self.peers, "--peers"),
                (self.fast, "--fast"),
                (self.workers > 1, "--workers"),
                (self.processes > 1, "--processes"),
            ] {
                if is_given {
                    return refuse("--backend gpu", name, "that is for the CPU; leave one of the two out");
                }
            }
        } else if self.peers && self.workloads.iter().any(is_large) {
            return refuse("--peers", "a large workload", "no peer has G1, G2 and G3; leave them out");
        }
        Ok(())
    }

    /// The workloads asked for, in the browser and of peers.
    fn workloads(&self) -> Vec<&str> {
        if self.workloads.is_empty() {
            let is_whole = self.workers == 1 && self.backend == Backend::Cpu;
            let can_run = |name: &&str| is_whole || *name != GENERATION;
            return WORKLOADS.into_iter().filter(can_run).collect();
        }
        self.workloads.iter().map(String::as_str).collect()
    }

    fn seconds(&self) -> String {
        self.seconds.unwrap_or(SECONDS).to_string()
    }

    /// As the driver of the browser is told: how long depends on whether the GPU is software, and that is not known
    /// here.
    fn seconds_in_browser(&self) -> String {
        match (self.backend, self.seconds) {
            (Backend::Gpu, None) => "usual".into(),
            _ => self.seconds(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Args, FromArgMatches};

    fn options(line: &str) -> std::result::Result<Options, String> {
        let command = Options::augment_args(clap::Command::new("bench"));
        let matches =
            command.try_get_matches_from(line.split_whitespace()).map_err(|error| error.to_string())?;
        let options = Options::from_arg_matches(&matches).map_err(|error| error.to_string())?;
        options.check().map_err(|error| error.to_string())?;
        Ok(options)
    }

    #[test]
    fn what_makes_no_sense_on_a_gpu_is_refused() {
        for (line, reason) in [
            ("bench --backend gpu --peers", "--peers"),
            ("bench --backend gpu --browser --fast", "--fast"),
            ("bench --backend gpu --browser --workers 2", "--workers"),
            ("bench --backend gpu --processes 2", "--processes"),
            ("bench --processes 2 --browser", "cannot be used with"),
            ("bench --peers --workload W1,G1", "no peer has"),
            ("bench --backend tpu", "possible values: cpu, gpu"),
        ] {
            let refusal = options(line).err().unwrap();
            assert!(refusal.contains(reason), "{line}: {refusal}");
        }
    }

    #[test]
    fn what_is_measured_depends_on_what_trains() {
        let of = |line| options(line).unwrap();
        assert_eq!(of("bench").workloads(), WORKLOADS);
        assert_eq!(of("bench --browser --backend gpu").workloads(), WORKLOADS[..6]);
        assert_eq!(of("bench --backend gpu --workload G1").workloads(), ["G1"]);
        let seconds = |line| of(line).seconds_in_browser();
        assert_eq!(
            ["bench", "bench --backend gpu", "bench --backend gpu --seconds 3"].map(seconds),
            ["8", "usual", "3"]
        );
    }
}
