//! What the worker of a page calls: `tests/browser/bench/worker.js`.

use crate::clock::millis_clock;
use crate::measure::{Plan, Summary};
use crate::memory::MemoryGauge;
use crate::peak::peak_gflops;
use crate::work::Training;
use crate::{BACKEND, Place, Record, Workload, run, team};
use js_sys::Float32Array;
use rnn_compute::{Cpu, Share};
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

/// The worker of a team that adds up and keeps the time: [`team::Lead`].
#[wasm_bindgen]
pub struct Lead {
    workload: Workload,
    workers: u32,
    gauge: MemoryGauge,
    peak_before: f64,
    lead: team::Lead,
    /// A helper's share, on its way into the sum.
    received: Share<f32>,
    summary: Option<Summary>,
}

#[wasm_bindgen]
impl Lead {
    /// # Errors
    /// If there is no such workload, or it cannot be split among so many.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, workers: u32, seconds: f64) -> Result<Self, JsError> {
        console_error_panic_hook::set_once();
        let workload = Workload::find(name)?;
        let gauge = MemoryGauge::new();
        let lead = team::Lead::new(&workload, workers, Plan::lasting(seconds))?;
        let peak_before = peak();
        Ok(Self { workload, workers, gauge, peak_before, lead, received: empty_share(), summary: None })
    }

    /// Works out its own share of the next step.
    ///
    /// # Errors
    /// If the step before was not ended.
    #[wasm_bindgen(js_name = beginStep)]
    pub fn begin_step(&mut self) -> Result<(), JsError> {
        Ok(self.lead.begin_step()?)
    }

    /// Adds a helper's share.
    ///
    /// # Errors
    /// If it has another number of gradients.
    pub fn add(&mut self, loss: f64, gradients: &Float32Array) -> Result<(), JsError> {
        receive(&mut self.received, loss, gradients);
        Ok(self.lead.add(&self.received)?)
    }

    /// Writes the gradients of the sum into a share that was added. Returns the loss.
    #[wasm_bindgen(js_name = readSum)]
    #[must_use]
    pub fn read_sum(&self, gradients: &Float32Array) -> f64 {
        let sum = self.lead.sum();
        gradients.copy_from(&sum.gradients);
        sum.loss
    }

    /// Makes the update. Returns whether enough steps were timed.
    ///
    /// # Errors
    /// If the loss is not finite.
    #[wasm_bindgen(js_name = endStep)]
    pub fn end_step(&mut self) -> Result<bool, JsError> {
        self.summary = self.lead.end_step(&millis_clock())?;
        Ok(self.summary.is_some())
    }

    /// The line, once enough steps were timed. The memory is the lead's.
    #[must_use]
    pub fn line(&self, location: &str) -> Option<String> {
        let peak_mib = self.gauge.peak_mib();
        let peak = self.peak_before.max(peak());
        let place = Place { location, backend: BACKEND, peer: None, workers: self.workers };
        let Workload { name, flops, .. } = self.workload;
        Some(Record::new(name, place, self.summary?, flops, Some(peak), peak_mib).to_json())
    }
}

/// Another worker of a team.
#[wasm_bindgen]
pub struct Helper {
    training: Training<Cpu>,
    share: Share<f32>,
}

#[wasm_bindgen]
impl Helper {
    /// Number `member` of `workers`; the lead has 0.
    ///
    /// # Errors
    /// If there is no such workload, or it cannot be split among so many.
    #[wasm_bindgen(constructor)]
    pub fn new(name: &str, member: u32, workers: u32) -> Result<Self, JsError> {
        console_error_panic_hook::set_once();
        let training = Workload::find(name)?.build_part(member, workers)?;
        Ok(Self { training, share: empty_share() })
    }

    /// Works out its share of the next step.
    ///
    /// # Errors
    /// If the step before was not ended.
    #[wasm_bindgen(js_name = beginStep)]
    pub fn begin_step(&mut self) -> Result<(), JsError> {
        Ok(self.training.share(&mut self.share)?)
    }

    /// The loss of its share.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.share.loss
    }

    /// The gradients of its share, in `used` if that is given, which has carried them before.
    #[must_use]
    pub fn gradients(&self, used: Option<Float32Array>) -> Float32Array {
        let numbers = self.share.gradients.as_slice();
        used.map_or_else(
            || Float32Array::from(numbers),
            |used| {
                used.copy_from(numbers);
                used
            },
        )
    }

    /// Ends the step with the sum of all shares.
    ///
    /// # Errors
    /// If no step was begun, or the sum is none of such shares.
    #[wasm_bindgen(js_name = endStep)]
    pub fn end_step(&mut self, loss: f64, gradients: &Float32Array) -> Result<(), JsError> {
        receive(&mut self.share, loss, gradients);
        Ok(self.training.complete(&self.share)?)
    }
}

const fn empty_share() -> Share<f32> {
    Share { loss: 0.0, gradients: Vec::new() }
}

/// Puts what has come into `share`, whose memory is used again.
fn receive(share: &mut Share<f32>, loss: f64, gradients: &Float32Array) {
    share.loss = loss;
    share.gradients.resize(gradients.length() as usize, 0.0);
    gradients.copy_to(&mut share.gradients);
}
