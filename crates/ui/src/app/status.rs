//! One sentence on how things stand, and the way back to the run before.

use crate::page::use_page;
use crate::state::{Connection, PageState};
use leptos::prelude::*;
use rnn_protocol::Command;

/// The line below the transport buttons.
#[component]
pub fn Status() -> impl IntoView {
    let page = use_page();
    let sentence = page.derive(PageState::status);
    let offer = page.derive(PageState::undo_offer);
    let tone = page.derive(|state| match (&state.connection, &state.alert) {
        (Connection::Broken { .. }, _) | (_, Some(_)) => "status status--trouble",
        _ if state.playing => "status status--training",
        _ => "status",
    });
    let undo = move || {
        offer.get().map(|offer| {
            let where_to = match offer.step {
                Some(step) => format!("Undo brings back the earlier run at step {step}."),
                None => "Undo brings back the earlier run.".to_owned(),
            };
            view! {
                <span class="status__offer">{where_to}</span>
                <button class="button button--small" type="button" on:click=move |_| page.send(&Command::Undo)>
                    "Undo"
                </button>
            }
        })
    };
    view! {
        <div class="transport__status">
            <p class=move || tone.get() data-testid="status" role="status" aria-live="polite">
                {move || sentence.get()}
            </p>
            <div class="transport__undo">{undo}</div>
        </div>
    }
}
