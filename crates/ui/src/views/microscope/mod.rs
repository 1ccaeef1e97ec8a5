//! A cell of the unrolled network under the microscope: every gate, candidate and state of one unit as numbers
//! and colours, its equations with the numbers filled in, its incoming weights, and what changes by hand lead
//! to. What is shown comes from the worker ([`rnn_protocol::CellLook`]); nothing is computed here.

mod asking;
pub mod change;
pub mod consequence;
pub mod diagram;
pub mod equations;
pub mod flow;
pub mod hand;
pub mod numbers;
pub mod place;
pub mod states;
pub mod strip;
pub mod symbols;
pub mod weights;

use super::{Card, CellInHand};
use crate::charts::unrolled::Cell;
use crate::format::visible;
use crate::page::{Page, use_page};
use crate::state::Connection;
use crate::widgets::ExportMenu;
use change::Target;
use consequence::Consequences;
use equations::{Equation, equations};
use flow::Flow;
use hand::{ByHand, Form};
use leptos::prelude::*;
use place::PlaceSteppers;
use rnn_protocol::{CellLook, CellPlace, CellReading, Source};
use states::{States, state_rows};
use strip::{Strip, export_of};
use symbols::formula;
use weights::{WeightChoice, Weights};

/// The card: closed until a cell is chosen.
#[component]
pub fn CellMicroscope() -> impl IntoView {
    let page = use_page();
    let is_open = page.derive(|state| state.microscope.inspection.is_some());
    let has_look = page.derive(|state| state.microscope.look.is_some());
    let caption = page.derive(|state| match (&state.microscope.look, &state.microscope.inspection) {
        (Some(look), Some(_)) => provenance(look),
        (None, Some(_)) => {
            "Press Play or Step: a cell is shown once the network has read a sequence.".to_owned()
        }
        (_, None) => {
            "Click a cell of the map above, or press Enter there, to see how it computes.".to_owned()
        }
    });
    // A fresh worker, and a new run, know nothing of the cell.
    let stage = page
        .derive(|state| (state.connection == Connection::Ready, state.facts.as_ref().map(|facts| facts.run)));
    Effect::new(move || {
        if stage.get().0 {
            page.repeat_inspection();
        }
    });
    follow_hand(page, expect_context());
    let toggle = move |_| {
        if is_open.get_untracked() {
            page.put_microscope_away();
        } else {
            page.look_at_cell(CellPlace::default());
        }
    };
    let aside = view! {
        <Show when=move || is_open.get() && has_look.get()>
            <ExportMenu title="Cell microscope" export=export_of(page) />
        </Show>
        <button
            type="button"
            class="button button--small"
            aria-expanded=move || is_open.get().to_string()
            on:click=toggle
        >
            {move || if is_open.get() { "Close" } else { "Look into a cell" }}
        </button>
    };
    view! {
        <Card title="Cell microscope" area="cell" caption=caption aside=aside.into_any()>
            <Show when=move || is_open.get() && has_look.get()>
                <Microscope />
            </Show>
        </Card>
    }
}

/// The cell.
#[component]
fn Microscope() -> impl IntoView {
    let page = use_page();
    let look = page.derive(|state| state.microscope.look.clone());
    let reading =
        Memo::new(move |_| look.with(|look| look.as_ref().map(|look| (look.form, shown(look).unit.clone()))));
    let rows = Memo::new(move |_| {
        look.with(|look| {
            let look = look.as_ref();
            look.map(|look| state_rows(look.form, &shown(look).unit, &look.as_is.unit)).unwrap_or_default()
        })
    });
    let is_edited =
        Memo::new(move |_| look.with(|look| look.as_ref().is_some_and(|look| look.edited.is_some())));
    let lines = Memo::new(move |_| {
        reading
            .with(|reading| reading.as_ref().map(|(form, unit)| equations(*form, unit)).unwrap_or_default())
    });
    let set_by_hand = move || {
        reading.with(|reading| {
            let unit = &reading.as_ref()?.1;
            let is_set = unit.handed_on.to_bits() != unit.hidden.to_bits();
            let number = numbers::result(f64::from(unit.handed_on));
            is_set.then(|| format!("It hands on {number} instead: h is set by hand."))
        })
    };
    let form = Form::default();
    let change_weight = move |choice: WeightChoice| {
        let is_input = choice.source == Source::Input;
        form.target.set(if is_input { Target::InputWeight } else { Target::StateWeight });
        form.gate.set(choice.gate);
        form.index.set(choice.index.to_string());
        form.value.set(numbers::operand(f64::from(choice.weight)));
        if let Some(field) = form.field.get_untracked() {
            // A field that cannot be gone to is filled in all the same.
            field.focus().ok();
            field.select();
        }
    };
    view! {
        <div class="cell" data-testid="cell">
            <PlaceSteppers />
            <div class="cell__columns">
                <section class="cell__column">
                    <Flow reading=reading />
                    <States rows=rows is_edited=is_edited />
                    <h3 class="cell-section__title">"All units of this cell"</h3>
                    <Strip look=look />
                </section>
                <section class="cell__column">
                    <h3 class="cell-section__title">"Its equations, with this unit’s numbers"</h3>
                    <ol class="cell-equations" data-testid="cell-equations">
                        {move || lines.get().into_iter().map(line).collect_view()}
                    </ol>
                    <p class="cell-section__words">{set_by_hand}</p>
                    <p class="cell-section__words">
                        "What goes in has six decimals, what comes out four: a calculator agrees to the last digit."
                    </p>
                </section>
            </div>
            <Weights look=look change=Callback::new(change_weight) />
            <ByHand form=form />
            <Consequences />
        </div>
    }
}

fn line(Equation { left, symbols, numbers, result }: Equation) -> impl IntoView {
    view! {
        <li class="cell-equation">
            <span class="cell-equation__symbols">
                {formula(left)} " = " {formula(symbols)}
            </span>
            <span class="cell-equation__numbers">
                "= " <span data-part="numbers">{numbers}</span> " = "
                <strong data-part="result">{result}</strong>
            </span>
        </li>
    }
}

/// With the changes by hand, where there are any.
fn shown(look: &CellLook) -> &CellReading {
    look.edited.as_ref().unwrap_or(&look.as_is)
}

/// Where the numbers come from.
fn provenance(look: &CellLook) -> String {
    let CellLook { step, weights_step, place, .. } = look;
    let symbol = visible(&shown(look).symbol);
    let weights = if weights_step + 1 == *step {
        "the weights that read it".to_owned()
    } else {
        format!("the weights after step {weights_step}")
    };
    let edited = if look.edited.is_some() { ", changed by hand" } else { "" };
    format!(
        "Layer {}, unit {}, time step {}, reading “{symbol}”: the sequence of training step {step}, read with \
         {weights}{edited}.",
        place.layer + 1,
        place.unit,
        place.step
    )
}

/// Looks into the cell that was opened in the unrolled network, and moves along with the one that is followed there.
fn follow_hand(page: Page, hand: CellInHand) {
    let place_of = |Cell { row, unit, step }: Cell| CellPlace {
        layer: row as u32,
        step: step as u32,
        unit: unit as u32,
    };
    Effect::new(move || {
        if let Some(cell) = hand.opened.get() {
            page.look_at_cell(place_of(cell));
            hand.opened.set(None);
        }
    });
    Effect::new(move || {
        if let Some(cell) = hand.selected.get() {
            page.follow_cell(place_of(cell));
        }
    });
}
