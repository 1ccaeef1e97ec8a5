//! Something that is on or off.

use leptos::prelude::*;

/// A checkbox that looks like a switch.
#[component]
pub fn Switch(
    /// Names it within the document.
    id: &'static str,
    /// What it switches, for a person.
    label: &'static str,
    /// Id of the element that says what it does.
    described_by: &'static str,
    /// Whether it is on.
    #[prop(into)]
    is_on: Signal<bool>,
    /// Called with what it is turned to.
    turn: Callback<bool>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label class="field__label" for=id>
                {label}
            </label>
            <div class="field__control">
                <input
                    class="switch"
                    type="checkbox"
                    role="switch"
                    id=id
                    aria-describedby=described_by
                    prop:checked=move || is_on.get()
                    on:change=move |event| turn.run(event_target_checked(&event))
                />
            </div>
        </div>
    }
}
