//! Workloads and products on a GPU.
//!
//! A step's time is that between the outcomes of two steps, with two steps in flight: what a run that goes
//! on takes. How the caller lets time pass is its own: natively it lets other threads run, in
//! a browser it goes back to the event loop until numbers have arrived.

mod peak;

use crate::measure::{Plan, Summary, Timing};
use crate::products::{Product, Products, SIZES};
use crate::work::Work;
use crate::{BenchError, Kind, LARGE_WORKLOADS, OnDevice, Outcome, Place, Record, WORKLOADS, Workload};
use peak::peak_gflops;
use rnn_gpu::{Adapter, Gpu, Walks};

/// What lines call this backend.
pub const BACKEND: &str = "gpu";

/// Steps that are begun before the time is taken: as many as are in flight.
const IN_FLIGHT: u32 = 2;

/// How long a program that acts as a GPU is measured.
const SOFTWARE_SECONDS: f64 = 2.0;
/// Work of a step of products, so that a step is no shorter than a millisecond or two.
const PRODUCTS_FLOPS: u64 = 1 << 36;

/// An open GPU, with what it does at best.
pub struct Session<'a, P> {
    gpu: &'a Gpu,
    location: &'a str,
    seconds: Option<f64>,
    clock: &'a dyn Fn() -> f64,
    /// Lets time pass, until something may have arrived.
    pause: P,
    peak_gflops: f64,
    adapter: String,
}

/// The workloads that are measured unless others are named. Large ones would take a program that acts as a GPU
/// minutes a step.
#[must_use]
pub fn usual_workloads(adapter: &Adapter) -> Vec<Workload> {
    let large = LARGE_WORKLOADS.into_iter().filter(|_| !adapter.is_software);
    let is_training = |workload: &Workload| matches!(workload.kind, Kind::Training { .. });
    WORKLOADS.into_iter().filter(is_training).chain(large).collect()
}

/// The products that are measured: of a program that acts as a GPU the smallest.
pub fn products(adapter: &Adapter) -> impl Iterator<Item = Product> {
    let largest = if adapter.is_software { SIZES[0] } else { usize::MAX };
    Product::all().filter(move |product| product.size <= largest)
}

/// The ways of walking through time that a workload is measured with: each by itself for the networks by whose sizes
/// the backend chooses, and else what it chooses.
#[must_use]
pub fn walks(workload: &Workload) -> &'static [Walks] {
    match workload.name {
        "W1" | "W2" | "W3" => &[Walks::StepByStep, Walks::AtOnce],
        _ => &[Walks::Quickest],
    }
}

/// What has to be said of figures, if anything.
#[must_use]
pub fn caution(adapter: &Adapter) -> Option<String> {
    adapter.is_software.then(|| {
        let name = name_of(adapter);
        format!(
            "The GPU, {name}, is a program on the CPU: these figures say nothing about the speed of a GPU. Steps are few; \
             products larger than {} and, unless they are named, the workloads G1, G2 and G3 are left out.",
            SIZES[0]
        )
    })
}

/// A name with what is known of the driver.
#[must_use]
pub fn name_of(adapter: &Adapter) -> String {
    let Adapter { name, driver, interface, .. } = adapter;
    match (name.is_empty(), driver.is_empty()) {
        (true, true) => interface.clone(),
        (true, false) => driver.clone(),
        (false, true) => name.clone(),
        (false, false) => format!("{name} ({driver})"),
    }
}

const fn word_for(walks: Walks) -> &'static str {
    match walks {
        Walks::Quickest => "quickest",
        Walks::StepByStep => "step-by-step",
        Walks::AtOnce => "at-once",
    }
}

/// What steps took.
struct Measured {
    summary: Summary,
    dispatches_per_step: f64,
    losses: Option<(f64, f64)>,
}

impl<'a, P: AsyncFn()> Session<'a, P> {
    /// Measures what the GPU does at best. Lines will be timed for `seconds` each, by `clock`, which counts
    /// milliseconds.
    ///
    /// # Errors
    /// If the GPU fails.
    pub async fn begin(
        gpu: &'a Gpu,
        location: &'a str,
        seconds: Option<f64>,
        clock: &'a dyn Fn() -> f64,
        pause: P,
    ) -> Result<Self, BenchError> {
        let peak_gflops = peak_gflops(gpu, clock, &pause).await?;
        let adapter = name_of(gpu.adapter());
        Ok(Self { gpu, location, seconds, clock, pause, peak_gflops, adapter })
    }

    /// Measures a workload with one way of walking through time.
    ///
    /// # Errors
    /// If it does not train, a loss is not finite, or the GPU fails.
    pub async fn workload(&self, workload: &Workload, walks: Walks) -> Result<Outcome<'_>, BenchError> {
        self.gpu.choose_walks(walks);
        let mut training = workload.build_on(self.gpu)?;
        let measured = self.measure(&mut training).await?;
        let record = self.record(workload.name, measured.summary, workload.flops);
        let device = self.on_device(Some(walks), measured.dispatches_per_step);
        Ok(Outcome { record: record.on_device(device), losses: measured.losses })
    }

    /// Measures a product. Returns the line.
    ///
    /// # Errors
    /// If the GPU fails.
    pub async fn product(&self, product: Product) -> Result<String, BenchError> {
        let repeats = if self.is_software() { 1 } else { product.repeats(PRODUCTS_FLOPS) };
        let mut products = Products::new(self.gpu, product, repeats);
        let Measured { summary: Summary { median, p10, p90 }, dispatches_per_step, .. } =
            self.measure(&mut products).await?;
        let share = f64::from(repeats);
        let summary = Summary { median: median / share, p10: p10 / share, p90: p90 / share };
        let device = self.on_device(None, dispatches_per_step / share);
        let name = product.name();
        Ok(self.record(&name, summary, product.flops()).on_device(device).to_json())
    }

    fn is_software(&self) -> bool {
        self.gpu.adapter().is_software
    }

    async fn measure(&self, work: &mut dyn Work) -> Result<Measured, BenchError> {
        let plan = self.plan();
        for _ in 0..IN_FLIGHT {
            self.step(work).await?;
        }
        let (before, mut steps, mut first_loss) = (self.gpu.dispatches(), 0, work.loss());
        let mut timing = Timing::begin(plan, self.clock);
        let summary = loop {
            self.step(work).await?;
            steps += 1;
            first_loss = first_loss.or(work.loss());
            if let Some(summary) = timing.count_step(self.clock) {
                break summary;
            }
        };
        let dispatches_per_step = (self.gpu.dispatches() - before) as f64 / f64::from(steps);
        Ok(Measured { summary, dispatches_per_step, losses: first_loss.zip(work.loss()) })
    }
    /// Begins a step, once the GPU has room for it.
    async fn step(&self, work: &mut dyn Work) -> Result<(), BenchError> {
        while work.step()?.is_pending() {
            (self.pause)().await;
        }
        Ok(())
    }

    fn plan(&self) -> Plan {
        match (self.seconds, self.is_software()) {
            (Some(seconds), false) => Plan::lasting(seconds),
            (None, false) => Plan::default(),
            (seconds, true) => Plan::brief(seconds.unwrap_or(SOFTWARE_SECONDS)),
        }
    }

    fn record<'b>(&'b self, name: &'b str, summary: Summary, flops: u64) -> Record<'b> {
        let place = Place { location: self.location, backend: BACKEND, peer: None, workers: 1 };
        Record::new(name, place, summary, flops, Some(self.peak_gflops), None)
    }

    fn on_device(&self, walks: Option<Walks>, dispatches_per_step: f64) -> OnDevice<'_> {
        let (adapter, is_software) = (self.adapter.as_str(), self.is_software());
        OnDevice { adapter, is_software, walks: walks.map(word_for), dispatches_per_step }
    }
}
