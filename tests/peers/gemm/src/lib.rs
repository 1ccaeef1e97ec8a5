//! The matrix products of the workloads by ours, by ndarray (matrixmultiply) and by the gemm crate.
//!
//! Ours is measured as it is used: a recurrent weight is packed once a training step and multiplied at
//! every time step, so its packing is left out; an input projection packs its weight each time; a weight
//! gradient packs both operands each time. The others pack inside every call, whatever it is for.
//!
//! Natively ndarray and gemm choose wider vectors and fused instructions where the processor has them, so
//! that the peak of 128-bit vectors says nothing about them there.

mod products;

use products::{Library, Operands, PRODUCTS};
use rnn_bench::measure::{Plan, measure as measure_steps};
use rnn_bench::peak::peak_gflops;
use rnn_bench::{Place, Record};
use std::convert::Infallible;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen::prelude::wasm_bindgen;

/// Measures every product with every library, for so many seconds in all. One line each.
pub fn lines(location: &str, seconds: f64, clock: &dyn Fn() -> f64) -> Vec<String> {
    let libraries = [Library::Ours, Library::NdArray, Library::Gemm];
    let seconds = seconds / (PRODUCTS.len() * libraries.len()) as f64;
    // Many short samples: a product takes microseconds.
    let plan =
        Plan { warm_up_steps: 1000, warm_up_millis: 100.0, sample_millis: 5.0, ..Plan::lasting(seconds) };
    let time = |operands: &mut Operands, library, plan: &Plan| {
        let Ok(summary) = measure_steps::<Infallible>(plan, clock, &mut || {
            operands.multiply(library);
            Ok(())
        });
        summary
    };
    // A browser compiles quickly at first and well only after a while.
    let mut operands = Operands::new(PRODUCTS[0]);
    for library in libraries {
        time(&mut operands, library, &Plan::lasting(0.5));
    }

    let mut lines = Vec::new();
    for product in PRODUCTS {
        let mut operands = Operands::new(product);
        for library in libraries {
            let peak = (library == Library::Ours || cfg!(target_arch = "wasm32")).then(|| peak_gflops(clock));
            let summary = time(&mut operands, library, &plan);
            let place = Place { location, backend: library.name(), peer: library.peer(), workers: 1 };
            let name = product.to_string();
            let record = Record::new(&name, place, summary, product.flops(), peak, None);
            lines.push(record.to_json());
        }
    }
    lines
}

/// The lines, for a worker of a page.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen]
#[must_use]
pub fn measure(_workload: &str, location: &str, seconds: f64) -> String {
    lines(location, seconds, &rnn_bench::clock::millis_clock()).join("\n")
}
