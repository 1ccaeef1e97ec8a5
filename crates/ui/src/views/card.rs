//! The frame of a view.

use crate::export::ChartExport;
use crate::widgets::ExportMenu;
use leptos::prelude::*;

/// A titled card.
#[component]
pub fn Card(
    /// Its title.
    title: &'static str,
    /// Names its place in the layout.
    area: &'static str,
    /// One sentence on what one sees.
    #[prop(into)]
    caption: Signal<String>,
    /// Stands beside the title.
    #[prop(optional)]
    aside: Option<AnyView>,
    /// How it becomes files.
    #[prop(optional)]
    export: Option<ChartExport>,
    /// What it shows.
    children: Children,
) -> impl IntoView {
    let heading = format!("heading-{area}");
    let title_id = heading.clone();
    view! {
        <section class=format!("card card--{area}") aria-labelledby=heading>
            <header class="card__header">
                <h2 class="card__title" id=title_id>
                    {title}
                </h2>
                <div class="card__aside">
                    {aside} {export.map(|export| view! { <ExportMenu title=title export=export /> })}
                </div>
            </header>
            {children()}
            <p class="card__caption">{move || caption.get()}</p>
        </section>
    }
}
