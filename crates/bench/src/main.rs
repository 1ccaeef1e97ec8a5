//! `bench WORKLOAD [SECONDS]` measures one workload natively and writes one line of JSON; `bench list`
//! names them all, `bench peak` writes the peak alone. `cargo xtask bench` calls it, one process a workload.

use rnn_bench::clock::millis_clock;
use rnn_bench::measure::Plan;
use rnn_bench::peak::peak_gflops;
use rnn_bench::{WORKLOADS, Workload, run};
use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "list".into());
    let seconds = arguments.next().and_then(|seconds| seconds.parse().ok()).unwrap_or(8.0);
    let outcome = match name.as_str() {
        "list" => {
            WORKLOADS.iter().try_for_each(|workload| say(&format!("{}  {}", workload.name, workload.title)))
        }
        "peak" => say(&format!("{:.2}", peak_gflops(&millis_clock()))),
        name => measure(name, seconds),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told when standard error is gone.
            let _ = writeln!(io::stderr(), "\n    error: {error}\n");
            ExitCode::FAILURE
        }
    }
}

fn measure(name: &str, seconds: f64) -> io::Result<()> {
    let location = format!("native {}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let workload = Workload::find(name).map_err(io::Error::other)?;
    let outcome =
        run(&workload, &location, &Plan::lasting(seconds), &millis_clock()).map_err(io::Error::other)?;
    if let Some((first, last)) = outcome.losses {
        writeln!(io::stderr(), "    {name}: loss {first:.3} at first, {last:.3} at last")?;
    }
    say(&outcome.record.to_json())
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
