//! One sentence on how things stand, and the way back from there.

use super::undo::UndoRedo;
use crate::page::use_page;
use crate::state::{Connection, PageState};
use leptos::prelude::*;

/// The line below the transport buttons.
#[component]
pub fn Status() -> impl IntoView {
    let page = use_page();
    let sentence = page.derive(PageState::status);
    let tone = page.derive(|state| match (&state.connection, &state.alert) {
        (Connection::Broken { .. }, _) | (_, Some(_)) => "status status--trouble",
        _ if state.playing => "status status--training",
        _ => "status",
    });
    view! {
        <div class="transport__status">
            <p class=move || tone.get() data-testid="status" role="status" aria-live="polite">
                {move || sentence.get()}
            </p>
            <UndoRedo />
        </div>
    }
}
