//! Gradient flow through time.

use super::chart_card::{Chart, ChartCard, ChartWords, Stops};
use super::race::{ContenderLegend, looks, with_looks};
use crate::charts::gradient_flow::{
    GradientFlowData, describe, draw_gradient_flow, interpret, read_at, table,
};
use crate::charts::race_flow::{self, draw_race_flow};
use crate::charts::{Drawn, Theme};
use crate::export::Table;
use crate::page::use_page;
use crate::state::{Connection, PageState};
use leptos::prelude::*;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend};
use rnn_protocol::RunId;

/// How large the gradient still is at each time step; of all networks in a race.
#[derive(Debug, Clone, Copy)]
struct FlowChart;

impl Chart for FlowChart {
    type Version = (Vec<Option<(RunId, u32)>>, Option<u32>);

    fn words(self) -> ChartWords {
        ChartWords {
            title: "Gradient flow",
            area: "flow",
            label: "Gradient norm at each time step, logarithmic",
            style: "flow",
            test_id: "gradient-flow",
        }
    }

    fn version(self, state: &PageState) -> Self::Version {
        (looks(state), data(state, None).trace.map(|trace| trace.step))
    }

    fn draw<DB: DrawingBackend>(
        self,
        state: &PageState,
        cursor: Option<usize>,
        area: &DrawingArea<DB, Shift>,
        theme: &Theme,
    ) -> Drawn<DB> {
        if state.is_race() {
            with_looks(state, |networks| draw_race_flow(area, networks, cursor, theme))
        } else {
            draw_gradient_flow(area, data(state, cursor), theme)
        }
    }

    fn stops(self, state: &PageState) -> Stops {
        Stops::places(with_looks(state, race_flow::steps))
    }

    fn stop_at(self, state: &PageState, (part, _): (f64, f64)) -> Option<usize> {
        let steps = with_looks(state, race_flow::steps);
        (steps > 0).then(|| ((part * steps as f64) as usize).min(steps - 1))
    }

    fn read(self, state: &PageState, at: usize) -> String {
        match state.is_race() {
            true => with_looks(state, |networks| race_flow::read_at(networks, at)),
            false => read_at(data(state, None), at),
        }
    }

    fn describe(self, state: &PageState) -> String {
        match state.is_race() {
            true => with_looks(state, race_flow::describe),
            false => describe(data(state, None)),
        }
    }

    // A reading replaces the sentence while the cursor is out.
    fn caption(self, state: &PageState, cursor: Option<usize>) -> String {
        let sentence = match state.is_race() {
            true => Some(with_looks(state, race_flow::interpret)),
            false => state.snapshot.as_ref().and_then(interpret),
        };
        match cursor {
            Some(at) => self.read(state, at),
            None => sentence
                .unwrap_or_else(|| "Press Play or Step to see how far the gradient reaches back.".to_owned()),
        }
    }

    fn table(self, state: &PageState) -> Table {
        match state.is_race() {
            true => with_looks(state, race_flow::table),
            false => table(data(state, None)),
        }
    }

    fn file_name(self, state: &PageState) -> String {
        let step = state.snapshot.as_ref().map_or(0, |shown| shown.header.step);
        format!("gradient-flow-step-{step}")
    }
}

/// The card of the gradient flow.
#[component]
pub fn GradientFlow() -> impl IntoView {
    let page = use_page();
    // A fresh worker does not know what is asked about the gradient.
    let is_ready = page.derive(|state| state.connection == Connection::Ready);
    Effect::new(move || {
        if is_ready.get() {
            page.repeat_trace_request();
        }
    });
    view! { <ChartCard chart=FlowChart aside=legend() explanation=explanation() /> }
}

fn legend() -> AnyView {
    let is_race = use_page().derive(PageState::is_race);
    let layers =
        use_page().derive(|state| state.snapshot.as_ref().map_or(1, |shown| shown.header.layers as usize));
    let has_jacobians = use_page().derive(|state| state.tracing.request.has_jacobians);
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
                <Show when=move || has_jacobians.get()>
                    <li class="legend__item legend__item--jacobian">"‖∂h"<sub>"T"</sub>"/∂h"<sub>"t"</sub>"‖"</li>
                </Show>
            </ul>
        }
        .into_any()
    };
    legend.into_any()
}

fn explanation() -> AnyView {
    let page = use_page();
    let is_race = page.derive(PageState::is_race);
    let has_jacobians = page.derive(|state| state.tracing.request.has_jacobians);
    let is_estimated =
        page.derive(|state| state.tracing.trace.as_ref().is_some_and(|trace| trace.are_estimates));
    let turn = move |_| page.trace_gradient(|request| request.has_jacobians = !request.has_jacobians);
    let dashed = move || {
        match (has_jacobians.get(), is_estimated.get()) {
        (false, _) => String::new(),
        (true, false) => {
            " Dashed: of the recurrence alone, the Jacobians of its steps multiplied, worked out beside the training."
                .to_owned()
        }
        (true, true) => " Dashed: of the recurrence alone, the Jacobians of its steps, worked out beside the training \
             and for layers as wide as these estimated, a few hundredths too low at most."
            .to_owned(),
    }
    };
    view! {
        <div class="map-key">
            <p class="card__explanation">
                "How much of the last step’s error still reaches each earlier time step: ‖∂L"<sub>"T"</sub>"/∂h"
                <sub>"t"</sub>"‖"
                {move || match is_race.get() {
                    true => view! { " of each network’s uppermost layer." }.into_any(),
                    false => {
                        view! { ", thick. Thin: of the whole sequence’s, ‖∂L/∂h"<sub>"t"</sub>"‖." }.into_any()
                    }
                }} {dashed}
            </p>
            <Show when=move || !is_race.get()>
                <button type="button" class="button button--small" on:click=turn>
                    <span>
                        {move || if has_jacobians.get() { "Hide" } else { "Show" }} " ‖∂h"<sub>"T"</sub>"/∂h"
                        <sub>"t"</sub>"‖"
                    </span>
                </button>
            </Show>
        </div>
    }
    .into_any()
}

fn data(state: &PageState, cursor: Option<usize>) -> GradientFlowData<'_> {
    let trace = state.tracing.trace.as_ref().filter(|_| state.tracing.request.has_jacobians);
    GradientFlowData { snapshot: state.snapshot.as_ref(), trace, cursor }
}
