//! How large the gradient of each parameter is, before and after clipping.

use super::Card;
use super::race::ChosenContender;
use crate::charts::Theme;
use crate::charts::parameter_norms::{
    Clipping, ParameterNormsData, TOGETHER, bar_part, draw_parameter_norms, size_of, table,
};
use crate::export::{ChartExport, svg};
use crate::page::{Page, use_page};
use crate::state::PageState;
use leptos::prelude::*;
use std::sync::Arc;

/// One bar for each parameter, and one for all of them with the threshold of clipping, on one logarithmic scale.
#[component]
pub fn ParameterNorms() -> impl IntoView {
    let page = use_page();
    let names = page.derive(|state| {
        state.chosen_snapshot().map(|shown| shown.header.parameters.clone()).unwrap_or_default()
    });
    let norms = page.derive(|state| {
        state.chosen_snapshot().map(|shown| shown.parameter_norms().to_vec()).unwrap_or_default()
    });
    let threshold = page.derive(|state| state.requested.training.clip_norm);
    let clipping = Memo::new(move |_| norms.with(|norms| Clipping::of(norms, threshold.get())));
    let row = move |(index, name): (usize, String)| {
        let norm = Memo::new(move |_| norms.with(|norms| norms.get(index).copied().unwrap_or(0.0)));
        view! { <NormRow name=name norm=norm clipping=clipping /> }
    };
    let caption = move || {
        if names.with(Vec::is_empty) {
            "Press Play or Step to see which weights are told to move.".to_owned()
        } else {
            clipping.get().sentence()
        }
    };
    view! {
        <Card title="Gradients of the parameters" area="parameters" caption=Signal::derive(caption) aside=view! { <ChosenContender /> }.into_any() export=export_of(page)>
            <div class="bars" tabindex="0" role="group" aria-label="Gradient norm of each parameter">
                <ol class="bars__list">
                    <Show when=move || names.with(|names| !names.is_empty())>
                        <NormRow
                            name=TOGETHER.to_owned()
                            norm=Memo::new(move |_| clipping.get().norm)
                            clipping=clipping
                            has_threshold=true
                        />
                    </Show>
                    <For
                        each=move || names.get().into_iter().enumerate()
                        key=|(index, name)| (*index, name.clone())
                        children=row
                    />
                </ol>
            </div>
        </Card>
    }
}

/// A bar: solid what clipping leaves, pale what it takes away.
#[component]
fn NormRow(
    name: String,
    norm: Memo<f32>,
    clipping: Memo<Clipping>,
    /// Whether the threshold is marked on it.
    #[prop(optional)]
    has_threshold: bool,
) -> impl IntoView {
    let after = move || norm.get() * clipping.get().factor();
    let part = move |norm: f32| bar_part(norm, clipping.get().greatest()).to_string();
    let mark = move || {
        let threshold = clipping.get().threshold.filter(|_| has_threshold)?;
        Some(view! { <span class="bars__mark" style:--part=part(threshold)></span> })
    };
    let value = move || clipping.get().words(norm.get());
    view! {
        <li class="bars__row">
            <span class="bars__name">{name}</span>
            <span class="bars__track">
                <span class="bars__bar bars__bar--before" style:--part=move || part(norm.get())></span>
                <span class="bars__bar" style:--part=move || part(after())></span>
                {mark}
            </span>
            <span class="bars__value">{value}</span>
        </li>
    }
}

/// The bars as files: drawn, since the page's are elements.
fn export_of(page: Page) -> ChartExport {
    let theme: RwSignal<Theme> = expect_context();
    let count = page.derive(|state| with_data(state, |data| data.names.len()));
    let drawn = move |size| {
        page.state.with_untracked(|state| {
            theme.with_untracked(|theme| {
                with_data(state, |data| svg(size, theme, |area| draw_parameter_norms(area, data, theme)))
            })
        })
    };
    ChartExport {
        name: page
            .derive(|state| {
                let step = state.chosen_snapshot().map_or(0, |shown| shown.header.step);
                format!("parameter-gradients-step-{step}")
            })
            .into(),
        table: Callback::new(move |()| page.state.with_untracked(|state| with_data(state, table))),
        paint: Arc::new(move |surface| {
            page.state.with_untracked(|state| {
                theme.with_untracked(|theme| {
                    with_data(state, |data| {
                        surface.plot(theme, |area| draw_parameter_norms(area, data, theme));
                    });
                });
            });
        }),
        size: Signal::derive(move || size_of(count.get())),
        svg: Some(Callback::new(drawn)),
    }
}

fn with_data<T>(state: &PageState, read: impl FnOnce(ParameterNormsData<'_>) -> T) -> T {
    let (names, norms) = state
        .chosen_snapshot()
        .map_or((&[][..], &[][..]), |shown| (shown.header.parameters.as_slice(), shown.parameter_norms()));
    let clipping = Clipping::of(norms, state.requested.training.clip_norm);
    read(ParameterNormsData { names, norms, clipping })
}
