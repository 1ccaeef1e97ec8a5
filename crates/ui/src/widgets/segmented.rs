//! A choice between a few words, side by side.

use leptos::prelude::*;

/// One of the words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Segment {
    /// What is chosen.
    pub key: &'static str,
    /// What is on screen.
    pub label: &'static str,
    /// What is read out, where the label is only a letter.
    pub spoken: Option<&'static str>,
}

/// Radio buttons that look like one control.
#[component]
pub fn Segmented(
    /// Names the group within the document.
    #[prop(into)]
    name: String,
    /// What is chosen, for a person.
    #[prop(into)]
    label: String,
    /// The words.
    #[prop(into)]
    segments: Signal<Vec<Segment>>,
    /// The key of the chosen one.
    #[prop(into)]
    value: Signal<String>,
    /// Called with the key that is chosen.
    choose: Callback<String>,
) -> impl IntoView {
    let segment_view = move |segment: Segment| {
        let Segment { key, label, spoken } = segment;
        view! {
            <label class="segmented__option">
                <input
                    class="visually-hidden"
                    type="radio"
                    name=name.clone()
                    value=key
                    aria-label=spoken
                    prop:checked=move || value.get() == key
                    on:change=move |_| choose.run(key.to_owned())
                />
                <span class="segmented__label">{label}</span>
            </label>
        }
    };
    view! {
        <div class="segmented" role="radiogroup" aria-label=label>
            <For each=move || segments.get() key=Clone::clone children=segment_view />
        </div>
    }
}
