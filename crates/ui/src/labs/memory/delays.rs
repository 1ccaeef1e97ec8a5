//! Recall against delay.

use crate::charts::delay_recall::{DelayRecallData, describe, draw_delay_recall, place_at, read_at, table};
use crate::charts::{Drawn, Theme};
use crate::export::Table;
use crate::state::PageState;
use crate::views::chart_card::{Chart, ChartCard, ChartWords, Stops};
use leptos::prelude::*;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend};
use rnn_protocol::RunId;

/// How the network does at delays that it was not trained at. The cursor goes from point to point.
#[derive(Debug, Clone, Copy)]
struct DelayChart;

impl Chart for DelayChart {
    type Version = (RunId, Option<(u32, usize)>, u32, usize);

    fn words(self) -> ChartWords {
        ChartWords {
            title: "Recall against delay",
            area: "delays",
            label: "Recall against delay, delays logarithmic",
            style: "recall",
            test_id: "delay-chart",
        }
    }

    fn version(self, state: &PageState) -> Self::Version {
        let history = &state.history;
        let curve = history.delays().map(|curve| (curve.step, curve.points.len()));
        (history.run, curve, trained_at(state), history.baselines().len())
    }

    fn draw<DB: DrawingBackend>(
        self,
        state: &PageState,
        cursor: Option<usize>,
        area: &DrawingArea<DB, Shift>,
        theme: &Theme,
    ) -> Drawn<DB> {
        let data = DelayRecallData { history: &state.history, trained_at: trained_at(state), cursor };
        draw_delay_recall(area, data, theme)
    }

    fn stops(self, state: &PageState) -> Stops {
        Stops::places(state.history.delays().map_or(0, |curve| curve.points.len()))
    }

    fn stop_at(self, state: &PageState, (part, _): (f64, f64)) -> Option<usize> {
        place_at(&state.history, part)
    }

    fn read(self, state: &PageState, at: usize) -> String {
        read_at(&state.history, at)
    }

    fn describe(self, state: &PageState) -> String {
        describe(&state.history, trained_at(state))
    }

    fn caption(self, state: &PageState, cursor: Option<usize>) -> String {
        match (state.history.delays(), cursor) {
            (None, _) => "Measured before training, every 500 steps, and when training pauses.".to_owned(),
            (Some(_), Some(at)) => self.read(state, at),
            (Some(curve), None) => format!(
                "The network after step {} on 256 fresh sequences of each delay; the line is the delay it learns.",
                curve.step
            ),
        }
    }

    fn table(self, state: &PageState) -> Table {
        table(&state.history)
    }

    fn file_name(self, state: &PageState) -> String {
        format!("recall-against-delay-step-{}", state.history.delays().map_or(0, |curve| curve.step))
    }
}

/// The card of recall against delay.
#[component]
pub fn DelayRecallCurve() -> impl IntoView {
    view! { <ChartCard chart=DelayChart /> }
}

fn trained_at(state: &PageState) -> u32 {
    state.facts.as_ref().map_or(state.requested.memory.delay, |facts| facts.experiment.memory.delay)
}
