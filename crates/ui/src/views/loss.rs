//! The loss curve.

use super::Rewind;
use super::chart_card::{Chart, ChartCard, ChartWords, Stops, step_under};
use super::race::{ContenderLegend, with_entrants};
use crate::charts::loss::{LossData, describe, draw_loss, end_step, read_at, table};
use crate::charts::race_loss::{self, RaceLossData, draw_race_loss};
use crate::charts::{Drawn, Theme};
use crate::export::Table;
use crate::page::use_page;
use crate::state::PageState;
use leptos::prelude::*;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend};
use rnn_protocol::RunId;

/// Loss over steps, beside the models that know no network; of all networks in a race.
#[derive(Debug, Clone, Copy)]
struct LossChart;

impl Chart for LossChart {
    type Version = (Vec<(RunId, u32, usize)>, usize);

    fn words(self) -> ChartWords {
        ChartWords {
            title: "Loss",
            area: "loss",
            label: "Loss curve over training steps",
            style: "loss",
            test_id: "loss-chart",
        }
    }

    fn version(self, state: &PageState) -> Self::Version {
        (state.progress(), state.history.baselines().len())
    }

    fn draw<DB: DrawingBackend>(
        self,
        state: &PageState,
        cursor: Option<usize>,
        area: &DrawingArea<DB, Shift>,
        theme: &Theme,
    ) -> Drawn<DB> {
        let cursor = cursor.map(|step| step as u32);
        if state.is_race() {
            with_entrants(state, |entrants| draw_race_loss(area, RaceLossData { entrants, cursor }, theme))
        } else {
            draw_loss(area, LossData { history: &state.history, cursor }, theme)
        }
    }

    fn stops(self, state: &PageState) -> Stops {
        Stops::steps(state.furthest_step())
    }

    fn stop_at(self, state: &PageState, (part, _): (f64, f64)) -> Option<usize> {
        let end = match state.is_race() {
            true => with_entrants(state, race_loss::end_step),
            false => end_step(&state.history),
        };
        Some(step_under(part, end, state.furthest_step()))
    }

    fn read(self, state: &PageState, at: usize) -> String {
        match state.is_race() {
            true => with_entrants(state, |entrants| race_loss::read_at(entrants, at as u32)),
            false => read_at(&state.history, at as u32),
        }
    }

    fn describe(self, state: &PageState) -> String {
        match state.is_race() {
            true => with_entrants(state, race_loss::describe),
            false => describe(&state.history),
        }
    }

    fn caption(self, state: &PageState, cursor: Option<usize>) -> String {
        self.read(state, cursor.unwrap_or(state.furthest_step() as usize))
    }

    fn table(self, state: &PageState) -> Table {
        match state.is_race() {
            true => with_entrants(state, race_loss::table),
            false => table(&state.history),
        }
    }

    fn file_name(self, state: &PageState) -> String {
        format!("loss-step-{}", state.furthest_step())
    }
}

/// The card of the loss curve, with the slider that goes back along it.
#[component]
pub fn LossCurve() -> impl IntoView {
    view! { <ChartCard chart=LossChart aside=legend() below=view! { <Rewind /> }.into_any() /> }
}

fn legend() -> AnyView {
    let is_race = use_page().derive(PageState::is_race);
    let has_held_out = use_page().derive(|state| state.lab().description().has_one_measure());
    let legend = move || {
        if is_race.get() {
            return view! { <ContenderLegend /> }.into_any();
        }
        view! {
            <ul class="legend">
                <li class="legend__item legend__item--train">"training"</li>
                <Show when=move || has_held_out.get()>
                    <li class="legend__item legend__item--held-out">"held out"</li>
                </Show>
            </ul>
        }
        .into_any()
    };
    legend.into_any()
}
