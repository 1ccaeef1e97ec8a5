//! The gradient's norm over training, and where it is clipped.

use super::Card;
use super::race::with_entrants;
use crate::charts::Theme;
use crate::charts::gradient_norm::{GradientNormData, describe, draw_gradient_norm};
use crate::charts::race_norm::{self, ClippedEntrant, draw_race_norm};
use crate::page::use_page;
use crate::state::PageState;
use crate::widgets::{ChartBox, PaintOn};
use leptos::prelude::*;
use std::sync::Arc;

/// Global gradient norm and clipping threshold.
#[component]
pub fn GradientNorm() -> impl IntoView {
    let state = use_page().state;
    let theme: RwSignal<Theme> = expect_context();
    let progress = use_page().derive(|state| (state.progress(), clip_norms(state)));
    let step = use_page().derive(PageState::furthest_step);
    let words = use_page().derive(|state| match state.is_race() {
        true => with_clipped(state, race_norm::describe),
        false => describe(data(state)),
    });
    let watch = Arc::new(move || {
        progress.with(|_| ());
        theme.track();
    });
    let paint: PaintOn = Arc::new(move |surface| {
        state.with_untracked(|state| {
            theme.with_untracked(|theme| {
                if state.is_race() {
                    with_clipped(state, |entrants| {
                        surface.plot(theme, |area| draw_race_norm(area, entrants, theme));
                    });
                } else {
                    surface.plot(theme, |area| draw_gradient_norm(area, data(state), theme));
                }
            });
        });
    });
    view! {
        <Card title="Gradient norm" area="norm" caption=words>
            <div class="chart chart--norm" data-testid="gradient-norm">
                <ChartBox
                    label="Global gradient norm over training steps, logarithmic"
                    watch=watch
                    paint=paint
                    reading=words
                    position=Signal::derive(move || f64::from(step.get()))
                    last_position=Signal::derive(move || f64::from(step.get()))
                    point=Callback::new(|_| ())
                    key=Callback::new(|_| false)
                />
            </div>
        </Card>
    }
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
