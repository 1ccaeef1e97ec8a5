//! What a page within another page has in place of its head: a way out.

use crate::page::use_page;
use crate::state::PageState;
use leptos::prelude::*;

/// A link to the same state in a window of its own.
#[component]
pub fn OpenOutside() -> impl IntoView {
    let page = use_page();
    let link = page.derive(PageState::link);
    let address = move || {
        let mut link = link.get();
        link.view.is_embedded = false;
        page.address_of(&link)
    };
    view! {
        <a class="outside" href=address target="_blank" rel="noopener">
            "Open in RNN Playground"
        </a>
    }
}
