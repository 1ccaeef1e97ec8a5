//! Keys that work everywhere.

use crate::page::Page;
use crate::state::{Direction, Screen};
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// What takes the space bar for itself.
const INTERACTIVE: &str = "a, button, input, select, textarea, summary, label, [contenteditable]";

/// Where Undo means what was typed.
const TEXT_FIELDS: &str = "input:not([type]), input[type=text], textarea, [contenteditable]";

/// Space plays and pauses, Escape dismisses what is said over the page, Ctrl or Cmd with Z undoes an edit, and
/// with Shift and Z, or with Y, does it again.
pub(super) fn listen(page: Page) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let is_home = page.state.with_untracked(|state| state.screen == Screen::Home);
        if event.default_prevented() || event.alt_key() || has_dialog() {
            return;
        }
        // What they would act on is not shown there.
        if is_home && event.key() != "Escape" {
            return;
        }
        if event.ctrl_key() || event.meta_key() {
            let direction = direction(&event.key(), event.shift_key());
            if let Some(direction) = direction.filter(|_| !is_within(&event, TEXT_FIELDS)) {
                event.prevent_default();
                page.travel(direction);
            }
            return;
        }
        if event.repeat() {
            return;
        }
        match event.key().as_str() {
            " " if !is_within(&event, INTERACTIVE) => {
                event.prevent_default();
                page.toggle_play();
            }
            "Escape" if page.state.with_untracked(|state| state.alert.is_some()) => {
                page.state.update(|state| state.alert = None);
            }
            "Escape" if page.state.with_untracked(|state| state.notice.is_some()) => page.dismiss_notice(),
            _ => {}
        }
    });
    on_cleanup(move || listener.remove());
}

fn direction(key: &str, is_shifted: bool) -> Option<Direction> {
    match key {
        "z" | "Z" if is_shifted => Some(Direction::Forward),
        "z" | "Z" => Some(Direction::Back),
        "y" | "Y" if !is_shifted => Some(Direction::Forward),
        _ => None,
    }
}

/// Whether a dialog lies over the page and takes the keys.
fn has_dialog() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.query_selector("dialog[open]").ok().flatten().is_some())
}

fn is_within(event: &KeyboardEvent, selector: &str) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| element.closest(selector).ok().flatten().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_every_system_undo_and_redo() {
        let keys = [("z", false), ("Z", true), ("z", true), ("y", false), ("y", true), ("x", false)];
        let found = keys.map(|(key, is_shifted)| direction(key, is_shifted));
        let (back, forward) = (Some(Direction::Back), Some(Direction::Forward));
        assert_eq!(found, [back, forward, forward, forward, None, None]);
    }
}
