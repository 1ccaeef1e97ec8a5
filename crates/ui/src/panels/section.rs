//! A section that folds: open beside the views, closed below them on a phone.

use crate::browser::appearance::is_wide;
use leptos::prelude::*;

/// From this width on the panels stand beside the views (`page.css` says the same).
const WIDE_PIXELS: u32 = 900;

/// A titled section.
#[component]
pub fn Section(
    /// Its title.
    title: &'static str,
    /// What it says about itself when it is closed.
    #[prop(into)]
    summary: Signal<String>,
    /// What it holds.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="panel" open=is_wide(WIDE_PIXELS)>
            <summary class="panel__summary">
                <h2 class="panel__title">{title}</h2>
                <span class="panel__digest">{move || summary.get()}</span>
            </summary>
            <div class="panel__body">{children()}</div>
        </details>
    }
}
