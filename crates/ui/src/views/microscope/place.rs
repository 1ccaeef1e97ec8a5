//! Which cell and unit are in view, to be stepped through.

use crate::page::use_page;
use leptos::html::Input;
use leptos::prelude::*;
use rnn_protocol::{CellLook, CellPlace};

/// One of the three ways to move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Layer,
    Step,
    Unit,
}

/// Layer, time step and unit.
#[component]
pub fn PlaceSteppers() -> impl IntoView {
    view! {
        <div class="cell-place">
            <Stepper axis=Axis::Layer />
            <Stepper axis=Axis::Step />
            <Stepper axis=Axis::Unit />
        </div>
    }
}

/// A number with a step down and a step up.
#[component]
fn Stepper(
    /// What it moves.
    axis: Axis,
) -> impl IntoView {
    let page = use_page();
    let shown =
        page.derive(move |state| state.microscope.look.as_ref().map_or((0, 0, 0), |look| axis.shown(look)));
    let problem = RwSignal::new(None::<String>);
    let field = NodeRef::<Input>::new();
    // Also when what was typed leads nowhere.
    let show = move || {
        if let Some(input) = field.get_untracked() {
            input.set_value(&shown.get_untracked().1.to_string());
        }
    };
    Effect::new(move || {
        field.track();
        shown.track();
        problem.set(None);
        show();
    });
    let go = move |number: u32| {
        let place = page.state.with_untracked(|state| state.microscope.look.as_ref().map(|look| look.place));
        if let Some(place) = place {
            page.look_at_cell(axis.moved(place, number));
        }
    };
    let submit = move |text: String| {
        let (first, _, last) = shown.get_untracked();
        match text.trim().parse::<u32>().ok().filter(|number| (first..=last).contains(number)) {
            Some(number) => {
                problem.set(None);
                go(number);
            }
            None => {
                problem.set(Some(format!("Whole numbers from {first} to {last}, not “{}”.", text.trim())));
            }
        }
    };
    let is_first = Memo::new(move |_| shown.get().1 <= shown.get().0);
    let is_last = Memo::new(move |_| shown.get().1 >= shown.get().2);
    let label = axis.label();
    let id = format!("cell-place-{}", label.replace(' ', "-").to_lowercase());
    view! {
        <div class="cell-stepper">
            <label class="cell-stepper__label" for=id.clone()>
                {label}
            </label>
            <button
                type="button"
                class="button button--small"
                aria-label=format!("{label} down")
                disabled=move || is_first.get()
                on:click=move |_| go(shown.get_untracked().1.saturating_sub(1))
            >
                "−"
            </button>
            <input
                class="input input--number"
                id=id
                node_ref=field
                type="text"
                inputmode="numeric"
                autocomplete="off"
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                on:change=move |event| submit(event_target_value(&event))
                on:keydown=move |event| {
                    let (first, number, last) = shown.get_untracked();
                    let to = match event.key().as_str() {
                        "ArrowUp" => number.saturating_add(1).min(last),
                        "ArrowDown" => number.saturating_sub(1).max(first),
                        _ => return,
                    };
                    event.prevent_default();
                    go(to);
                }
            />
            <button
                type="button"
                class="button button--small"
                aria-label=format!("{label} up")
                disabled=move || is_last.get()
                on:click=move |_| go(shown.get_untracked().1.saturating_add(1))
            >
                "+"
            </button>
            <p class="field__problem" role="alert">
                {move || problem.get()}
            </p>
        </div>
    }
}

impl Axis {
    fn label(self) -> &'static str {
        match self {
            Self::Layer => "Layer",
            Self::Step => "Time step",
            Self::Unit => "Unit",
        }
    }

    /// The first number, the present one and the last, as they are on screen: layers count from 1.
    fn shown(self, look: &CellLook) -> (u32, u32, u32) {
        let CellPlace { layer, step, unit } = look.place;
        match self {
            Self::Layer => (1, layer + 1, look.layers),
            Self::Step => (0, step, look.steps.saturating_sub(1)),
            Self::Unit => (0, unit, look.units.saturating_sub(1)),
        }
    }

    /// The place with this number on screen.
    fn moved(self, place: CellPlace, number: u32) -> CellPlace {
        match self {
            Self::Layer => CellPlace { layer: number.saturating_sub(1), ..place },
            Self::Step => CellPlace { step: number, ..place },
            Self::Unit => CellPlace { unit: number, ..place },
        }
    }
}
