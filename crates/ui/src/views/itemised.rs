//! Which loss moved which state, worked out while the card is open.

use super::Card;
use super::chart_card::{Chart, ChartCard, ChartWords, Stops};
use crate::charts::itemised::{cell_at, describe, draw_itemised, greatest, moved, reach, read_at, table};
use crate::charts::{Drawn, Theme};
use crate::export::Table;
use crate::format::magnitude;
use crate::page::use_page;
use crate::state::PageState;
use leptos::html::Button;
use leptos::prelude::*;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend};
use rnn_protocol::{GradientTrace, MAX_ITEMISED_STEPS};

const TITLE: &str = "Which loss moved which state";
const AREA: &str = "itemised";

/// The triangle of ‖∂L_j/∂h_t‖.
#[derive(Debug, Clone, Copy)]
struct ItemisedChart;

impl Chart for ItemisedChart {
    type Version = Option<(u32, u32, u32)>;

    fn words(self) -> ChartWords {
        ChartWords {
            title: TITLE,
            area: AREA,
            label: "Gradient of each step’s loss by each earlier state; arrow keys go from cell to cell",
            style: "itemised",
            test_id: "itemised",
        }
    }

    fn version(self, state: &PageState) -> Self::Version {
        let trace = trace(state)?;
        Some((trace.step, trace.weights_step, trace.itemised.as_ref()?.layer))
    }

    fn draw<DB: DrawingBackend>(
        self,
        state: &PageState,
        cursor: Option<usize>,
        area: &DrawingArea<DB, Shift>,
        theme: &Theme,
    ) -> Drawn<DB> {
        draw_itemised(area, trace(state), cursor, theme)
    }

    fn stops(self, state: &PageState) -> Stops {
        let itemised = trace(state).and_then(|trace| trace.itemised.as_ref());
        Stops::places(itemised.map_or(0, |itemised| itemised.norms.len()))
    }

    fn stop_at(self, state: &PageState, place: (f64, f64)) -> Option<usize> {
        cell_at(steps(state), place)
    }

    fn moved(self, state: &PageState, cursor: Option<usize>, key: &str) -> Option<Option<usize>> {
        moved(steps(state), cursor, key)
    }

    fn read(self, state: &PageState, at: usize) -> String {
        read_at(trace(state), at)
    }

    fn describe(self, state: &PageState) -> String {
        describe(trace(state))
    }

    fn caption(self, state: &PageState, cursor: Option<usize>) -> String {
        let window = state.facts.as_ref().map_or(0, |facts| facts.sequence_length as usize);
        let trace = trace(state);
        match (trace.and_then(|trace| trace.itemised.as_ref()), cursor) {
            _ if window > MAX_ITEMISED_STEPS => format!(
                "Losses are told apart in windows of at most {MAX_ITEMISED_STEPS} steps; this one has {window}. A shorter \
                 sequence length takes effect at once."
            ),
            (Some(_), Some(at)) => read_at(trace, at),
            (Some(itemised), None) => {
                format!("{}{}", reach(itemised), trace.map(later_weights).unwrap_or_default())
            }
            (None, _) if trace.is_some() => {
                "This network is too large for its gradient to be taken apart in the memory that there is."
                    .to_owned()
            }
            (None, _) => "Press Step, or Play, to have a sequence taken apart.".to_owned(),
        }
    }

    fn table(self, state: &PageState) -> Table {
        table(trace(state))
    }

    fn file_name(self, state: &PageState) -> String {
        format!("losses-by-states-step-{}", trace(state).map_or(0, |trace| trace.step))
    }
}

/// The card: closed until it is asked for, since it takes a walk back for each step.
#[component]
pub fn ItemisedGradient() -> impl IntoView {
    let page = use_page();
    let is_open = page.derive(|state| state.tracing.request.itemised_layer.is_some());
    let is_race = page.derive(PageState::is_race);
    let button = NodeRef::<Button>::new();
    let toggle = move |_| {
        let is_opening = !is_open.get_untracked();
        page.trace_gradient(|request| request.itemised_layer = is_opening.then_some(0));
        // The button is another one from here on.
        request_animation_frame(move || {
            if let Some(button) = button.try_get_untracked().flatten() {
                button.focus().ok();
            }
        });
    };
    let switch = move |label: &'static str| {
        view! {
            <button
                type="button"
                class="button button--small"
                node_ref=button
                aria-expanded=move || is_open.get().to_string()
                on:click=toggle
            >
                {label}
            </button>
        }
    };
    move || match (is_race.get(), is_open.get()) {
        (true, _) => ().into_any(),
        (false, true) => {
            let aside = view! {
                <Layers />
                {switch("Close")}
            };
            view! { <ChartCard chart=ItemisedChart aside=aside.into_any() explanation=explanation() /> }
                .into_any()
        }
        (false, false) => {
            let caption = "Takes the gradient of one sequence apart by the steps whose losses it comes from."
                .to_owned();
            let caption = Signal::stored(caption);
            view! { <Card title=TITLE area=AREA caption=caption aside=switch("Take it apart").into_any()>""</Card> }
                .into_any()
        }
    }
}

/// The choice of the layer, where there are several.
#[component]
fn Layers() -> impl IntoView {
    let page = use_page();
    let layers = page.derive(|state| state.facts.as_ref().map_or(1, |facts| facts.experiment.model.layers));
    let chosen = page.derive(|state| state.tracing.request.itemised_layer.unwrap_or(0));
    let choose = move |event| {
        let layer = event_target_value(&event).parse::<u32>().unwrap_or(0);
        page.trace_gradient(|request| request.itemised_layer = Some(layer));
    };
    let option = move |layer: u32| {
        view! {
            <option value=layer.to_string() selected=move || chosen.get() == layer>
                {format!("Layer {}", layer + 1)}
            </option>
        }
    };
    move || {
        (layers.get() > 1).then(|| {
            view! {
                <select class="field__input field__input--small" aria-label="Layer of the map" on:change=choose>
                    {(0..layers.get()).map(option).collect_view()}
                </select>
            }
        })
    }
}

fn explanation() -> AnyView {
    let largest = use_page().derive(|state| {
        trace(state).and_then(|trace| trace.itemised.as_ref()).map(greatest).filter(|largest| *largest > 0.0)
    });
    let scale = move || {
        largest.get().map(|largest| {
            view! {
                <div class="scale scale--sequential">
                    <span>{magnitude(largest * 1e-6)}</span>
                    <span class="scale__bar"></span>
                    <span>{magnitude(largest)}</span>
                </div>
            }
        })
    };
    view! {
        <div class="map-key">
            <p class="card__explanation">
                "‖∂L"<sub>"j"</sub>"/∂h"<sub>"t"</sub>
                "‖: each row the loss of one time step j, each column the state of a step t before it, logarithmic. \
                 Added up over j, as vectors, a column is ∂L/∂h"<sub>"t"</sub>
                ". Truncation cuts the map off at the window’s first step: no loss moves an earlier state, and no later \
                 window’s loss is in it."
            </p>
            {scale}
        </div>
    }
    .into_any()
}

fn trace(state: &PageState) -> Option<&GradientTrace> {
    state.tracing.trace.as_ref()
}

fn steps(state: &PageState) -> usize {
    trace(state).filter(|trace| trace.itemised.is_some()).map_or(0, |trace| trace.symbols.len())
}

fn later_weights(trace: &GradientTrace) -> String {
    if trace.weights_step + 1 == trace.step {
        return format!(" The sequence of training step {}.", trace.step);
    }
    format!(
        " The sequence of training step {}, with the weights after step {}.",
        trace.step, trace.weights_step
    )
}
