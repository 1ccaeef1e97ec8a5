//! A text or a saved run may be dropped anywhere on the page.

use crate::page::use_page;
use leptos::ev;
use leptos::prelude::*;
use web_sys::DragEvent;

/// The notice that a file may be let go of, and what happens then.
#[component]
pub fn DropZone() -> impl IntoView {
    let page = use_page();
    // Entering a child fires before leaving its parent, so the depth is counted.
    let depth = RwSignal::new(0_i32);
    let over = window_event_listener(ev::dragover, |event| {
        if has_files(&event) {
            event.prevent_default();
        }
    });
    let enter = window_event_listener(ev::dragenter, move |event| {
        if has_files(&event) {
            depth.update(|depth| *depth += 1);
        }
    });
    let leave = window_event_listener(ev::dragleave, move |event| {
        if has_files(&event) {
            depth.update(|depth| *depth = (*depth - 1).max(0));
        }
    });
    let drop = window_event_listener(ev::drop, move |event| {
        depth.set(0);
        if !has_files(&event) {
            return;
        }
        event.prevent_default();
        let files = event.data_transfer().and_then(|transfer| transfer.files());
        if let Some(file) = files.and_then(|files| files.get(0)) {
            if file.name().to_lowercase().ends_with(".safetensors") {
                page.open_saved_file(file.name(), file.into());
            } else {
                page.use_own_text(file.name(), file.into());
            }
        }
    });
    on_cleanup(move || {
        for listener in [over, enter, leave, drop] {
            listener.remove();
        }
    });
    view! {
        <Show when=move || { depth.get() > 0 }>
            <div class="drop" aria-hidden="true">
                <p class="drop__words">"Drop a text to train on it, or a saved run to open it"</p>
            </div>
        </Show>
    }
}

fn has_files(event: &DragEvent) -> bool {
    event.data_transfer().is_some_and(|transfer| transfer.types().includes(&"Files".into(), 0))
}
