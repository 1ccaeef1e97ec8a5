//! The way back through the edits, and forward again.

use crate::page::use_page;
use crate::state::{Direction, MoveOffer};
use leptos::prelude::*;

/// Undo and Redo, and what the one would bring back.
#[component]
pub fn UndoRedo() -> impl IntoView {
    let page = use_page();
    let back = page.derive(|state| state.offer(Direction::Back));
    let forward = page.derive(|state| state.offer(Direction::Forward));
    let promise = move || back.with(|offer| offer.as_ref().and_then(promise));
    view! {
        <div class="transport__undo">
            <span class="transport__promise">{promise}</span>
            <div class="button-pair">
                <button
                    class="button button--small"
                    type="button"
                    aria-keyshortcuts="Control+Z Meta+Z"
                    title=move || back.with(|offer| title("Undo", offer))
                    disabled=move || back.with(Option::is_none)
                    on:click=move |_| page.travel(Direction::Back)
                >
                    "Undo"
                </button>
                <button
                    class="button button--small"
                    type="button"
                    aria-keyshortcuts="Control+Shift+Z Meta+Shift+Z Control+Y"
                    title=move || forward.with(|offer| title("Redo", offer))
                    disabled=move || forward.with(Option::is_none)
                    on:click=move |_| page.travel(Direction::Forward)
                >
                    "Redo"
                </button>
            </div>
        </div>
    }
}

fn promise(offer: &MoveOffer) -> Option<String> {
    offer.run.map(|step| match step {
        Some(step) => format!("Undo brings back the earlier run at step {step}."),
        None => "Undo brings back the earlier run.".to_owned(),
    })
}

fn title(word: &str, offer: &Option<MoveOffer>) -> Option<String> {
    offer.as_ref().map(|offer| format!("{word}: {}", offer.edit))
}
