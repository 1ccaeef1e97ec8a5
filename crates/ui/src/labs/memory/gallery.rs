//! The failure gallery: one click opens an experiment that goes wrong, one more its repair.

use crate::page::use_page;
use crate::views::Card;
use leptos::prelude::*;
use rnn_protocol::{Experiment, FAILURES, Failure, SettingError};

/// Every failure with its repair.
#[component]
pub fn Gallery() -> impl IntoView {
    let caption = Signal::stored(
        "Each opens as a new run at step 0; press Play and watch. Undo brings the earlier run back."
            .to_owned(),
    );
    view! {
        <Card title="Failure gallery" area="gallery" caption=caption>
            <ul class="gallery">
                {FAILURES.iter().map(|failure| view! { <Entry failure=failure /> }).collect_view()}
            </ul>
        </Card>
    }
}

/// One failure.
#[component]
fn Entry(
    /// It.
    failure: &'static Failure,
) -> impl IntoView {
    let page = use_page();
    let open = move |experiment: Result<Experiment, SettingError>| match experiment {
        Ok(experiment) => page.open_afresh(experiment),
        Err(error) => page.state.update(|state| state.refuse("Not opened", error.to_string())),
    };
    let on_stage = move |experiment: Result<Experiment, SettingError>| {
        page.derive(move |state| {
            let shown = state.facts.as_ref().map(|facts| &facts.experiment);
            shown.is_some_and(|shown| experiment.as_ref().is_ok_and(|experiment| experiment == shown))
        })
    };
    let (is_failing, is_repaired) = (on_stage(failure.experiment()), on_stage(failure.repaired()));
    view! {
        <li class="gallery__entry" data-testid=format!("failure-{}", failure.word)>
            <h3 class="gallery__title">{failure.title}</h3>
            <p class="gallery__sight">{failure.sight}</p>
            <p class="gallery__reason">{failure.reason}</p>
            <p class="gallery__repair">
                <strong>"Repair: "</strong>
                {failure.repair}
            </p>
            <div class="gallery__buttons">
                <button
                    class="button button--small"
                    type="button"
                    aria-label=format!("Open: {}", failure.title)
                    aria-pressed=move || is_failing.get().to_string()
                    on:click=move |_| open(failure.experiment())
                >
                    "Open"
                </button>
                <button
                    class="button button--small"
                    type="button"
                    aria-label=format!("Open repaired: {}", failure.title)
                    aria-pressed=move || is_repaired.get().to_string()
                    on:click=move |_| open(failure.repaired())
                >
                    "Open repaired"
                </button>
            </div>
        </li>
    }
}
