//! Workloads on the CPU, each in a process of its own, so that the peak of memory is its own; or in several side by
//! side, to use all cores.
//!
//! Processes that run side by side share nothing. What they do together is their sum:
//! 1. steps in a millisecond, `1/t = Σ 1/t_k`: with n alike, `t = t_1 / n`;
//! 2. GFLOP/s, peak and memory, `Σ`.
//!
//! It is what as many cores could do at best, were a step's batch split among them at no cost.

use super::{Failure, say};
use rnn_bench::measure::Summary;
use rnn_bench::{BACKEND, Place, Record, Workload};
use serde::Deserialize;
use std::io;
use std::process::{Child, Command, Stdio};

/// What is needed of a process's line.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Found {
    ms_per_step: f64,
    p10: f64,
    p90: f64,
    peak_gflops: f64,
    peak_mib: Option<f64>,
}

/// Measures a workload in a process of its own, which writes its line itself.
pub(super) fn measure_apart(workload: &Workload, seconds: Option<f64>) -> Result<(), Failure> {
    let status = command(workload, seconds)?.status()?;
    if status.success() { Ok(()) } else { Err(Failure::Process { status }) }
}

/// Measures a workload in so many processes side by side, and writes the line of all.
pub(super) fn measure_side_by_side(
    workload: &Workload,
    seconds: Option<f64>,
    processes: u32,
    location: &str,
) -> Result<(), Failure> {
    let start = |_| -> Result<Child, Failure> {
        Ok(command(workload, seconds)?.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?)
    };
    let children: Vec<_> = (0..processes).map(start).collect();
    // All are waited for, whatever becomes of one.
    let found: Vec<_> = children.into_iter().map(|child| outcome(child?)).collect();
    let found = found.into_iter().collect::<Result<Vec<_>, _>>()?;
    let place = Place { location, backend: BACKEND, peer: None, workers: 1 };
    let peak = found.iter().map(|found| found.peak_gflops).sum();
    let memory = found.iter().map(|found| found.peak_mib).sum();
    let record = Record::new(workload.name, place, together(&found), workload.flops, Some(peak), memory);
    Ok(say(&record.of_processes(processes).to_json())?)
}

/// (1)
fn together(found: &[Found]) -> Summary {
    let join = |of: fn(&Found) -> f64| 1.0 / found.iter().map(|found| 1.0 / of(found)).sum::<f64>();
    Summary {
        median: join(|found| found.ms_per_step),
        p10: join(|found| found.p10),
        p90: join(|found| found.p90),
    }
}

fn outcome(child: Child) -> Result<Found, Failure> {
    let output = child.wait_with_output()?;
    if !output.status.success() {
        return Err(Failure::Process { status: output.status });
    }
    Ok(serde_json::from_slice(&output.stdout).map_err(io::Error::from)?)
}

/// This program, asked for one workload.
fn command(workload: &Workload, seconds: Option<f64>) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(workload.name);
    if let Some(seconds) = seconds {
        command.args(["--seconds", &seconds.to_string()]);
    }
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_do_together_what_each_does() {
        let found = |ms_per_step: f64| Found {
            ms_per_step,
            p10: ms_per_step / 2.0,
            p90: ms_per_step * 2.0,
            peak_gflops: 1.0,
            peak_mib: None,
        };
        assert_eq!(together(&[found(8.0); 4]), Summary { median: 2.0, p10: 1.0, p90: 4.0 });
        // A third and a sixth of a step in a millisecond are half a step.
        assert_eq!(together(&[found(3.0), found(6.0)]), Summary { median: 2.0, p10: 1.0, p90: 4.0 });
    }

    #[test]
    fn a_line_is_read_as_it_is_written() {
        let place = Place { location: "native", backend: BACKEND, peer: None, workers: 1 };
        let summary = Summary { median: 2.0, p10: 1.0, p90: 3.0 };
        let line = Record::new("W1", place, summary, 1, Some(57.0), Some(12.0)).to_json();
        let found: Found = serde_json::from_str(&line).unwrap();
        assert_eq!((found.ms_per_step, found.peak_gflops, found.peak_mib), (2.0, 57.0, Some(12.0)));
    }
}
