//! What is on stage, in one sentence.

use crate::format::{counted, grouped};
use crate::labs::page_of;
use crate::page::use_page;
use crate::state::PageState;
use leptos::prelude::*;
use rnn_protocol::{CellKind, Experiment};

/// The network and its task in words.
#[component]
pub fn Lede() -> impl IntoView {
    let page = use_page();
    let task = page.derive(task);
    let size = page.derive(|state| state.facts.as_ref().map(|facts| grouped(facts.parameter_count)));
    let size =
        move || size.get().map(|count| view! { "This network has " <strong>{count}</strong> " parameters." });
    view! {
        <p class="lede">
            {move || task.get()} " " {size}
        </p>
    }
}

/// `LSTM, 1 layer of 128 units`.
pub(crate) fn network(experiment: &Experiment) -> String {
    let model = &experiment.model;
    let units = counted(model.hidden_size.into(), "unit");
    format!("{}, {} of {units}", cell_name(model.cell), counted(model.layers.into(), "layer"))
}

fn task(state: &PageState) -> String {
    let Some(facts) = &state.facts else {
        let task = (page_of(state.lab()).task)(state);
        return format!("A recurrent network {task}.");
    };
    let article = if facts.experiment.model.cell == CellKind::Gru { "A" } else { "An" };
    let task = (page_of(state.lab()).task)(state);
    format!("{article} {} {task}.", network(&facts.experiment))
}

fn cell_name(cell: CellKind) -> &'static str {
    match cell {
        CellKind::Elman => "Elman network",
        CellKind::Lstm => "LSTM",
        CellKind::Gru => "GRU",
    }
}
