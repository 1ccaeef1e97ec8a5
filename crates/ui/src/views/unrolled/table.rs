//! The followed unit's course as a table of numbers, for eyes, ears and programs.

use super::scene::Scene;
use crate::charts::heat_map::words_for;
use crate::charts::unrolled::Cell;
use crate::charts::unrolled::words::{self, TableRow, row_name};
use leptos::prelude::*;

/// A table that is made when it is opened. The look is then held, so that the numbers can be read.
#[component]
pub(super) fn UnitTable(scene: Scene) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let toggle = move |_| {
        is_open.update(|is_open| *is_open = !*is_open);
        if is_open.get_untracked() {
            scene.hold();
        }
    };
    // A table of hundreds of numbers is not made anew with every look and every step.
    Effect::new(move || {
        let is_held = scene.shown.get().is_some_and(|shown| shown.is_held);
        if !is_held && is_open.get_untracked() {
            is_open.set(false);
        }
    });
    let course = Memo::new(move |_| {
        let cell = scene.extent.get().clamp(scene.hand.selected.get().unwrap_or_default());
        Cell { step: 0, ..cell }
    });
    let title = move || {
        let cell = course.get();
        let row = scene.read(|snapshot| snapshot.map(|snapshot| row_name(&snapshot.header, cell.row)));
        let symbol =
            scene.shown.get().map_or("h", |shown| words_for(shown.quantity, scene.kind.get()).symbol);
        format!("{}, unit {}: {symbol} at every step", row.unwrap_or_default(), cell.unit)
    };
    view! {
        <div class="unit-table">
            <button
                class="button button--small"
                aria-expanded=move || is_open.get().to_string()
                disabled=move || scene.shown.get().is_none()
                on:click=toggle
            >
                {move || if is_open.get() { "Close the table" } else { "As a table" }}
            </button>
            <Show when=move || is_open.get()>
                <div class="unit-table__frame" tabindex="0" role="region" aria-label="The unit’s course">
                    <table data-testid="unit-table">
                        <caption>{title}</caption>
                        {move || body(scene, course.get())}
                    </table>
                </div>
            </Show>
        </div>
    }
}

fn body(scene: Scene, cell: Cell) -> impl IntoView {
    let symbol = scene.shown.get().map_or("h", |shown| words_for(shown.quantity, scene.kind.get()).symbol);
    let (columns, rows) = scene.read(|snapshot| {
        snapshot.map_or_else(Default::default, |snapshot| {
            (words::flow_columns(snapshot), words::table(snapshot, cell))
        })
    });
    let head = columns.iter().map(|(_, symbol)| view! { <th scope="col">{*symbol}</th> }).collect_view();
    view! {
        <thead>
            <tr>
                <th scope="col">"Step"</th>
                <th scope="col">"Reads"</th>
                <th scope="col">{symbol}</th>
                {head}
                <th scope="col">"True next"</th>
                <th scope="col">"p"</th>
                <th scope="col">"Guess"</th>
                <th scope="col">"p"</th>
            </tr>
        </thead>
        <tbody>{rows.into_iter().map(table_row).collect_view()}</tbody>
    }
}

fn table_row(row: TableRow) -> impl IntoView {
    let TableRow { step, symbol, value, flows, target, predicted } = row;
    let outcome = |outcome: Option<(String, String)>| {
        let (symbol, probability) = outcome.unwrap_or_default();
        view! {
            <td>{symbol}</td>
            <td>{probability}</td>
        }
    };
    view! {
        <tr>
            <th scope="row">{step}</th>
            <td>{symbol}</td>
            <td>{value}</td>
            {flows.into_iter().map(|flow| view! { <td>{flow}</td> }).collect_view()}
            {outcome(target)}
            {outcome(predicted)}
        </tr>
    }
}
