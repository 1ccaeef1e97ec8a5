//! Texts to be taken along: a button that copies one, and a field that shows it, too.

use crate::browser::clipboard;
use leptos::html::Textarea;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::time::Duration;

/// The button says so long that it has copied.
const COPIED_FOR: Duration = Duration::from_millis(2500);

/// A button that copies a text.
#[component]
pub fn CopyButton(
    /// What it says.
    label: &'static str,
    /// The text, asked for when it is pressed.
    text: Callback<(), String>,
    /// The browser does not allow it.
    fail: Callback<()>,
) -> impl IntoView {
    let has_copied = RwSignal::new(false);
    let copy = move |_| {
        let text = text.run(());
        spawn_local(async move {
            if clipboard::copy(&text).await {
                has_copied.try_set(true);
                set_timeout(
                    move || {
                        has_copied.try_set(false);
                    },
                    COPIED_FOR,
                );
            } else {
                fail.run(());
            }
        });
    };
    let done = move || if has_copied.get() { "Copied" } else { "" };
    view! {
        <button class="button button--small button--copy" type="button" aria-label=label on:click=copy>
            // Both words are there, so that the button keeps its width.
            <span class="button__state" data-hidden=move || has_copied.get().to_string()>
                {label}
            </span>
            <span class="button__state" data-hidden=move || (!has_copied.get()).to_string() aria-hidden="true">
                "Copied ✓"
            </span>
        </button>
        <span class="visually-hidden" role="status">
            {done}
        </span>
    }
}

/// A text that can be read, selected and copied.
#[component]
pub fn CopyField(
    /// Names it within the document.
    id: &'static str,
    /// What it is, for a person.
    label: &'static str,
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// The field itself, for those who select what is in it.
    field: NodeRef<Textarea>,
) -> impl IntoView {
    let is_refused = RwSignal::new(false);
    let select = move || {
        if let Some(field) = field.get_untracked() {
            field.focus().ok();
            field.select();
        }
    };
    let fail = move |()| {
        is_refused.set(true);
        select();
    };
    view! {
        <div class="copy">
            <label class="copy__label" for=id>
                {label}
            </label>
            <CopyButton
                label="Copy"
                text=Callback::new(move |()| text.get_untracked())
                fail=Callback::new(fail)
            />
            <textarea
                class="input copy__text"
                id=id
                rows="3"
                readonly
                spellcheck="false"
                node_ref=field
                prop:value=move || text.get()
                on:focus=move |_| select()
            ></textarea>
            <Show when=move || is_refused.get()>
                <p class="copy__refused" role="status">
                    "The browser does not let the page copy: press Ctrl+C, or on a Mac Cmd+C."
                </p>
            </Show>
        </div>
    }
}
