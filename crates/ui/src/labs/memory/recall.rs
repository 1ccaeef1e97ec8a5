//! Recall over training.

use crate::charts::recall::{RecallData, describe, draw_recall, read_at};
use crate::charts::{LEFT_GUTTER, RIGHT_GUTTER, Theme, axis::round_end};
use crate::page::use_page;
use crate::state::PageState;
use crate::views::Card;
use crate::widgets::{ChartBox, PaintOn};
use leptos::prelude::*;
use std::sync::Arc;

/// Recall on held-out sequences over steps, beside guessing.
#[component]
pub fn RecallCurve() -> impl IntoView {
    let page = use_page();
    let state = page.state;
    let theme: RwSignal<Theme> = expect_context();
    let cursor = RwSignal::new(None::<u32>);
    let size = RwSignal::new((0.0, 0.0));
    let progress = page.derive(|state| {
        let history = &state.history;
        (history.run, history.step(), history.held_out().len(), history.baselines().len())
    });
    let step = page.derive(PageState::step);
    let words = page.derive(|state| describe(&state.history));
    let reading = Memo::new(move |_| {
        let at = cursor.get().unwrap_or_else(|| step.get());
        state.with(|state| read_at(&state.history, at))
    });
    let watch = Arc::new(move || {
        progress.with(|_| ());
        cursor.with(|_| ());
        theme.track();
    });
    let paint: PaintOn = Arc::new(move |surface| {
        state.with_untracked(|state| {
            theme.with_untracked(|theme| {
                let data = RecallData { history: &state.history, cursor: cursor.get_untracked() };
                surface.plot(theme, |area| draw_recall(area, data, theme));
            });
        });
    });
    let point = move |place: Option<(f64, f64)>| {
        cursor.set(place.map(|(x, _)| {
            let width = size.get_untracked().0 - f64::from(LEFT_GUTTER + RIGHT_GUTTER);
            let part = ((x - f64::from(LEFT_GUTTER)) / width).clamp(0.0, 1.0);
            let end = round_end(f64::from(step.get_untracked()));
            ((part * end) as u32).min(step.get_untracked())
        }));
    };
    // From reading to reading.
    let key = move |key: String| {
        let steps: Vec<u32> = state
            .with_untracked(|state| state.history.held_out().iter().map(|reading| reading.step).collect());
        let at = cursor.get_untracked().unwrap_or_else(|| step.get_untracked());
        let next = match key.as_str() {
            "ArrowLeft" => steps.iter().rev().find(|&&step| step < at).or(steps.first()).copied(),
            "ArrowRight" => steps.iter().find(|&&step| step > at).or(steps.last()).copied(),
            "Home" => steps.first().copied(),
            "End" => steps.last().copied(),
            "Escape" => None,
            _ => return false,
        };
        cursor.set(next);
        true
    };
    view! {
        <Card title="Recall" area="recall" caption=words>
            <div class="chart chart--recall" data-testid="recall-chart">
                <ChartBox
                    label="Recall on held-out sequences over training steps"
                    watch=watch
                    paint=paint
                    reading=reading
                    position=Signal::derive(move || f64::from(cursor.get().unwrap_or_else(|| step.get())))
                    last_position=Signal::derive(move || f64::from(step.get()))
                    point=Callback::new(point)
                    key=Callback::new(key)
                    measured=size
                />
            </div>
        </Card>
    }
}
