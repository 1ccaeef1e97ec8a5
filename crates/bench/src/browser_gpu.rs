//! What the worker of a page calls to measure on a GPU: `tests/browser/bench/worker.js`.

use crate::clock::millis_clock;
use crate::gpu::{Session, products, walks};
use crate::{BenchError, Workload};
use js_sys::{Function, Promise};
use rnn_gpu::{Choice, Gpu};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What asks for products instead of a workload.
const PRODUCTS: &str = "gemm";

/// Measures a workload, or products, and returns the lines.
///
/// # Errors
/// If there is no such workload, it does not train, a loss is not finite, or there is no GPU or it fails.
#[wasm_bindgen(js_name = measureOnGpu)]
pub async fn measure_on_gpu(name: String, location: String, seconds: Option<f64>) -> Result<String, JsError> {
    console_error_panic_hook::set_once();
    let workload = if name == PRODUCTS { None } else { Some(Workload::find(&name)?) };
    let gpu = Gpu::open(Choice::Fastest).await.map_err(BenchError::NoGpu)?;
    let arrivals = Arrivals::default();
    gpu.on_arrival(Rc::new({
        let arrivals = arrivals.clone();
        move || arrivals.note()
    }));
    let clock = millis_clock();
    let session = Session::begin(&gpu, &location, seconds, &clock, async || arrivals.next().await).await?;
    let mut lines = Vec::new();
    if let Some(workload) = workload {
        for &walks in walks(&workload) {
            lines.push(session.workload(&workload, walks).await?.record.to_json());
        }
    } else {
        for product in products(gpu.adapter()) {
            lines.push(session.product(product).await?);
        }
    }
    Ok(lines.join("\n"))
}

/// Numbers that arrive, and whoever waits for some. None can arrive between a look that finds none and the wait: only
/// a turn of the event loop brings them.
#[derive(Clone, Default)]
struct Arrivals(Rc<RefCell<Option<Function>>>);

impl Arrivals {
    /// Wakes who waits.
    fn note(&self) {
        if let Some(resolve) = self.0.take() {
            // Resolving a promise calls nobody and cannot fail.
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    }

    /// Waits for the next arrival.
    async fn next(&self) {
        let promise = Promise::new(&mut |resolve, _| {
            self.0.replace(Some(resolve));
        });
        // It is never rejected.
        let _ = JsFuture::from(promise).await;
    }
}
