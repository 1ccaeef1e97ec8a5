//! The foot of the home page: where the data comes from.

use leptos::prelude::*;

/// Written by the command that prepares the data.
const CREDITS: &str = "static/data/CREDITS.md";

/// The foot.
#[component]
pub fn Footer() -> impl IntoView {
    view! {
        <footer class="home__footer">
            <p>
                "The same experiment and seed give the same numbers in every browser. "
                <a href=CREDITS>"Sources and licences of the data"</a>
            </p>
        </footer>
    }
}
