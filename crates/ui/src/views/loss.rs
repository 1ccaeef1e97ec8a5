//! The loss curve.

use super::race::{ContenderLegend, with_entrants};
use super::{Card, Rewind};
use crate::charts::axis::round_end;
use crate::charts::loss::{LossData, describe, draw_loss, read_at};
use crate::charts::race_loss::{self, RaceLossData, draw_race_loss};
use crate::charts::{LEFT_GUTTER, RIGHT_GUTTER, Theme};
use crate::page::use_page;
use crate::state::PageState;
use crate::widgets::{ChartBox, PaintOn};
use leptos::prelude::*;
use std::sync::Arc;

/// Loss over steps, beside the models that know no network.
#[component]
pub fn LossCurve() -> impl IntoView {
    let state = use_page().state;
    let theme: RwSignal<Theme> = expect_context();
    let cursor = RwSignal::new(None::<u32>);
    let size = RwSignal::new((0.0, 0.0));
    let progress = use_page().derive(|state| (state.progress(), state.history.baselines().len()));
    let step = use_page().derive(PageState::furthest_step);
    let is_race = use_page().derive(PageState::is_race);
    let words = use_page().derive(|state| match state.is_race() {
        true => with_entrants(state, race_loss::describe),
        false => describe(&state.history),
    });
    let reading = Memo::new(move |_| {
        let at = cursor.get().unwrap_or_else(|| step.get());
        state.with(|state| match state.is_race() {
            true => with_entrants(state, |entrants| race_loss::read_at(entrants, at)),
            false => read_at(&state.history, at),
        })
    });

    let watch = Arc::new(move || {
        progress.with(|_| ());
        cursor.with(|_| ());
        theme.track();
    });
    let paint: PaintOn = Arc::new(move |surface| {
        state.with_untracked(|state| {
            theme.with_untracked(|theme| {
                let cursor = cursor.get_untracked();
                if state.is_race() {
                    with_entrants(state, |entrants| {
                        let data = RaceLossData { entrants, cursor };
                        surface.plot(theme, |area| draw_race_loss(area, data, theme));
                    });
                } else {
                    let data = LossData { history: &state.history, cursor };
                    surface.plot(theme, |area| draw_loss(area, data, theme));
                }
            });
        });
    });
    let point = move |place: Option<(f64, f64)>| {
        cursor.set(place.map(|(x, _)| {
            let width = size.get_untracked().0 - f64::from(LEFT_GUTTER + RIGHT_GUTTER);
            let part = ((x - f64::from(LEFT_GUTTER)) / width).clamp(0.0, 1.0);
            let end = round_end(f64::from(step.get_untracked()));
            ((part * end) as u32).clamp(1, step.get_untracked().max(1))
        }));
    };
    let key = move |key: String| {
        let last = step.get_untracked().max(1);
        let stride = (last / 100).max(1);
        let at = cursor.get_untracked().unwrap_or(last);
        let next = match key.as_str() {
            "ArrowLeft" => at.saturating_sub(stride).max(1),
            "ArrowRight" => at.saturating_add(stride).min(last),
            "Home" => 1,
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
    view! {
        <Card title="Loss" area="loss" caption=reading aside=legend.into_any()>
            <div class="chart chart--loss" data-testid="loss-chart">
                <ChartBox
                    label="Loss curve over training steps"
                    watch=watch
                    paint=paint
                    reading=reading
                    position=Signal::derive(move || f64::from(cursor.get().unwrap_or_else(|| step.get())))
                    last_position=Signal::derive(move || f64::from(step.get()))
                    point=Callback::new(point)
                    key=Callback::new(key)
                    measured=size
                />
                <p class="visually-hidden">{move || words.get()}</p>
            </div>
            <Rewind />
        </Card>
    }
}
