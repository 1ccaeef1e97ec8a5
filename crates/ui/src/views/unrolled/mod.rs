//! The unrolled network: every unit at every time step, what flows between them, and both passes step by step.
#![expect(unreachable_pub, reason = "the component macro makes the properties of components public")]

mod cell_in_hand;
mod export;
mod findings;
mod legend;
mod links_picture;
mod picture;
mod player;
mod scene;
mod stage;
mod still;
mod table;

pub use cell_in_hand::CellInHand;

use super::Card;
use super::race::ChosenContender;
use crate::charts::heat_map::{quantities_of, words_for};
use crate::charts::unrolled::words;
use crate::format::capitalised;
use crate::page::use_page;
use crate::widgets::{Segment, Segmented};
use export::export_of;
use findings::Findings;
use legend::Legend;
use leptos::prelude::*;
use player::Player;
use rnn_protocol::Quantity;
use scene::Scene;
use stage::Stage;
use table::UnitTable;

/// The unrolled network with all that one can do to it. Expects a [`CellInHand`] in context.
#[component]
pub fn UnrolledNetwork() -> impl IntoView {
    let scene = Scene::new(use_page(), expect_context());
    scene.keep_in_step();
    let Scene { kind, chosen, .. } = scene;
    let reading = Memo::new(move |_| {
        let (cell, kind) = (scene.cursor.get(), kind.get());
        scene.read(|snapshot| words::read(snapshot, cell, kind))
    });
    let step_words = Memo::new(move |_| {
        let (cell, pass) = (scene.cursor.get(), scene.direction());
        scene.read(|snapshot| snapshot.map(|snapshot| words::read_step(snapshot, cell, pass)))
    });
    let explanation = move || {
        let words = words_for(chosen.get(), kind.get());
        format!("{}, {}: {}.", capitalised(words.name), words.symbol, words.meaning)
    };
    let links = Signal::derive(move || words::explain_links(scene.direction()).to_owned());
    let whole = Memo::new(move |_| {
        let kind = kind.get();
        scene.read(|snapshot| words::describe(snapshot, kind))
    });
    view! {
        <Card title="The unrolled network" area="map" caption=links aside=quantity_choice(scene) export=export_of(scene)>
            <div class="map-key">
                <p class="card__explanation">{explanation}</p>
                <Legend scene=scene />
            </div>
            <ChosenContender />
            <Stage scene=scene reading=reading />
            <p class="visually-hidden">{move || whole.get()}</p>
            <p class="unrolled__reading">
                <span class="unrolled__value">{move || reading.get()}</span>
                <span data-testid="unrolled-step">{move || step_words.get().unwrap_or_default()}</span>
            </p>
            <Player scene=scene />
            <Findings scene=scene />
            <UnitTable scene=scene />
        </Card>
    }
}

fn quantity_choice(scene: Scene) -> AnyView {
    let kind = scene.kind;
    let segments = Signal::derive(move || {
        let kind = kind.get();
        let segment = |quantity: &Quantity| {
            let words = words_for(*quantity, kind);
            Segment { key: quantity.key(), label: words.symbol, spoken: Some(words.name) }
        };
        quantities_of(kind).iter().map(segment).collect::<Vec<_>>()
    });
    let choose = move |key: String| {
        if let Some(quantity) = Quantity::from_key(&key) {
            scene.choose(quantity);
        }
    };
    view! {
        <Segmented
            name="quantity"
            label="Quantity"
            segments=segments
            value=Signal::derive(move || scene.chosen.get().key().to_owned())
            choose=Callback::new(choose)
        />
    }
    .into_any()
}
