//! A section that folds: at first open beside the views, and closed below them on a phone.

use crate::browser::appearance::is_wide;
use crate::page::use_page;
use leptos::prelude::*;
use web_sys::Element;

/// From this width on the panels stand beside the views (`page.css` says the same).
const WIDE_PIXELS: u32 = 900;

/// Whether the window is wide enough for panels beside the views.
#[must_use]
pub fn is_window_wide() -> bool {
    is_wide(WIDE_PIXELS)
}

/// A titled section.
#[component]
pub fn Section(
    /// Its name in links.
    key: &'static str,
    /// Its title.
    title: &'static str,
    /// What it says about itself when it is closed.
    #[prop(into)]
    summary: Signal<String>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    let page = use_page();
    let is_open = page.derive(move |state| state.is_panel_open(key));
    // Also heard when the page itself has opened or closed it.
    let fold = move |event: web_sys::Event| {
        let has_opened = event_target::<Element>(&event).has_attribute("open");
        if has_opened != is_open.get_untracked() {
            page.fold_panel(key, has_opened);
        }
    };
    view! {
        <details class="panel" prop:open=move || is_open.get() on:toggle=fold>
            <summary class="panel__summary">
                <h2 class="panel__title">{title}</h2>
                <span class="panel__digest">{move || summary.get()}</span>
            </summary>
            <div class="panel__body">{children()}</div>
        </details>
    }
}
