//! The workloads of `crates/bench` in Burn with its flex backend, for a worker of a page.
//!
//! Where the work is not quite the same: Burn clips each parameter's gradient by its own norm, and its
//! weights are drawn otherwise. Tensors are batch-major, `[B, T, …]`, as Burn's layers expect them.

mod network;
mod task;

use rnn_bench::clock::millis_clock;
use rnn_bench::measure::{Plan, measure as measure_steps};
use rnn_bench::memory::MemoryGauge;
use rnn_bench::peak::peak_gflops;
use rnn_bench::{Place, Record, Workload};
use task::Task;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Measures one workload and returns its line.
///
/// # Errors
/// If there is no such workload.
#[wasm_bindgen(js_name = measure)]
pub fn measure_workload(name: &str, location: &str, seconds: f64) -> Result<String, JsError> {
    let workload = Workload::find(name)?;
    let clock = millis_clock();
    let gauge = MemoryGauge::new();
    let peak_before = peak_gflops(&clock);
    let mut task = Task::new(workload.name);
    let step = &mut || {
        task.step();
        Ok::<_, JsError>(())
    };
    let summary = measure_steps(&Plan::lasting(seconds), &clock, step)?;
    let peak_mib = gauge.peak_mib();
    let peak = peak_before.max(peak_gflops(&clock));
    let place = Place { location, backend: "flex", peer: Some("burn 0.22.1"), workers: 1 };
    Ok(Record::new(workload.name, place, summary, workload.flops, Some(peak), peak_mib).to_json())
}
