//! Keys that work everywhere.

use crate::page::Page;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// What takes the space bar for itself.
const INTERACTIVE: &str = "a, button, input, select, textarea, summary, label, [contenteditable]";

/// Space plays and pauses, Escape dismisses an alert.
pub(super) fn listen(page: Page) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
        if has_modifier || event.repeat() || event.default_prevented() {
            return;
        }
        match event.key().as_str() {
            " " if !is_interactive(event.target()) => {
                event.prevent_default();
                page.toggle_play();
            }
            "Escape" if page.state.with_untracked(|state| state.alert.is_some()) => {
                page.state.update(|state| state.alert = None);
            }
            _ => {}
        }
    });
    on_cleanup(move || listener.remove());
}

fn is_interactive(target: Option<web_sys::EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| element.closest(INTERACTIVE).ok().flatten().is_some())
}
