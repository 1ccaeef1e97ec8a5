//! Sorting the units, finding one, and finding where it is highest.

use super::scene::Scene;
use crate::charts::heat_map::words_for;
use crate::charts::unrolled::search::{highest_steps, most_active_units};
use crate::charts::unrolled::words::{row_name, value_words};
use crate::charts::unrolled::{Cell, Criterion};
use crate::format::{signed, visible};
use leptos::prelude::*;

/// How many are listed.
const LISTED: usize = 6;

/// Something found that one can go to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Found {
    cell: Cell,
    words: String,
}

/// The order of the units, and what stands out.
#[component]
pub(super) fn Findings(scene: Scene) -> impl IntoView {
    let Scene { order, cursor, shown, extent, .. } = scene;
    let offered = Memo::new(move |_| {
        scene.read(|snapshot| {
            snapshot.map_or_else(
                || vec![Criterion::Number],
                |snapshot| Criterion::offered(&snapshot.header.symbols),
            )
        })
    });
    // A window without quotation marks does not take back the order that an earlier one gave.
    let criteria = Memo::new(move |_| {
        let (mut offered, chosen) = (offered.get(), order.with(|order| order.criterion));
        if !offered.contains(&chosen) {
            offered.push(chosen);
        }
        offered
    });
    let choose = move |event| {
        if let Some(criterion) = Criterion::from_key(&event_target_value(&event)) {
            scene.sort(criterion);
        }
    };
    let option = move |criterion: Criterion| {
        let is_chosen = move || order.with(|order| order.criterion == criterion);
        view! { <option value=criterion.key() prop:selected=is_chosen>{criterion.label()}</option> }
    };
    let is_sorted = move || order.with(|order| order.criterion != Criterion::Number);
    let sort_again = move |_| scene.sort(order.with_untracked(|order| order.criterion));

    // Following the cursor in hand, not the pointer: a list that changes under it cannot be clicked.
    let place = Memo::new(move |_| extent.get().clamp(scene.hand.selected.get().unwrap_or_default()));
    let highest = Memo::new(move |_| highest_of(scene, place.get()));
    let active = Memo::new(move |_| active_at(scene, place.get()));
    let unit_words = move || format!("Unit {} is highest at", place.get().unit);
    let step_words = move || {
        let name =
            scene.read(|snapshot| snapshot.map(|snapshot| row_name(&snapshot.header, place.get().row)));
        format!("{}, most active at step {}", name.unwrap_or_default(), place.get().step)
    };
    let follow = move |event| {
        if let Ok(unit) = event_target_value(&event).parse() {
            scene.select(Cell { unit, ..cursor.get_untracked() });
        }
    };
    view! {
        <div class="findings" class:findings--empty=move || shown.get().is_none()>
            <div class="findings__row">
                <label class="findings__label" for="unit-order">"Sort units by"</label>
                <select class="input findings__order" id="unit-order" on:change=choose>
                    <For each=move || criteria.get() key=|criterion| *criterion children=option />
                </select>
                <label class="findings__label" for="unit-number">"Follow unit"</label>
                <input
                    class="input input--number findings__unit"
                    id="unit-number"
                    type="number"
                    min="0"
                    prop:max=move || extent.get().units.saturating_sub(1).to_string()
                    prop:value=move || place.get().unit.to_string()
                    on:change=follow
                />
            </div>
            <Show when=is_sorted>
                <p class="findings__note" data-testid="order">
                    {move || order_words(scene, place.get().row)}
                    <button class="button button--small" on:click=sort_again>"Sort again"</button>
                </p>
            </Show>
            <FoundList title=Signal::derive(unit_words) found=highest scene=scene />
            <FoundList title=Signal::derive(step_words) found=active scene=scene />
        </div>
    }
}

/// A line of places to go to.
#[component]
fn FoundList(#[prop(into)] title: Signal<String>, found: Memo<Vec<Found>>, scene: Scene) -> impl IntoView {
    let item = move |found: Found| {
        let Found { cell, words } = found;
        view! {
            <li>
                <button class="found" on:click=move |_| {
                    scene.pause();
                    scene.select(cell);
                }>{words}</button>
            </li>
        }
    };
    view! {
        <div class="findings__line">
            <p class="findings__label">{move || title.get()}</p>
            <ul class="findings__list" aria-label=move || title.get()>
                <For each=move || found.get() key=Clone::clone children=item />
            </ul>
        </div>
    }
}

fn highest_of(scene: Scene, place: Cell) -> Vec<Found> {
    scene.read(|snapshot| {
        let Some(snapshot) = snapshot else { return Vec::new() };
        let found = |(step, value): (usize, f32)| {
            let symbol = visible(&snapshot.header.symbols[step]);
            let value = value_words(snapshot.header.quantity, value);
            Found { cell: Cell { step, ..place }, words: format!("step {step} “{symbol}” {value}") }
        };
        highest_steps(snapshot, place.row, place.unit, LISTED).into_iter().map(found).collect()
    })
}

fn active_at(scene: Scene, place: Cell) -> Vec<Found> {
    scene.read(|snapshot| {
        let Some(snapshot) = snapshot else { return Vec::new() };
        let found = |(unit, value): (usize, f32)| {
            let value = value_words(snapshot.header.quantity, value);
            Found { cell: Cell { unit, ..place }, words: format!("unit {unit} {value}") }
        };
        most_active_units(snapshot, place.row, place.step, LISTED).into_iter().map(found).collect()
    })
}

/// By what the units are sorted, and which stand first and last.
fn order_words(scene: Scene, row: usize) -> String {
    let symbol = scene.shown.get().map_or("h", |shown| words_for(shown.quantity, scene.kind.get()).symbol);
    let units = scene.extent.get().units;
    scene.order.with(|order| {
        let what = match order.criterion {
            Criterion::Mean => format!("mean {symbol}"),
            other => format!("correlation r of {symbol} with {}", other.label()),
        };
        let end = |position: usize| {
            let unit = order.unit_at(row, position);
            format!("unit {unit} ({})", order.score(row, unit).map_or_else(String::new, signed))
        };
        let ends = format!("from {} on top to {}", end(0), end(units.saturating_sub(1)));
        format!("Sorted by {what} at step {}, {ends}.", scene.ordered_at.get())
    })
}
