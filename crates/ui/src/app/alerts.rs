//! What went wrong, over the page where it cannot be missed and moves nothing.

use crate::page::use_page;
use crate::state::{Alert, Connection, Remedy};
use leptos::prelude::*;

/// The alert, until it is dismissed.
#[component]
pub fn Alerts() -> impl IntoView {
    let page = use_page();
    let alert = page.derive(|state| state.alert.clone());
    let broken = page.derive(|state| match &state.connection {
        Connection::Broken { message, restartable } => Some((message.clone(), *restartable)),
        Connection::Starting | Connection::Ready => None,
    });
    let dismiss = move |_| page.state.update(|state| state.alert = None);
    let card = move || {
        if let Some((message, is_restartable)) = broken.get() {
            let restart = is_restartable.then(|| {
                view! {
                    <button class="button" type="button" on:click=move |_| page.start_worker()>
                        "Restart the worker"
                    </button>
                }
            });
            return Some(
                view! {
                    <div class="alert">
                        <p class="alert__title">"The network cannot be reached"</p>
                        <p class="alert__message">{message}</p>
                        {restart}
                    </div>
                }
                .into_any(),
            );
        }
        alert.get().map(|Alert { title, message, remedy }| {
            let help = remedy.map(|Remedy::TryGpuAgain| {
                view! {
                    <button class="button" type="button" on:click=move |_| page.retry_gpu()>
                        "Try the GPU again"
                    </button>
                }
            });
            view! {
                <div class="alert">
                    <p class="alert__title">{title}</p>
                    <p class="alert__message">{message}</p>
                    <div class="alert__actions">
                        {help}
                        <button class="button" type="button" on:click=dismiss>
                            "Dismiss"
                        </button>
                    </div>
                </div>
            }
            .into_any()
        })
    };
    view! {
        <div class="alerts" role="alert">
            {card}
        </div>
    }
}
