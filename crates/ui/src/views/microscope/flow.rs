//! The flow through the unit as a picture, and in words.

use super::diagram::{BOX, Diagram, Link, RADIUS, Value, WIDTH, deeds, diagram};
use super::numbers::result;
use super::symbols::pieces;
use leptos::prelude::*;
use rnn_protocol::{CellForm, UnitReading};

/// Picture and words.
#[component]
pub fn Flow(
    /// What the cell computes with, and what the unit computed.
    #[prop(into)]
    reading: Signal<Option<(CellForm, UnitReading)>>,
) -> impl IntoView {
    let picture =
        move || reading.with(|reading| reading.as_ref().map(|(form, unit)| svg(&diagram(*form, unit))));
    let words = move || {
        let deeds = reading.with(|reading| reading.as_ref().map(|(form, unit)| deeds(*form, unit)));
        deeds.unwrap_or_default().into_iter().map(|deed| view! { <li>{deed}</li> }).collect_view()
    };
    view! {
        <div class="cell-flow">
            {picture}
            <ul class="cell-flow__deeds" data-testid="cell-deeds">
                {words}
            </ul>
        </div>
    }
}

fn svg(picture: &Diagram) -> impl IntoView + use<> {
    let links = picture.links.iter().map(link).collect_view();
    let boxes = picture.boxes.iter().map(number_box).collect_view();
    let operations = picture.operations.iter().map(|operation| {
        let ((x, y), sign) = (operation.place, operation.sign);
        let class = if sign.len() > 2 { "cell-flow__sign cell-flow__sign--word" } else { "cell-flow__sign" };
        view! {
            <circle class="cell-flow__operation" cx=x cy=y r=RADIUS></circle>
            <text class=class x=x y=y>
                {sign}
            </text>
        }
    });
    // Names and numbers stand in the equations and sentences beside it.
    view! {
        <svg
            class="cell-flow__picture"
            viewBox=format!("0 0 {WIDTH} {}", picture.height)
            aria-hidden="true"
            focusable="false"
        >
            {links}
            {boxes}
            {operations.collect_view()}
        </svg>
    }
}

fn link(link: &Link) -> impl IntoView + use<> {
    let label = link.label.map(|(x, y)| {
        view! {
            <text class="cell-flow__label" x=x y=y>
                {result(link.value)}
            </text>
        }
    });
    let class = format!("cell-flow__link {}", sign_class(link.value));
    view! {
        <polyline class=class points=link.points() stroke-width=format!("{:.2}", link.thickness())></polyline>
        {label}
    }
}

fn number_box(value: &Value) -> impl IntoView + use<> {
    let ((x, y), (half_width, half_height)) = (value.place, BOX);
    let class = match value.is_gate {
        true => "cell-flow__box cell-flow__box--gate".to_owned(),
        false => format!("cell-flow__box {}", sign_class(value.value)),
    };
    let name = pieces(value.name).into_iter().map(|piece| {
        let class = if piece.is_subscript { "cell-flow__subscript" } else { "" };
        view! { <tspan class=class>{piece.letters}</tspan> }
    });
    view! {
        <rect
            class=class
            x=x - half_width
            y=y - half_height
            width=2.0 * half_width
            height=2.0 * half_height
            rx="5"
        ></rect>
        <text class="cell-flow__name" x=x y=y - 6.0>
            {name.collect_view()}
        </text>
        <text class="cell-flow__number" x=x y=y + 9.0>
            {result(value.value)}
        </text>
    }
}

/// The colour of a sign.
pub(super) fn sign_class(value: f64) -> &'static str {
    if value < 0.0 { "is-negative" } else { "is-positive" }
}
