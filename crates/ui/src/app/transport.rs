//! The transport bar: start, stop, step, begin again, and the numbers that matter.

use super::status::Status;
use crate::format::{NOTHING, capitalised};
use crate::page::use_page;
use crate::state::PageState;
use crate::widgets::Stat;
use leptos::prelude::*;
use rnn_protocol::{Command, Measure};

/// The bar that stays in reach.
#[component]
pub fn Transport() -> impl IntoView {
    let page = use_page();
    let playing = page.derive(|state| state.playing);
    let is_ready = page.derive(PageState::can_train);
    let step = page.derive(|state| state.step().to_string());
    let loss =
        page.derive(|state| number(&state.history.words().loss, state.history.last().map(|last| last.loss)));
    let held_out = page.derive(|state| {
        let history = &state.history;
        number(&history.words().held_out, history.held_out().last().map(|at| at.value))
    });
    let words = page.derive(|state| state.lab().description());
    let loss_unit = move || words.get().loss.unit.to_owned();
    let held_out_unit = move || words.get().held_out.unit.to_owned();
    let measured_on = move || capitalised(words.get().measured_on);
    let rate_unit = move || format!("{}/s", words.get().item.short);
    let rate = page.derive(|state| format!("{:.0}", state.items_per_second));
    let seed = page.derive(|state| {
        state.facts.as_ref().map_or_else(|| NOTHING.to_owned(), |facts| facts.experiment.seed.to_string())
    });
    let baselines = page.derive(|state| {
        let words = state.lab().description();
        let of = |name: &str| {
            let known = state.history.baselines().iter().find(|baseline| baseline.name == name);
            (name.to_owned(), number(&words.held_out, known.map(|baseline| baseline.value)))
        };
        let shown = state.history.baselines().iter().map(|baseline| baseline.name.as_str());
        let mut names: Vec<&str> = shown.collect();
        for expected in words.baselines {
            if !names.contains(expected) {
                names.push(expected);
            }
        }
        names.into_iter().map(of).collect::<Vec<_>>()
    });
    let play_label = move || if playing.get() { "Pause" } else { "Play" };
    let play_class = move || if playing.get() { "icon icon--pause" } else { "icon icon--play" };
    view! {
        <section class="transport" aria-label="Training">
            <div class="transport__buttons">
                <button
                    class="button button--primary"
                    type="button"
                    aria-keyshortcuts="Space"
                    disabled=move || !is_ready.get()
                    on:click=move |_| page.toggle_play()
                >
                    <span class=play_class aria-hidden="true"></span>
                    <span class="button__word">{play_label}</span>
                </button>
                <button
                    class="button"
                    type="button"
                    disabled=move || !is_ready.get() || playing.get()
                    on:click=move |_| page.send(&Command::Step)
                >
                    "Step"
                </button>
                <button
                    class="button"
                    type="button"
                    disabled=move || !is_ready.get()
                    on:click=move |_| page.reset()
                >
                    "Reset"
                </button>
            </div>
            <dl class="stats">
                <Stat label="Step" testid="step" value=step />
                <Stat label="Loss" testid="loss" value=loss unit=Signal::derive(loss_unit) />
                <Stat label=Signal::derive(measured_on) testid="validation-loss" value=held_out unit=Signal::derive(held_out_unit) />
                <For each=move || baselines.get() key=Clone::clone let:baseline>
                    <div class="stat stat--baseline">
                        <dt class="stat__label">{capitalised(&baseline.0)}</dt>
                        <dd class="stat__value">{baseline.1}</dd>
                    </div>
                </For>
                <Stat label="Speed" testid="rate" value=rate unit=Signal::derive(rate_unit) />
                <Stat label="Seed" testid="seed" value=seed />
            </dl>
            <Status />
        </section>
    }
}

fn number(measure: &Measure, shown: Option<f32>) -> String {
    shown.map_or_else(|| NOTHING.to_owned(), |shown| measure.write(shown))
}
