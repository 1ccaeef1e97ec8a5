//! A slider beside the field of a whole number.

use leptos::prelude::*;
use rnn_protocol::Range;

/// Chooses a number between two bounds. What is dragged counts when it is let go of.
#[component]
pub fn Slider(
    /// What is chosen, for a person.
    #[prop(into)]
    label: String,
    /// The bounds.
    range: Range<u32>,
    /// The number.
    value: Memo<String>,
    /// Called with the number that is chosen.
    choose: Callback<String>,
) -> impl IntoView {
    view! {
        <input
            class="slider"
            type="range"
            min=range.min
            max=range.max
            aria-label=label
            prop:value=move || value.get()
            on:change=move |event| choose.run(event_target_value(&event))
        />
    }
}
