//! One line of JSON for each thing that was measured; the peers write the same fields.

use crate::measure::Summary;
use serde::Serialize;

/// Where and by what something ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// `native x86_64-linux`, or the browser and its version.
    pub location: &'a str,
    /// Which backend of ours, or which part of a peer.
    pub backend: &'a str,
    /// The engine, if it is not ours.
    pub peer: Option<&'a str>,
    /// Workers, or threads, that took each step together.
    pub workers: u32,
}

/// What is said of a measurement on a GPU besides.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OnDevice<'a> {
    /// The GPU and its driver.
    pub adapter: &'a str,
    /// Whether it is a program on the CPU, so that the figures say nothing about GPUs.
    pub is_software: bool,
    /// How recurrent layers walk through time: `step-by-step`, `at-once`, or `quickest`, as the backend chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub walks: Option<&'a str>,
    /// Kernels that are started for a step.
    pub dispatches_per_step: f64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record<'a> {
    workload: &'a str,
    #[serde(rename = "where")]
    location: &'a str,
    backend: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<&'a str>,
    workers: u32,
    /// The middle; for I1 of a token, for a matrix product of one.
    ms_per_step: f64,
    p10: f64,
    p90: f64,
    /// Nominal work ([`crate::flops`]) over the middle time.
    gflops: f64,
    /// Of the same instructions in one worker on the same machine a moment before or after; none where an
    /// engine chooses its instructions itself.
    peak_gflops: Option<f64>,
    fraction_of_peak: Option<f64>,
    peak_mib: Option<f64>,
    /// Copies of the program that ran side by side; the figures are those of all of them together.
    #[serde(skip_serializing_if = "Option::is_none")]
    processes: Option<u32>,
    #[serde(flatten)]
    device: Option<OnDevice<'a>>,
}

impl<'a> Record<'a> {
    /// A record of a step of `flops` operations.
    #[must_use]
    pub fn new(
        workload: &'a str,
        place: Place<'a>,
        summary: Summary,
        flops: u64,
        peak_gflops: Option<f64>,
        peak_mib: Option<f64>,
    ) -> Self {
        let gflops = flops as f64 / summary.median / 1e6;
        Self {
            workload,
            location: place.location,
            backend: place.backend,
            peer: place.peer,
            workers: place.workers,
            ms_per_step: rounded(summary.median),
            p10: rounded(summary.p10),
            p90: rounded(summary.p90),
            gflops: rounded(gflops),
            peak_gflops: peak_gflops.map(rounded),
            fraction_of_peak: peak_gflops.map(|peak| rounded(gflops / peak)),
            peak_mib: peak_mib.map(rounded),
            processes: None,
            device: None,
        }
    }

    /// The same, found by so many processes together.
    #[must_use]
    pub fn of_processes(self, processes: u32) -> Self {
        Self { processes: Some(processes), ..self }
    }

    /// The same, found on a GPU.
    #[must_use]
    pub fn on_device(self, device: OnDevice<'a>) -> Self {
        let dispatches_per_step = rounded(device.dispatches_per_step);
        Self { device: Some(OnDevice { dispatches_per_step, ..device }), ..self }
    }

    /// The line.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Only a map with keys that are not strings could fail, and there is none.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Four significant digits: more would be noise.
fn rounded(number: f64) -> f64 {
    format!("{number:.3e}").parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_these_fields_in_this_order() {
        let place = Place { location: "native", backend: "cpu", peer: None, workers: 1 };
        let summary = Summary { median: 50.004, p10: 48.0, p90: 61.0 };
        let record = Record::new("W1", place, summary, 1_308_622_848, Some(24.6), Some(12.0));
        assert_eq!(
            record.to_json(),
            r#"{"workload":"W1","where":"native","backend":"cpu","workers":1,"ms_per_step":50.0,"p10":48.0,"#
                .to_owned()
                + r#""p90":61.0,"gflops":26.17,"peak_gflops":24.6,"fraction_of_peak":1.064,"peak_mib":12.0}"#
        );
        let place = Place { peer: Some("burn"), workers: 2, ..place };
        let line = Record::new("W1", place, summary, 1, None, None).to_json();
        assert!(line.contains(r#""backend":"cpu","peer":"burn","workers":2,"ms_per_step""#), "{line}");
        assert!(line.ends_with(r#""peak_gflops":null,"fraction_of_peak":null,"peak_mib":null}"#), "{line}");
    }

    #[test]
    fn what_is_known_of_a_device_stands_at_the_end() {
        let place = Place { location: "native", backend: "gpu", peer: None, workers: 1 };
        let record = Record::new("W1", place, Summary { median: 2.0, p10: 1.0, p90: 3.0 }, 1, None, None);
        let device = OnDevice {
            adapter: "A card (its driver)",
            is_software: true,
            walks: Some("at-once"),
            dispatches_per_step: 71.0,
        };
        let line = record.clone().on_device(device).to_json();
        let end = r#","adapter":"A card (its driver)","is_software":true,"walks":"at-once","dispatches_per_step":71.0}"#;
        assert!(line.ends_with(end), "{line}");
        let line = record.of_processes(16).to_json();
        assert!(line.ends_with(r#""peak_mib":null,"processes":16}"#), "{line}");
    }
}
