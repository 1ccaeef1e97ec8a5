//! The incoming weights of the unit: for each gate, those that weigh the most at this time step.

use super::numbers::operand;
use crate::charts::heat_map::words_for;
use crate::format::visible;
use crate::widgets::{Segment, Segmented};
use leptos::prelude::*;
use rnn_protocol::{CellLook, Quantity, Source, WeightReading};

/// What a weight reads, by name.
#[must_use]
pub fn source_name(look: &CellLook, symbol: &str, source: Source, index: u32) -> String {
    match (source, look.place.layer) {
        (Source::Input, 0) => format!("“{}”, number {index}", visible(symbol)),
        (Source::Input, layer) => format!("layer {layer}, unit {index}"),
        (Source::State, _) => format!("unit {index} before"),
    }
}

/// A weight that is to be changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightChoice {
    /// Which block of rows: the gate, in PyTorch's order.
    pub gate: usize,
    /// What it reads.
    pub source: Source,
    /// Which number of it.
    pub index: u32,
    /// What it is.
    pub weight: f32,
}

/// The weights of one gate, the gate to be chosen.
#[component]
pub fn Weights(
    /// The cell.
    #[prop(into)]
    look: Signal<Option<CellLook>>,
    /// Called with the weight that is to be changed.
    change: Callback<WeightChoice>,
) -> impl IntoView {
    let chosen = RwSignal::new(0_usize);
    let form = Memo::new(move |_| look.with(|look| look.as_ref().map(|look| look.form)));
    let gates = Memo::new(move |_| form.get().map_or(&[][..], |form| form.gates()));
    let gate = Memo::new(move |_| chosen.get().min(gates.get().len().saturating_sub(1)));
    let segments = Signal::derive(move || {
        let Some(form) = form.get() else { return Vec::new() };
        let kind = super::states::kind_of(form);
        let segment = |(index, &gate): (usize, &Quantity)| {
            let words = words_for(gate, kind);
            Segment { key: KEYS[index.min(KEYS.len() - 1)], label: words.symbol, spoken: Some(words.name) }
        };
        form.gates().iter().enumerate().map(segment).collect()
    });
    let choose = move |key: String| {
        chosen.set(KEYS.iter().position(|known| *known == key).unwrap_or(0));
    };
    let rows = move || {
        look.with(|look| {
            let look = look.as_ref()?;
            let reading = look.edited.as_ref().unwrap_or(&look.as_is);
            let products = &reading.unit.gates.get(gate.get())?.products;
            let greatest = products
                .first()
                .map_or(0.0, |product| (product.weight * product.value).abs())
                .max(f32::EPSILON);
            let row = |product: &WeightReading| {
                let name = source_name(look, &reading.symbol, product.source, product.index);
                row(name, *product, greatest, gate.get(), change)
            };
            Some(products.iter().map(row).collect_view())
        })
    };
    view! {
        <div class="cell-weights">
            <div class="cell-section__header">
                <h3 class="cell-section__title">"Incoming weights that weigh the most"</h3>
                <Segmented
                    name="cell-gate"
                    label="Gate whose weights are shown"
                    segments=segments
                    value=Signal::derive(move || KEYS[gate.get().min(KEYS.len() - 1)].to_owned())
                    choose=Callback::new(choose)
                />
            </div>
            <table class="cell-weights__table" data-testid="cell-weights">
                <thead>
                    <tr>
                        <th scope="col">"Reads"</th>
                        <th scope="col">"Weight"</th>
                        <th scope="col">"× what it reads"</th>
                        <th scope="col">"= its share"</th>
                        <th scope="col">
                            <span class="visually-hidden">"Change"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// Names of the gates' buttons.
const KEYS: [&str; 4] = ["0", "1", "2", "3"];

fn row(
    name: String,
    product: WeightReading,
    greatest: f32,
    gate: usize,
    change: Callback<WeightChoice>,
) -> impl IntoView + use<> {
    let WeightReading { source, index, weight, value } = product;
    let share = weight * value;
    let class = format!("cell-bar {}", super::flow::sign_class(f64::from(share)));
    let part = (share.abs() / greatest).min(1.0);
    let label = format!("Change the weight from {name}");
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td>{operand(f64::from(weight))}</td>
            <td>{operand(f64::from(value))}</td>
            <td class="cell-weights__share">
                <span class=class aria-hidden="true">
                    <span class="cell-bar__fill" style:--part=part.to_string()></span>
                </span>
                <span>{operand(f64::from(share))}</span>
            </td>
            <td>
                <button
                    type="button"
                    class="button button--small"
                    aria-label=label
                    on:click=move |_| change.run(WeightChoice { gate, source, index, weight })
                >
                    "Change"
                </button>
            </td>
        </tr>
    }
}
