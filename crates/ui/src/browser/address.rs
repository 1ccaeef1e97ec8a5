//! The page's address: what it asks for, and how it is written.

use rnn_protocol::{GpuChoice, UnknownGpuChoice};
use wasm_bindgen::prelude::*;
use web_sys::{History, Location, UrlSearchParams};

/// `?gpu=off|auto|on`; nothing if the address does not say.
///
/// # Errors
/// If it says something else.
pub fn gpu_choice() -> Result<Option<GpuChoice>, UnknownGpuChoice> {
    parameter("gpu").map(|word| word.parse()).transpose()
}

/// What stands behind the `#`, with it; empty if there is none.
#[must_use]
pub fn fragment() -> String {
    location().and_then(|location| location.hash().ok()).unwrap_or_default()
}

/// The address of this page with another fragment, whole: a relative one would lead to the site's folder,
/// which the page need not bear as its name.
#[must_use]
pub fn with_fragment(fragment: &str) -> String {
    let read = || -> Option<String> {
        let location = location()?;
        let query = location.search().ok()?;
        Some(format!("{}{}{query}", location.origin().ok()?, location.pathname().ok()?))
    };
    let page = read().unwrap_or_default();
    if fragment.is_empty() { page } else { format!("{page}#{fragment}") }
}

/// The address of the page without words. It ends in `#`, since the browser would load the page anew without.
#[must_use]
pub fn home() -> String {
    format!("{}#", with_fragment(""))
}

/// Puts this fragment into the address as a step of the browser's history.
pub fn push_fragment(fragment: &str) {
    if let Some(history) = history() {
        history.push_state_with_url(&JsValue::NULL, "", Some(&with_fragment(fragment))).ok();
    }
}

/// Puts this fragment into the address, without a step of the browser's history.
pub fn replace_fragment(fragment: &str) {
    if let Some(history) = history() {
        // A browser that thinks it too often refuses; the next change writes the address again.
        history.replace_state_with_url(&JsValue::NULL, "", Some(&with_fragment(fragment))).ok();
    }
}

/// Calls `notify` whenever the visitor changes the fragment, as long as the page lives.
pub fn listen(notify: impl FnMut() + 'static) {
    let listener = Closure::<dyn FnMut()>::new(notify);
    if let Some(window) = web_sys::window() {
        window.add_event_listener_with_callback("hashchange", listener.as_ref().unchecked_ref()).ok();
        listener.forget();
    }
}

fn parameter(name: &str) -> Option<String> {
    UrlSearchParams::new_with_str(&location()?.search().ok()?).ok()?.get(name)
}

fn history() -> Option<History> {
    web_sys::window().and_then(|window| window.history().ok())
}

fn location() -> Option<Location> {
    web_sys::window().map(|window| window.location())
}
