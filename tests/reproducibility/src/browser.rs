//! What a JavaScript engine calls: the page and the script in `tests/browser/engines`, and Node.

use crate::reports;
use wasm_bindgen::JsError;
use wasm_bindgen::prelude::wasm_bindgen;

/// Trains every case and returns the reports as a JSON array.
///
/// # Errors
/// If a loss is not finite.
#[wasm_bindgen(js_name = trainAll)]
pub fn train_all(seed: u32) -> Result<String, JsError> {
    console_error_panic_hook::set_once();
    Ok(reports(seed)?)
}
