//! What the program can be asked.

use clap::{Parser, ValueEnum, value_parser};
use rnn_bench::{BenchError, Workload};

/// How fast the engine trains. Every measurement is one line of JSON on standard output.
#[derive(Debug, Parser)]
#[command(name = "rnn-bench")]
pub(super) struct Arguments {
    /// Workloads by name, such as W1,W3; the usual ones if none is given
    #[arg(value_name = "WORKLOADS", value_delimiter = ',', value_parser = find)]
    pub(super) workloads: Vec<Workload>,
    /// What trains
    #[arg(long, value_enum, default_value_t = Backend::Cpu)]
    pub(super) backend: Backend,
    /// How long each is measured, after its warm-up [default: 8, on a software GPU 2]
    #[arg(long, value_parser = seconds)]
    pub(super) seconds: Option<f64>,
    /// Copies of the program that measure side by side, one thread each; a line says what they do together
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = value_parser!(u32).range(1..=1024))]
    pub(super) processes: u32,
    /// Products of square matrices instead
    #[arg(long, conflicts_with_all = ["workloads", "processes"])]
    pub(super) gemm: bool,
    /// Only names the workloads
    #[arg(long, conflicts_with_all = ["workloads", "processes", "gemm", "peak"])]
    pub(super) list: bool,
    /// Only the processor's peak with vectors of 128 bits, in GFLOP/s
    #[arg(long, conflicts_with_all = ["workloads", "processes", "gemm"])]
    pub(super) peak: bool,
}

/// What trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Backend {
    /// One thread of the processor.
    Cpu,
    /// The fastest GPU, over Vulkan.
    Gpu,
}

/// Why arguments that are right by themselves do not go together.
pub(super) fn contradiction(arguments: &Arguments) -> Option<&'static str> {
    match arguments {
        Arguments { backend: Backend::Gpu, processes: 2.., .. } => {
            Some("--processes is for the CPU: one process keeps a GPU busy")
        }
        _ => None,
    }
}

fn find(name: &str) -> Result<Workload, BenchError> {
    Workload::find(name)
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds, from 0 to 3600".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Arguments, String> {
        Arguments::try_parse_from(line.split_whitespace()).map_err(|error| error.to_string())
    }

    #[test]
    fn workloads_are_found_by_name() {
        let arguments = parsed("rnn-bench W1,G3 W5 --backend gpu --seconds 0.5").unwrap();
        let names: Vec<_> = arguments.workloads.iter().map(|workload| workload.name).collect();
        assert_eq!(names, ["W1", "G3", "W5"]);
        assert_eq!((arguments.backend, arguments.seconds), (Backend::Gpu, Some(0.5)));
        let arguments = parsed("rnn-bench").unwrap();
        assert!(arguments.workloads.is_empty() && arguments.backend == Backend::Cpu);
        assert_eq!((arguments.seconds, arguments.processes), (None, 1));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (line, reason) in [
            ("rnn-bench W9", "there is no workload “W9”"),
            ("rnn-bench --backend tpu", "possible values: cpu, gpu"),
            ("rnn-bench --processes 0", "1..=1024"),
            ("rnn-bench --processes many", "invalid digit"),
            ("rnn-bench --seconds -1", "unexpected argument"),
            ("rnn-bench --seconds=-1", "from 0 to 3600"),
            ("rnn-bench --seconds nan", "from 0 to 3600"),
            ("rnn-bench --gemm W1", "cannot be used with"),
            ("rnn-bench --gemm --processes 2", "cannot be used with"),
            ("rnn-bench --list --peak", "cannot be used with"),
        ] {
            let refusal = parsed(line).unwrap_err();
            assert!(refusal.contains(reason), "{line}: {refusal}");
        }
    }

    #[test]
    fn a_gpu_is_not_shared_among_processes() {
        let of = |line| contradiction(&parsed(line).unwrap());
        assert!(
            of("rnn-bench --backend gpu --processes 2").is_some_and(|reason| reason.contains("--processes"))
        );
        assert_eq!(of("rnn-bench --backend gpu"), None);
        assert_eq!(of("rnn-bench --processes 2"), None);
    }
}
