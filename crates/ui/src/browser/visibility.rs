//! Whether anybody can see the tab.

use wasm_bindgen::prelude::*;
use web_sys::Document;

/// Whether it is out of sight.
#[must_use]
pub fn is_hidden() -> bool {
    document().is_some_and(|document| document.hidden())
}

/// Calls `notify` whenever that changes, as long as the page lives.
pub fn watch(notify: impl Fn(bool) + 'static) {
    let listener = Closure::<dyn FnMut()>::new(move || notify(is_hidden()));
    if let Some(document) = document() {
        let function = listener.as_ref().unchecked_ref();
        document.add_event_listener_with_callback("visibilitychange", function).ok();
        listener.forget();
    }
}

fn document() -> Option<Document> {
    web_sys::window()?.document()
}
