//! Gradient flow through time.

use super::Card;
use super::race::{ContenderLegend, looks, with_looks};
use crate::charts::gradient_flow::{
    GradientFlowData, describe, draw_gradient_flow, interpret, read_at, table,
};
use crate::charts::race_flow::{self, draw_race_flow};
use crate::charts::{LEFT_GUTTER, RIGHT_GUTTER, Theme};
use crate::export::{ChartExport, svg};
use crate::page::use_page;
use crate::state::PageState;
use crate::widgets::{ChartBox, PaintOn};
use leptos::prelude::*;
use rnn_protocol::Snapshot;
use std::sync::Arc;

/// How large the gradient still is at each time step.
#[component]
pub fn GradientFlow() -> impl IntoView {
    let state = use_page().state;
    let theme: RwSignal<Theme> = expect_context();
    let cursor = RwSignal::new(None::<usize>);
    let size = RwSignal::new((0.0, 0.0));
    let is_race = use_page().derive(PageState::is_race);
    let shown = use_page().derive(looks);
    let steps = use_page().derive(|state| with_looks(state, race_flow::steps));
    let layers =
        use_page().derive(|state| state.snapshot.as_ref().map_or(1, |shown| shown.header.layers as usize));
    let words = use_page().derive(|state| match state.is_race() {
        true => with_looks(state, race_flow::describe),
        false => describe(state.snapshot.as_ref()),
    });
    let sentence = use_page().derive(|state| match state.is_race() {
        true => Some(with_looks(state, race_flow::interpret)),
        false => state.snapshot.as_ref().and_then(interpret),
    });
    let at = move || cursor.get().unwrap_or_else(|| steps.get().saturating_sub(1));
    let reading = Memo::new(move |_| {
        let at = at();
        state.with(|state| match state.is_race() {
            true => with_looks(state, |networks| race_flow::read_at(networks, at)),
            false => read(state.snapshot.as_ref(), at),
        })
    });

    let watch = Arc::new(move || {
        shown.with(|_| ());
        cursor.with(|_| ());
        theme.track();
    });
    let paint: PaintOn = Arc::new(move |surface| {
        state.with_untracked(|state| {
            theme.with_untracked(|theme| {
                let cursor = cursor.get_untracked();
                if state.is_race() {
                    with_looks(state, |networks| {
                        surface.plot(theme, |area| draw_race_flow(area, networks, cursor, theme));
                    });
                } else {
                    let data = GradientFlowData { snapshot: state.snapshot.as_ref(), cursor };
                    surface.plot(theme, |area| draw_gradient_flow(area, data, theme));
                }
            });
        });
    });
    let export = ChartExport {
        name: use_page()
            .derive(|state| {
                let step = state.snapshot.as_ref().map_or(0, |shown| shown.header.step);
                format!("gradient-flow-step-{step}")
            })
            .into(),
        table: Callback::new(move |()| {
            state.with_untracked(|state| match state.is_race() {
                true => with_looks(state, race_flow::table),
                false => table(state.snapshot.as_ref()),
            })
        }),
        paint: Arc::clone(&paint),
        size,
        svg: Some(Callback::new(move |size| {
            state.with_untracked(|state| {
                theme.with_untracked(|theme| {
                    if state.is_race() {
                        return with_looks(state, |networks| {
                            svg(size, theme, |area| draw_race_flow(area, networks, None, theme))
                        });
                    }
                    let data = GradientFlowData { snapshot: state.snapshot.as_ref(), cursor: None };
                    svg(size, theme, |area| draw_gradient_flow(area, data, theme))
                })
            })
        })),
    };
    let point = move |place: Option<(f64, f64)>| {
        let steps = steps.get_untracked();
        cursor.set(place.filter(|_| steps > 0).map(|(x, _)| {
            let width = size.get_untracked().0 - f64::from(LEFT_GUTTER + RIGHT_GUTTER);
            let part = ((x - f64::from(LEFT_GUTTER)) / width).clamp(0.0, 1.0);
            ((part * steps as f64) as usize).min(steps - 1)
        }));
    };
    let key = move |key: String| {
        let last = steps.get_untracked().saturating_sub(1);
        let at = cursor.get_untracked().unwrap_or(last);
        let next = match key.as_str() {
            "ArrowLeft" => at.saturating_sub(1),
            "ArrowRight" => (at + 1).min(last),
            "Home" => 0,
            "End" => last,
            "Escape" => {
                cursor.set(None);
                return true;
            }
            _ => return false,
        };
        cursor.set(Some(next));
        true
    };
    // A reading replaces the sentence while the cursor is out.
    let caption = Signal::derive(move || match (cursor.get(), sentence.get()) {
        (Some(_), _) => reading.get(),
        (None, Some(sentence)) => sentence,
        (None, None) => "Press Play or Step to see how far the gradient reaches back.".to_owned(),
    });
    let legend = move || {
        if is_race.get() {
            return view! { <ContenderLegend /> }.into_any();
        }
        view! {
            <ul class="legend">
                <For each=move || 0..layers.get() key=|layer| *layer let:layer>
                    <li class=format!("legend__item legend__item--series-{}", layer % 8 + 1)>
                        {format!("layer {}", layer + 1)}
                    </li>
                </For>
            </ul>
        }
        .into_any()
    };
    view! {
        <Card title="Gradient flow" area="flow" caption=caption aside=legend.into_any() export=export>
            <p class="card__explanation">
                "How much of the last step’s error still reaches each earlier time step: ‖∂L"<sub>"T"</sub>"/∂h"
                <sub>"t"</sub>"‖"
                {move || match is_race.get() {
                    true => view! { " of each network’s uppermost layer." }.into_any(),
                    false => {
                        view! { ", thick. Thin: of the whole sequence’s, ‖∂L/∂h"<sub>"t"</sub>"‖." }.into_any()
                    }
                }}
            </p>
            <div class="chart chart--flow" data-testid="gradient-flow">
                <ChartBox
                    label="Gradient norm at each time step, logarithmic"
                    watch=watch
                    paint=paint
                    reading=reading
                    position=Signal::derive(move || at() as f64)
                    last_position=Signal::derive(move || steps.get().saturating_sub(1) as f64)
                    point=Callback::new(point)
                    key=Callback::new(key)
                    measured=size
                />
                <p class="visually-hidden">{move || words.get()}</p>
            </div>
        </Card>
    }
}

fn read(snapshot: Option<&Snapshot>, step: usize) -> String {
    snapshot.map_or_else(|| "No step taken yet".to_owned(), |snapshot| read_at(snapshot, step))
}
