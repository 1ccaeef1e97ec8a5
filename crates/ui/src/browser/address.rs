//! What the page's address asks for.

use rnn_protocol::{GpuChoice, UnknownGpuChoice};
use web_sys::UrlSearchParams;

/// `?gpu=off|auto|on`; nothing if the address does not say.
///
/// # Errors
/// If it says something else.
pub fn gpu_choice() -> Result<Option<GpuChoice>, UnknownGpuChoice> {
    parameter("gpu").map(|word| word.parse()).transpose()
}

fn parameter(name: &str) -> Option<String> {
    let query = web_sys::window()?.location().search().ok()?;
    UrlSearchParams::new_with_str(&query).ok()?.get(name)
}
