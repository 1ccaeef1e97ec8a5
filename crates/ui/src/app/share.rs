//! The link to what is on the page: copied at once, or after choosing what it leaves out, also as a frame for
//! another page.

use crate::page::use_page;
use crate::panels::{Outline, outlines};
use crate::state::PageState;
use crate::widgets::{CopyButton, CopyField};
use leptos::html::{Dialog, Textarea};
use leptos::prelude::*;
use rnn_protocol::{DataSource, Link, Setting};
use std::collections::BTreeSet;

/// Height of a frame in CSS pixels: the controls and the first views.
const FRAME_HEIGHT: u32 = 760;

/// Copy link, and Share with its dialog.
#[component]
pub fn Share() -> impl IntoView {
    let page = use_page();
    let link = page.derive(PageState::link);
    let is_own = page.derive(|state| matches!(state.requested.data, DataSource::Own { .. }));
    // What the worker says of a run that no link gives again.
    let is_changed = page.derive(|state| {
        let notes = state.facts.as_ref().map_or(&[][..], |facts| &facts.notes);
        notes.iter().any(|note| note.starts_with("Changed on the way"))
    });
    let hidden = RwSignal::new(BTreeSet::<String>::new());
    let is_open = RwSignal::new(false);
    let dialog = NodeRef::<Dialog>::new();
    let address_field = NodeRef::<Textarea>::new();
    let frame_field = NodeRef::<Textarea>::new();

    let address = move |is_embedded: bool| {
        let mut link: Link = link.get();
        link.view.hidden = hidden.get();
        link.view.is_embedded = is_embedded;
        page.address_of(&link)
    };
    let open = move || {
        hidden.set(page.state.with_untracked(|state| state.view.hidden.clone()));
        if let Some(dialog) = dialog.get_untracked() {
            is_open.set(true);
            dialog.show_modal().ok();
        }
    };
    let fail = move |()| {
        open();
        // What the dialog holds is there by the next frame; a field that gets the focus selects its text.
        request_animation_frame(move || {
            if let Some(field) = address_field.get_untracked() {
                field.focus().ok();
            }
        });
    };
    let close = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let lab = page.derive(PageState::lab);
    let choices = move || {
        let choice = |outline| view! { <Choice outline=outline hidden=hidden /> };
        outlines(lab.get()).into_iter().map(choice).collect_view()
    };
    let content = move || {
        view! {
            <header class="sheet__header">
                <h2 class="sheet__title" id="share-title">
                    "Share this state"
                </h2>
                <button class="button button--small" type="button" on:click=close>
                    "Close"
                </button>
            </header>
            <p class="sheet__words">
                "The link holds the experiment and what the page shows of it. Whoever opens it trains the same network \
                 from the same seed, with the same digits."
            </p>
            <Show when=move || is_changed.get()>
                <p class="sheet__words">
                    "Settings of this run were changed on the way (see Data): the link begins with them as they are now,                      and its curve is another. A saved file goes on from this one."
                </p>
            </Show>
            <Show when=move || is_own.get()>
                <p class="sheet__words">
                    "Your own text stays here: the link only names it, and whoever opens the link is asked for it."
                </p>
            </Show>
            <fieldset class="sheet__choices">
                <legend class="sheet__legend">"Hide"</legend>
                {choices}
            </fieldset>
            <CopyField
                id="share-link"
                label="Link"
                text=Signal::derive(move || address(false))
                field=address_field
            />
            <CopyField
                id="share-frame"
                label="Frame for a course page"
                text=Signal::derive(move || frame(&address(true)))
                field=frame_field
            />
        }
    };
    view! {
        <div class="button-pair">
            <CopyButton
                label="Copy link"
                text=Callback::new(move |()| page.address_of(&link.get_untracked()))
                fail=Callback::new(fail)
            />
            <button
                class="button button--small"
                type="button"
                aria-haspopup="dialog"
                on:click=move |_| open()
            >
                "Share …"
            </button>
        </div>
        <dialog
            class="sheet"
            aria-labelledby="share-title"
            node_ref=dialog
            on:close=move |_| is_open.set(false)
        >
            <Show when=move || is_open.get()>{content}</Show>
        </dialog>
    }
}

/// A panel and its settings, each of which can be hidden.
#[component]
fn Choice(outline: Outline, hidden: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let is_panel_hidden = move || hidden.with(|hidden| hidden.contains(outline.key));
    let settings = outline.settings.iter().filter_map(|key| Setting::find(key).ok());
    let settings = settings.map(|setting| {
        view! {
            <Tick key=setting.key label=setting.label hidden=hidden disabled=Signal::derive(is_panel_hidden) />
        }
    });
    view! {
        <div class="sheet__choice" role="group" aria-label=outline.title>
            <Tick key=outline.key label=outline.title hidden=hidden disabled=Signal::stored(false) />
            <div class="sheet__settings">{settings.collect_view()}</div>
        </div>
    }
}

/// One control that can be hidden.
#[component]
fn Tick(
    key: &'static str,
    label: &'static str,
    hidden: RwSignal<BTreeSet<String>>,
    disabled: Signal<bool>,
) -> impl IntoView {
    let turn = move |is_hidden: bool| {
        hidden.update(|hidden| {
            if is_hidden {
                hidden.insert(key.to_owned())
            } else {
                hidden.remove(key)
            };
        });
    };
    view! {
        <label class="tick">
            <input
                class="tick__box"
                type="checkbox"
                disabled=move || disabled.get()
                prop:checked=move || hidden.with(|hidden| hidden.contains(key))
                on:change=move |event| turn(event_target_checked(&event))
            />
            {label}
        </label>
    }
}

/// What shows the page within another one.
fn frame(address: &str) -> String {
    let address = address.replace('&', "&amp;").replace('"', "&quot;");
    format!(
        "<iframe src=\"{address}\" title=\"RNN Playground\" width=\"100%\" height=\"{FRAME_HEIGHT}\" \
         style=\"border: 0\" allow=\"clipboard-write\"></iframe>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_leave_the_frames_attribute() {
        let frame = frame("https://host/a\"><script>/#v=1&lab=text");
        assert!(
            frame.starts_with("<iframe src=\"https://host/a&quot;><script>/#v=1&amp;lab=text\" title="),
            "{frame}"
        );
    }
}
