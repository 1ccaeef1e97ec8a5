//! One number of the walk in its table: coloured by its size, marked if the line in hand reads or computes it.

use super::line::cell;
use super::walker::{Mark, Walker};
use leptos::prelude::*;
use rnn_protocol::NumberPlace;

/// Stands where a number is not computed yet.
const AHEAD: &str = "·";

/// A cell of a table. A click goes to the line that computes it.
#[component]
pub fn NumberCell(
    /// The walk.
    walker: Walker,
    /// Where the number is.
    place: NumberPlace,
    /// A further class.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let mark = Memo::new(move |_| walker.mark(place));
    let value = Memo::new(move |_| walker.value(place));
    let text = move || match (mark.get(), value.get()) {
        (Mark::Ahead, _) | (_, None) => AHEAD.to_owned(),
        (_, Some(value)) => cell(value, place.is_gradient),
    };
    let classes = move || {
        let mark = match mark.get() {
            Mark::Result => "is-result",
            Mark::Operand => "is-operand",
            Mark::Ahead => "is-ahead",
            Mark::There => "",
        };
        let sign = if value.get().is_some_and(|value| value < 0.0) { "is-negative" } else { "" };
        format!("walk-number {class} {mark} {sign}")
    };
    let tint = move || {
        let scale = walker.scales.with(|scales| {
            let of = |scale: &&(_, bool, f64)| (scale.0, scale.1) == (place.number, place.is_gradient);
            scales.iter().find(of).map_or(1.0, |scale| scale.2)
        });
        let magnitude = value.get().map_or(0.0, f64::abs);
        let is_there = mark.get() != Mark::Ahead && scale > 0.0 && magnitude.is_finite();
        let tint = if is_there { (magnitude / scale).min(1.0) } else { 0.0 };
        format!("{:.0}%", tint * 100.0)
    };
    view! {
        <td
            class=classes
            style:--tint=tint
            data-place=key(place)
            on:click=move |_| walker.go_to_origin(place)
        >
            {text}
        </td>
    }
}

/// A place as one word, for those who look it up.
#[must_use]
pub fn key(place: NumberPlace) -> String {
    let NumberPlace { number, is_gradient, step, row, column } = place;
    let gradient = if is_gradient { "d-" } else { "" };
    let step = step.map_or_else(String::new, |step| format!("@{step}"));
    format!("{gradient}{number:?}{step}[{row},{column}]")
}
