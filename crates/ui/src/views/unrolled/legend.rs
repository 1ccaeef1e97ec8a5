//! What colours and links mean, with their numbers.

use super::scene::Scene;
use crate::charts::heat_map::Scale;
use crate::charts::unrolled::{Pass, links};
use crate::format::magnitude;
use leptos::prelude::*;
use rnn_protocol::{Flow, Snapshot};

/// The colour scale of what a snapshot shows.
pub(super) fn scale_of(snapshot: &Snapshot) -> Scale {
    let header = &snapshot.header;
    let count = header.rows() * header.steps() * header.units as usize;
    Scale::of(header.quantity, &snapshot.values[..count])
}

/// The colours of the quantity in view, and the thickest links.
#[component]
pub(super) fn Legend(scene: Scene) -> impl IntoView {
    let scale = Memo::new(move |_| scene.read(|snapshot| snapshot.map(scale_of)));
    let scale = move || scale.get().unwrap_or(Scale { low: -1.0, high: 1.0 });
    let middle = move || scale().is_diverging().then_some("0");
    let class = move || match scale().is_diverging() {
        true => "scale scale--diverging",
        false => "scale scale--sequential",
    };
    let end = |value: f32| {
        let sign = if value < 0.0 { "−" } else { "" };
        let digits = value.abs();
        if digits == digits.trunc() {
            format!("{sign}{digits}")
        } else {
            format!("{sign}{}", magnitude(digits))
        }
    };
    let thickest = Memo::new(move |_| {
        let flows: &[_] = match scene.direction() {
            Pass::Forward => &[(Flow::Hidden, "h", "hidden"), (Flow::Cell, "c", "cell")],
            Pass::Backward => {
                &[(Flow::HiddenGradient, "∂L/∂h", "gradient"), (Flow::CellGradient, "∂L/∂c", "gradient-cell")]
            }
        };
        let known = |snapshot: &Snapshot| {
            let thickest = |&(flow, symbol, key): &(Flow, &'static str, &'static str)| {
                snapshot
                    .flow(flow)
                    .map(|_| (key, format!("‖{symbol}‖ ≤ {}", magnitude(links::greatest(snapshot, flow)))))
            };
            flows.iter().filter_map(thickest).collect::<Vec<_>>()
        };
        scene.read(|snapshot| snapshot.map(known).unwrap_or_default())
    });
    view! {
        <div class="unrolled__legend">
            <ul class="legend" aria-label="Links, the thickest">
                <For each=move || thickest.get() key=Clone::clone let:item>
                    <li class=format!("legend__item legend__item--{}", item.0)>{item.1}</li>
                </For>
            </ul>
            <div class=class>
                <span>{move || end(scale().low)}</span>
                <span class="scale__bar">
                    <span class="scale__middle">{middle}</span>
                </span>
                <span>{move || end(scale().high)}</span>
            </div>
        </div>
    }
}
