//! What the worker of a page calls: `tests/browser/bench/worker.js`.

use crate::clock::millis_clock;
use crate::measure::Plan;
use crate::peak::peak_gflops;
use crate::{Workload, run};
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Measures one workload and returns its line.
///
/// # Errors
/// If there is no such workload, or a loss is not finite.
#[wasm_bindgen(js_name = measure)]
pub fn measure_workload(name: &str, location: &str, seconds: f64) -> Result<String, JsError> {
    console_error_panic_hook::set_once();
    let workload = Workload::find(name)?;
    Ok(run(&workload, location, &Plan::lasting(seconds), &millis_clock())?.record.to_json())
}

/// Nominal work of a step of a workload, for peers that are not written in Rust.
///
/// # Errors
/// If there is no such workload.
#[wasm_bindgen(js_name = nominalFlops)]
pub fn nominal_flops(name: &str) -> Result<f64, JsError> {
    Ok(Workload::find(name)?.flops as f64)
}

/// What vectors of 128 bits do at best in this browser, in GFLOP/s.
#[wasm_bindgen(js_name = peakGflops)]
#[must_use]
pub fn peak() -> f64 {
    peak_gflops(&millis_clock())
}
