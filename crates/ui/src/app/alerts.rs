//! What went wrong, over the page where it cannot be missed and moves nothing.

use crate::page::use_page;
use crate::state::{Alert, Connection, Notice, Remedy};
use leptos::prelude::*;

/// The alert, and what is said about the address, until they are dismissed.
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
    let notice = page.derive(|state| state.notice.clone());
    let notice = move || {
        notice.get().map(|Notice { title, sentences }| {
            let sentences = sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> });
            view! {
                <div class="alert">
                    <p class="alert__title">{title}</p>
                    <ul class="alert__message">{sentences.collect_view()}</ul>
                    <div class="alert__actions">
                        <button class="button" type="button" on:click=move |_| page.dismiss_notice()>
                            "Dismiss"
                        </button>
                    </div>
                </div>
            }
        })
    };
    view! {
        <div class="alerts" role="alert">
            {notice}
            {card}
        </div>
    }
}
