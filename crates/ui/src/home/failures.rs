//! The failure gallery, as links: each opens an experiment that goes wrong, in the lab that has its repair.

use crate::browser::address;
use leptos::prelude::*;
use rnn_protocol::{FAILURES, Failure, Link, ViewState};

/// Every failure.
#[component]
pub fn Failures() -> impl IntoView {
    view! {
        <section class="home__failures" aria-labelledby="failures-title">
            <header class="home__bar">
                <h2 class="home__title" id="failures-title">
                    "When training goes wrong"
                </h2>
                <p class="home__moving">"Open one, press Play and watch; its repair stands beside it."</p>
            </header>
            <ul class="failure-links">
                {FAILURES.iter().filter_map(entry).collect_view()}
            </ul>
        </section>
    }
}

/// Nothing for an experiment that cannot be opened.
fn entry(failure: &'static Failure) -> Option<impl IntoView> {
    let link = Link { experiment: failure.experiment().ok()?, view: ViewState::default() };
    Some(view! {
        <li class="failure-link">
            <a href=address::with_fragment(&link.to_fragment())>{failure.title}</a>
            <p class="failure-link__sight">{failure.sight}</p>
        </li>
    })
}
