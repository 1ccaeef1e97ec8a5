//! The most memory that was in use, in MiB.

/// Reads it: make one before the workload is built, ask once it has run.
#[derive(Debug)]
pub struct MemoryGauge {
    #[cfg(not(target_arch = "wasm32"))]
    start_mib: Option<f64>,
}

impl Default for MemoryGauge {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_arch = "wasm32")]
impl MemoryGauge {
    /// Nothing is subtracted in WebAssembly.
    #[must_use]
    pub fn new() -> Self {
        Self {}
    }

    /// The size of the module's memory, which never shrinks.
    #[must_use]
    pub fn peak_mib(&self) -> Option<f64> {
        const PAGES_PER_MIB: f64 = 16.0;
        Some(core::arch::wasm32::memory_size::<0>() as f64 / PAGES_PER_MIB)
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl MemoryGauge {
    /// Notes what the process takes before it has done anything.
    #[must_use]
    pub fn new() -> Self {
        Self { start_mib: status_mib("VmRSS:") }
    }

    /// The most that was resident since the process began, less what was at the start. Linux only.
    #[must_use]
    pub fn peak_mib(&self) -> Option<f64> {
        Some(status_mib("VmHWM:")? - self.start_mib?)
    }
}

/// A size in `/proc/self/status`, such as `VmHWM:      1234 kB`.
#[cfg(not(target_arch = "wasm32"))]
fn status_mib(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix(field))?.split_whitespace().next()?;
    Some(kib.parse::<f64>().ok()? / 1024.0)
}
