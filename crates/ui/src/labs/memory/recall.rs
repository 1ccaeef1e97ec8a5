//! Recall over training.

use crate::charts::axis::round_end;
use crate::charts::recall::{RecallData, describe, draw_recall, read_at, table};
use crate::charts::{Drawn, Theme};
use crate::export::Table;
use crate::state::PageState;
use crate::views::chart_card::{Chart, ChartCard, ChartWords, Stops, step_under};
use leptos::prelude::*;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend};
use rnn_protocol::RunId;

/// Recall on held-out sequences over steps, beside guessing. Keys lead from reading to reading.
#[derive(Debug, Clone, Copy)]
struct RecallChart;

impl Chart for RecallChart {
    type Version = (RunId, u32, usize, usize);

    fn words(self) -> ChartWords {
        ChartWords {
            title: "Recall",
            area: "recall",
            label: "Recall on held-out sequences over training steps",
            style: "recall",
            test_id: "recall-chart",
        }
    }

    fn version(self, state: &PageState) -> Self::Version {
        let history = &state.history;
        (history.run, history.step(), history.held_out().len(), history.baselines().len())
    }

    fn draw<DB: DrawingBackend>(
        self,
        state: &PageState,
        cursor: Option<usize>,
        area: &DrawingArea<DB, Shift>,
        theme: &Theme,
    ) -> Drawn<DB> {
        let cursor = cursor.map(|step| step as u32);
        draw_recall(area, RecallData { history: &state.history, cursor }, theme)
    }

    fn stops(self, state: &PageState) -> Stops {
        Stops::At(state.history.held_out().iter().map(|reading| reading.step as usize).collect())
    }

    fn stop_at(self, state: &PageState, (part, _): (f64, f64)) -> Option<usize> {
        let step = state.step();
        Some(step_under(part, round_end(f64::from(step)), step))
    }

    fn read(self, state: &PageState, at: usize) -> String {
        read_at(&state.history, at as u32)
    }

    fn describe(self, state: &PageState) -> String {
        describe(&state.history)
    }

    fn table(self, state: &PageState) -> Table {
        table(&state.history)
    }

    fn file_name(self, state: &PageState) -> String {
        format!("recall-step-{}", state.step())
    }
}

/// The card of recall over training.
#[component]
pub fn RecallCurve() -> impl IntoView {
    view! { <ChartCard chart=RecallChart /> }
}
