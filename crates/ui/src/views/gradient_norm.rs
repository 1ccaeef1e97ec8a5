//! The gradient's norm over training, and where it is clipped.

use super::chart_card::{Chart, ChartCard, ChartWords, Stops, step_under};
use super::race::with_entrants;
use crate::charts::axis::round_end;
use crate::charts::gradient_norm::{GradientNormData, describe, draw_gradient_norm, read_at, table};
use crate::charts::race_norm::{self, ClippedEntrant, draw_race_norm};
use crate::charts::{Drawn, Theme};
use crate::export::Table;
use crate::state::PageState;
use leptos::prelude::*;
use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, DrawingBackend};
use rnn_protocol::RunId;

/// Global gradient norm and clipping threshold; of all networks in a race.
#[derive(Debug, Clone, Copy)]
struct NormChart;

impl Chart for NormChart {
    type Version = (Vec<(RunId, u32, usize)>, f32, Vec<f32>);

    fn words(self) -> ChartWords {
        ChartWords {
            title: "Gradient norm",
            area: "norm",
            label: "Global gradient norm over training steps, logarithmic",
            style: "norm",
            test_id: "gradient-norm",
        }
    }

    fn version(self, state: &PageState) -> Self::Version {
        (state.progress(), clip_norm(state), clip_norms(state))
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
            with_clipped(state, |entrants| draw_race_norm(area, entrants, cursor, theme))
        } else {
            draw_gradient_norm(area, data(state), cursor, theme)
        }
    }

    fn stops(self, state: &PageState) -> Stops {
        Stops::steps(state.furthest_step())
    }

    fn stop_at(self, state: &PageState, (part, _): (f64, f64)) -> Option<usize> {
        let last = state.furthest_step();
        Some(step_under(part, round_end(f64::from(last)), last))
    }

    fn read(self, state: &PageState, at: usize) -> String {
        match state.is_race() {
            true => with_clipped(state, |entrants| race_norm::read_at(entrants, at as u32)),
            false => read_at(data(state), at as u32),
        }
    }

    fn describe(self, state: &PageState) -> String {
        match state.is_race() {
            true => with_clipped(state, race_norm::describe),
            false => describe(data(state)),
        }
    }

    fn table(self, state: &PageState) -> Table {
        match state.is_race() {
            true => with_clipped(state, race_norm::table),
            false => table(data(state)),
        }
    }

    fn file_name(self, state: &PageState) -> String {
        format!("gradient-norm-step-{}", state.furthest_step())
    }
}

/// The card of the gradient's norm.
#[component]
pub fn GradientNorm() -> impl IntoView {
    view! { <ChartCard chart=NormChart /> }
}

fn data(state: &PageState) -> GradientNormData<'_> {
    GradientNormData { history: &state.history, clip_norm: clip_norm(state) }
}

fn clip_norm(state: &PageState) -> f32 {
    state.facts.as_ref().map_or(0.0, |facts| facts.experiment.training.clip_norm)
}

fn clip_norms(state: &PageState) -> Vec<f32> {
    state.contenders().iter().map(|contender| contender.facts.experiment.training.clip_norm).collect()
}

fn with_clipped<T>(state: &PageState, read: impl FnOnce(&[ClippedEntrant<'_>]) -> T) -> T {
    let clip_norms = clip_norms(state);
    with_entrants(state, |entrants| {
        let clipped: Vec<ClippedEntrant<'_>> = entrants.iter().cloned().zip(clip_norms).collect();
        read(&clipped)
    })
}
