//! The hidden-state map: every unit at every time step, under the characters that were read.

use super::Card;
use super::hidden_map_picture::{Picture, paint_map};
use super::race::ChosenContender;
use crate::charts::Theme;
use crate::charts::heat_map::{Scale, quantities_of, words_for};
use crate::charts::map_layout::{Cell, Extent, MapLayout};
use crate::format::{capitalised, signed, visible};
use crate::page::use_page;
use crate::widgets::{ChartBox, PaintOn, Segment, Segmented};
use leptos::html::Div;
use leptos::prelude::*;
use rnn_protocol::{CellKind, CellPlace, Quantity, Snapshot};
use std::sync::Arc;

/// The map with its choice of quantity, its cursor and its legend.
#[component]
pub fn HiddenMap() -> impl IntoView {
    let page = use_page();
    let state = page.state;
    let theme: RwSignal<Theme> = expect_context();
    let chosen = RwSignal::new(Quantity::Hidden);
    let hovered = RwSignal::new(None::<Cell>);
    let pinned = RwSignal::new(Cell::default());
    let size = RwSignal::new((0.0, 0.0));
    let scroll = RwSignal::new(0.0);
    let scroller = NodeRef::<Div>::new();

    let kind =
        page.derive(|state| state.chosen_facts().map_or(CellKind::Lstm, |facts| facts.experiment.model.cell));
    let shown = page.derive(|state| {
        state.chosen_snapshot().map(|shown| (shown.header.run, shown.header.step, shown.header.quantity))
    });
    let extent = page
        .derive(|state| state.chosen_snapshot().map(|shown| Extent::of(&shown.header)).unwrap_or_default());
    let cursor = Memo::new(move |_| extent.get().clamp(hovered.get().unwrap_or_else(|| pinned.get())));
    let layout = move || MapLayout::new(extent.get_untracked(), size.get_untracked(), scroll.get_untracked());
    let full_width = Memo::new(move |_| MapLayout::new(extent.get(), size.get(), 0.0).full_width());
    let reading = Memo::new(move |_| {
        let (cell, kind) = (cursor.get(), kind.get());
        state.with(|state| read(state.chosen_snapshot(), cell, kind))
    });
    let words = page.derive(|state| {
        let kind = state.chosen_facts().map_or(CellKind::Lstm, |facts| facts.experiment.model.cell);
        describe(state.chosen_snapshot(), kind)
    });

    let choose = move |key: String| {
        if let Some(quantity) = quantity_of(&key) {
            chosen.set(quantity);
            page.view(quantity);
        }
    };
    // Another cell may not have the quantity, and a fresh worker knows no choice.
    Effect::new(move || {
        let run = page.state.with(|state| state.chosen_facts().map(|facts| facts.run));
        let quantities = quantities_of(kind.get());
        let quantity = chosen.get_untracked();
        if run.is_some() && quantity != Quantity::Hidden {
            let quantity = if quantities.contains(&quantity) { quantity } else { Quantity::Hidden };
            chosen.set(quantity);
            page.view(quantity);
        }
    });

    let watch = Arc::new(move || {
        shown.with(|_| ());
        cursor.with(|_| ());
        scroll.track();
        theme.track();
    });
    let offscreen = StoredValue::new_local(Picture::default());
    let paint: PaintOn = Arc::new(move |surface| {
        state.with_untracked(|state| {
            theme.with_untracked(|theme| {
                let snapshot = state.chosen_snapshot();
                offscreen.with_value(|offscreen| {
                    paint_map(surface, offscreen, snapshot, &layout(), cursor.get_untracked(), theme);
                });
            });
        });
    });
    let point = move |place: Option<(f64, f64)>| {
        hovered.set(place.and_then(|place| layout().cell_at(place, pinned.get_untracked())));
    };
    let press = move |place: (f64, f64)| {
        if let Some(cell) = layout().cell_at(place, pinned.get_untracked()) {
            pinned.set(cell);
            page.look_at_cell(place_of(cell));
        }
    };
    let key = move |key: String| {
        if key == "Enter" {
            page.look_at_cell(place_of(cursor.get_untracked()));
            return true;
        }
        let moved = extent.get_untracked().moved(cursor.get_untracked(), &key);
        if let Some(cell) = moved {
            hovered.set(None);
            pinned.set(cell);
            page.follow_cell(place_of(cell));
            if let Some(scroller) = scroller.get_untracked() {
                scroller.set_scroll_left(layout().scroll_to(cell.step) as i32);
            }
        }
        moved.is_some()
    };

    let segments = Signal::derive(move || {
        let kind = kind.get();
        let segment = |quantity: &Quantity| {
            let words = words_for(*quantity, kind);
            Segment { key: key_of(*quantity), label: words.symbol, spoken: Some(words.name) }
        };
        quantities_of(kind).iter().map(segment).collect::<Vec<_>>()
    });
    let choice = move || {
        view! {
            <Segmented
                name="quantity"
                label="Quantity"
                segments=segments
                value=Signal::derive(move || key_of(chosen.get()).to_owned())
                choose=Callback::new(choose)
            />
        }
        .into_any()
    };
    let explanation = move || {
        let words = words_for(chosen.get(), kind.get());
        format!("{}, {}: {}.", capitalised(words.name), words.symbol, words.meaning)
    };
    view! {
        <Card title="Inside the network" area="map" caption=reading aside=choice()>
            <div class="map-key">
                <p class="card__explanation">{explanation}</p>
                <ChosenContender />
                <MapLegend />
            </div>
            <div class="chart chart--map" data-testid="hidden-map">
                <div
                    class="chart__scroller"
                    node_ref=scroller
                    on:scroll=move |_| {
                        if let Some(scroller) = scroller.get_untracked() {
                            scroll.set(f64::from(scroller.scroll_left()));
                        }
                    }
                >
                    <ChartBox
                        label="Units at each time step; arrow keys move the cursor, Enter puts the cell under the microscope"
                        watch=watch
                        paint=paint
                        reading=reading
                        position=Signal::derive(move || cursor.get().step as f64)
                        last_position=Signal::derive(move || extent.get().steps.saturating_sub(1) as f64)
                        point=Callback::new(point)
                        press=Callback::new(press)
                        key=Callback::new(key)
                        measured=size
                    />
                    <div
                        class="chart__spacer"
                        style:width=move || format!("{}px", full_width.get().max(size.get().0).floor())
                    ></div>
                </div>
                <p class="visually-hidden">{move || words.get()}</p>
            </div>
        </Card>
    }
}

/// The colours of the quantity in view, with their numbers.
#[component]
pub fn MapLegend() -> impl IntoView {
    let scale = use_page().derive(|state| state.chosen_snapshot().map(scale_of));
    let scale = move || scale.get().unwrap_or(Scale { low: -1.0, high: 1.0 });
    let middle = move || scale().is_diverging().then_some("0");
    let class = move || match scale().is_diverging() {
        true => "scale scale--diverging",
        false => "scale scale--sequential",
    };
    let end = |value: f32| value.to_string().replace('-', "−");
    view! {
        <div class=class>
            <span>{move || end(scale().low)}</span>
            <span class="scale__bar">
                <span class="scale__middle">{middle}</span>
            </span>
            <span>{move || end(scale().high)}</span>
        </div>
    }
}

/// The colour scale of what a snapshot shows.
pub(super) fn scale_of(snapshot: &Snapshot) -> Scale {
    let header = &snapshot.header;
    let count = header.layers as usize * header.steps() * header.units as usize;
    Scale::of(header.quantity, &snapshot.values[..count])
}

fn place_of(Cell { layer, unit, step }: Cell) -> CellPlace {
    CellPlace { layer: layer as u32, step: step as u32, unit: unit as u32 }
}

fn read(snapshot: Option<&Snapshot>, cell: Cell, kind: CellKind) -> String {
    let Some(snapshot) = snapshot.filter(|snapshot| snapshot.header.value_count() > 0) else {
        return "Press Play or Step to look inside the network.".to_owned();
    };
    let units = snapshot.header.units as usize;
    let value = snapshot.unit_values(cell.layer).get(cell.step * units + cell.unit).copied();
    let symbol = snapshot.header.symbols.get(cell.step).map(|symbol| visible(symbol)).unwrap_or_default();
    format!(
        "Layer {}, unit {}, time step {}, reading “{symbol}”: {} = {}",
        cell.layer + 1,
        cell.unit,
        cell.step,
        words_for(snapshot.header.quantity, kind).symbol,
        signed(value.unwrap_or(f32::NAN))
    )
}

fn describe(snapshot: Option<&Snapshot>, kind: CellKind) -> String {
    let Some(snapshot) = snapshot else {
        return "Hidden-state map: no step taken yet.".to_owned();
    };
    let header = &snapshot.header;
    let words = words_for(header.quantity, kind);
    let mut text = format!(
        "Map of the {} after step {}: {} layers of {} units over {} time steps, reading “{}”.",
        words.name,
        header.step,
        header.layers,
        header.units,
        header.steps(),
        joined(&header.symbols)
    );
    for layer in 0..header.layers as usize {
        let values = snapshot.unit_values(layer);
        let mean = values.iter().map(|value| value.abs()).sum::<f32>() / values.len().max(1) as f32;
        text += &format!(" Layer {}: mean magnitude {mean:.2}.", layer + 1);
    }
    text
}

fn key_of(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Hidden => "hidden",
        Quantity::Cell => "cell",
        Quantity::InputGate => "input-gate",
        Quantity::ForgetGate => "forget-gate",
        Quantity::Candidate => "candidate",
        Quantity::OutputGate => "output-gate",
        Quantity::ResetGate => "reset-gate",
        Quantity::UpdateGate => "update-gate",
    }
}

fn quantity_of(key: &str) -> Option<Quantity> {
    let all = [CellKind::Lstm, CellKind::Gru].map(quantities_of);
    all.into_iter().flatten().copied().find(|quantity| key_of(*quantity) == key)
}

/// Letters side by side, words apart.
fn joined(symbols: &[String]) -> String {
    let has_words = symbols.iter().any(|symbol| symbol.chars().nth(1).is_some());
    symbols.join(if has_words { " " } else { "" })
}
