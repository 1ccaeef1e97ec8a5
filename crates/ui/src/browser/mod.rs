//! The page's dealings with the browser: worker, address, canvas, clipboard, storage, files. Nothing here knows what
//! the page shows.

pub mod address;
pub mod appearance;
pub mod canvas;
pub mod clipboard;
pub mod data;
pub mod download;
pub mod focus;
pub mod helpers;
pub mod storage;
pub mod surface;
pub mod visibility;
pub mod worker;

/// Milliseconds on the clock, to pace what is shown.
#[must_use]
pub fn now() -> f64 {
    js_sys::Date::now()
}

/// What a failed call to the browser says, as far as it says anything.
#[must_use]
pub fn reason(error: &wasm_bindgen::JsValue) -> String {
    use wasm_bindgen::JsCast;
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "no reason given".to_owned()),
    }
}
