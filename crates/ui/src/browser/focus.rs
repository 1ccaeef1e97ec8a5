//! Where reading begins after the page shows something else.

use leptos::prelude::request_animation_frame;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Goes to the top of the page, and has the keyboard go on from its main part, once that is there.
pub fn begin_at_main() {
    request_animation_frame(|| {
        let Some(window) = web_sys::window() else { return };
        let main = window.document().and_then(|document| document.query_selector("main").ok().flatten());
        if let Some(main) = main.and_then(|main| main.dyn_into::<HtmlElement>().ok()) {
            main.focus().ok();
        }
        window.scroll_to_with_x_and_y(0.0, 0.0);
    });
}
