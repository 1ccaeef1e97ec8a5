//! Work of a tab that is no more, offered in one sentence.

use crate::browser::now;
use crate::page::use_page;
use leptos::prelude::*;

/// The offer, until it is taken or declined.
#[component]
pub fn EarlierWorkOffer() -> impl IntoView {
    let page = use_page();
    let offer = page.derive(|state| state.keeping.offer.clone());
    let card = move || {
        offer.get().map(|offer| {
            view! {
                <div class="offer">
                    <p class="offer__words">{offer.sentence(now())}</p>
                    <div class="offer__actions">
                        <button class="button button--small" type="button" on:click=move |_| page.restore_earlier()>
                            "Restore"
                        </button>
                        <button class="button button--small" type="button" on:click=move |_| page.decline_earlier()>
                            "Start fresh"
                        </button>
                    </div>
                </div>
            }
        })
    };
    view! {
        <div role="status" data-testid="earlier-work">
            {card}
        </div>
    }
}
