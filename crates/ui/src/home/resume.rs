//! The way back: to the run on stage, and to the work of a tab that is no more.

use crate::app::earlier_work::EarlierWorkOffer;
use crate::app::lede;
use crate::browser::address;
use crate::format::grouped;
use crate::page::use_page;
use crate::state::PageState;
use leptos::prelude::*;

/// Nothing where there is nothing to go back to.
#[component]
pub fn Resume() -> impl IntoView {
    let page = use_page();
    let left = page.derive(|state| left(state).map(|words| (words, state.link())));
    let card = move || {
        left.get().map(|(words, link)| {
            view! {
                <div class="offer">
                    <p class="offer__words">
                        <strong>"Continue where you left off: "</strong>
                        {words}
                    </p>
                    <div class="offer__actions">
                        <a class="button button--small" href=address::with_fragment(&link.to_fragment())>
                            "Continue"
                        </a>
                    </div>
                </div>
            }
        })
    };
    view! {
        <div class="home__resume" data-testid="resume">
            {card}
            <EarlierWorkOffer />
        </div>
    }
}

/// The run on stage in words, if it has taken a step.
fn left(state: &PageState) -> Option<String> {
    let facts = state.facts.as_ref().filter(|_| state.can_train() && state.step() > 0)?;
    let (lab, network) = (state.lab().description().name, lede::network(&facts.experiment));
    Some(format!("{lab}, {network}, step {}.", grouped(state.step().into())))
}
