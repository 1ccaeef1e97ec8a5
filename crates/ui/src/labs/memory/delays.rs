//! Recall against delay.

use crate::charts::Theme;
use crate::charts::delay_recall::{DelayRecallData, describe, draw_delay_recall, read_at};
use crate::page::use_page;
use crate::state::PageState;
use crate::views::Card;
use crate::widgets::{ChartBox, PaintOn};
use leptos::prelude::*;
use std::sync::Arc;

/// How the network does at delays that it was not trained at.
#[component]
pub fn DelayRecallCurve() -> impl IntoView {
    let page = use_page();
    let state = page.state;
    let theme: RwSignal<Theme> = expect_context();
    let cursor = RwSignal::new(None::<usize>);
    let measured = page.derive(|state| {
        let history = &state.history;
        let curve = history.delays().map(|curve| (curve.step, curve.points.len()));
        (history.run, curve, trained_at(state), history.baselines().len())
    });
    let count = page.derive(|state| state.history.delays().map_or(0, |curve| curve.points.len()));
    let words = page.derive(|state| describe(&state.history, trained_at(state)));
    let last = move || count.get().saturating_sub(1);
    let reading = Memo::new(move |_| {
        let at = cursor.get().unwrap_or_else(last);
        state.with(|state| read_at(&state.history, at))
    });
    let caption = Signal::derive(move || match (cursor.get(), count.get()) {
        (_, 0) => "Measured before training, every 500 steps, and when training pauses.".to_owned(),
        (Some(_), _) => reading.get(),
        (None, _) => page.state.with(summary),
    });
    let watch = Arc::new(move || {
        measured.with(|_| ());
        theme.track();
    });
    let paint: PaintOn = Arc::new(move |surface| {
        state.with_untracked(|state| {
            theme.with_untracked(|theme| {
                let data = DelayRecallData { history: &state.history, trained_at: trained_at(state) };
                surface.plot(theme, |area| draw_delay_recall(area, data, theme));
            });
        });
    });
    let key = move |key: String| {
        let last = count.get_untracked().saturating_sub(1);
        let at = cursor.get_untracked().unwrap_or(last);
        let next = match key.as_str() {
            "ArrowLeft" => Some(at.saturating_sub(1)),
            "ArrowRight" => Some((at + 1).min(last)),
            "Home" => Some(0),
            "End" => Some(last),
            "Escape" => None,
            _ => return false,
        };
        cursor.set(next);
        true
    };
    view! {
        <Card title="Recall against delay" area="delays" caption=caption>
            <div class="chart chart--recall" data-testid="delay-chart">
                <ChartBox
                    label="Recall against delay, delays logarithmic"
                    watch=watch
                    paint=paint
                    reading=reading
                    position=Signal::derive(move || cursor.get().unwrap_or_else(last) as f64)
                    last_position=Signal::derive(move || last() as f64)
                    point=Callback::new(|_| ())
                    key=Callback::new(key)
                />
                <p class="visually-hidden" data-testid="delay-words">
                    {move || words.get()}
                </p>
            </div>
        </Card>
    }
}

fn trained_at(state: &PageState) -> u32 {
    state.facts.as_ref().map_or(state.requested.memory.delay, |facts| facts.experiment.memory.delay)
}

fn summary(state: &PageState) -> String {
    let step = state.history.delays().map_or(0, |curve| curve.step);
    format!(
        "The network after step {step} on 256 fresh sequences of each delay; the line is the delay it learns."
    )
}
