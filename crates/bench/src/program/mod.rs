//! The program that measures natively.

mod arguments;
mod processes;

use arguments::{Arguments, Backend, contradiction};
use clap::{CommandFactory, Parser};
use processes::{measure_apart, measure_side_by_side};
use rnn_bench::clock::millis_clock;
use rnn_bench::gpu::{self, Session};
use rnn_bench::measure::{Plan, Summary, measure};
use rnn_bench::peak::peak_gflops;
use rnn_bench::products::{Product, Products};
use rnn_bench::work::Work;
use rnn_bench::{BACKEND, BenchError, Outcome, Place, Record, WORKLOADS, Workload, run};
use rnn_compute::Cpu;
use rnn_gpu::{Choice, Gpu, wait_for};
use std::io::{self, Write};
use std::process::{ExitCode, ExitStatus};
use thiserror::Error;

/// Why something was not measured.
#[derive(Debug, Error)]
enum Failure {
    #[error(transparent)]
    Bench(#[from] BenchError),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("a process that measured ended with {status}")]
    Process { status: ExitStatus },
    #[error("{count} of the measurements failed; the reasons stand above")]
    Some { count: usize },
}

/// Does what the arguments say.
pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(reason) = contradiction(&arguments) {
        Arguments::command().error(clap::error::ErrorKind::ArgumentConflict, reason).exit();
    }
    match carry_out(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tell(&format!("\n    error: {failure}\n"));
            ExitCode::FAILURE
        }
    }
}

fn carry_out(arguments: &Arguments) -> Result<(), Failure> {
    let location = format!("native {}-{}", std::env::consts::ARCH, std::env::consts::OS);
    if arguments.list {
        return Ok(Workload::all()
            .try_for_each(|workload| say(&format!("{}  {}", workload.name, workload.title)))?);
    }
    if arguments.peak {
        return Ok(say(&format!("{:.2}", peak_gflops(&millis_clock())))?);
    }
    match arguments.backend {
        Backend::Cpu if arguments.gemm => products_on_cpu(arguments.seconds, &location),
        Backend::Cpu => workloads_on_cpu(arguments, &location),
        Backend::Gpu => wait_for(on_gpu(arguments, &location)),
    }
}

fn workloads_on_cpu(arguments: &Arguments, location: &str) -> Result<(), Failure> {
    let Arguments { workloads, seconds, processes, .. } = arguments;
    match (workloads.as_slice(), *processes) {
        ([workload], 1) => {
            let plan = seconds.map_or_else(Plan::default, Plan::lasting);
            write_outcome(workload, &run(workload, location, &plan, &millis_clock())?)
        }
        (workloads, processes) => {
            let workloads = if workloads.is_empty() { &WORKLOADS } else { workloads };
            each(workloads.iter().map(|workload| match processes {
                1 => measure_apart(workload, *seconds),
                _ => measure_side_by_side(workload, *seconds, processes, location),
            }))
        }
    }
}

fn products_on_cpu(seconds: Option<f64>, location: &str) -> Result<(), Failure> {
    let (plan, clock) = (seconds.map_or_else(Plan::default, Plan::lasting), millis_clock());
    each(Product::all().map(|product| {
        let mut products = Products::new(&Cpu, product, 1);
        let step = &mut || products.step().map(drop);
        let summary: Summary = measure::<BenchError>(&plan, &clock, step)?;
        let place = Place { location, backend: BACKEND, peer: None, workers: 1 };
        let (name, peak) = (product.name(), peak_gflops(&clock));
        Ok(say(&Record::new(&name, place, summary, product.flops(), Some(peak), None).to_json())?)
    }))
}

async fn on_gpu(arguments: &Arguments, location: &str) -> Result<(), Failure> {
    let gpu = Gpu::open(Choice::Fastest).await.map_err(BenchError::NoGpu)?;
    tell(&format!("    {}", gpu::name_of(gpu.adapter())));
    if let Some(caution) = gpu::caution(gpu.adapter()) {
        tell(&format!("\n    !!! {caution}\n"));
    }
    let clock = millis_clock();
    let pause = async || std::thread::yield_now();
    let session = Session::begin(&gpu, location, arguments.seconds, &clock, pause).await?;
    let mut failed = 0;
    let mut note = |outcome: Result<(), Failure>| failed += tell_failure(outcome);
    if arguments.gemm {
        for product in gpu::products(gpu.adapter()) {
            let line = session.product(product).await;
            note(line.map_err(Failure::from).and_then(|line| Ok(say(&line)?)));
        }
    } else {
        let workloads = match arguments.workloads.as_slice() {
            [] => {
                tell("    I1 does not train and stays on the CPU: left out");
                gpu::usual_workloads(gpu.adapter())
            }
            named => named.to_vec(),
        };
        for workload in workloads {
            for &walks in gpu::walks(&workload) {
                let outcome = session.workload(&workload, walks).await;
                note(outcome.map_err(Failure::from).and_then(|outcome| write_outcome(&workload, &outcome)));
            }
        }
    }
    all_done(failed)
}

/// Does all of them, whatever becomes of one.
fn each(measurements: impl Iterator<Item = Result<(), Failure>>) -> Result<(), Failure> {
    all_done(measurements.map(tell_failure).sum())
}

fn all_done(failed: usize) -> Result<(), Failure> {
    if failed == 0 { Ok(()) } else { Err(Failure::Some { count: failed }) }
}

/// Says what went wrong. Returns how much did.
fn tell_failure(outcome: Result<(), Failure>) -> usize {
    outcome.map_or_else(
        |failure| {
            tell(&format!("\n    !!! {failure}\n"));
            1
        },
        |()| 0,
    )
}

fn write_outcome(workload: &Workload, outcome: &Outcome<'_>) -> Result<(), Failure> {
    if let Some((first, last)) = outcome.losses {
        tell(&format!("    {}: loss {first:.3} at first, {last:.3} at last", workload.name));
    }
    Ok(say(&outcome.record.to_json())?)
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}

fn tell(line: &str) {
    // Nobody is left to be told when standard error is gone.
    let _ = writeln!(io::stderr(), "{line}");
}
