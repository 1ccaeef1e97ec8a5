//! The clock of the place where the bench runs.

/// Milliseconds, counted from some moment.
#[cfg(not(target_arch = "wasm32"))]
pub fn millis_clock() -> impl Fn() -> f64 {
    let started = std::time::Instant::now();
    move || started.elapsed().as_secs_f64() * 1000.0
}

/// Milliseconds, counted from some moment. For workers only.
#[cfg(target_arch = "wasm32")]
pub fn millis_clock() -> impl Fn() -> f64 {
    use wasm_bindgen::{JsCast, UnwrapThrowExt};
    let scope: web_sys::DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let performance = scope.performance().expect_throw("a worker has a clock");
    move || performance.now()
}
