//! What is on stage, in one sentence.

use crate::format::{counted, grouped};
use crate::page::use_page;
use crate::panels::data_name;
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
pub(super) fn network(experiment: &Experiment) -> String {
    let model = &experiment.model;
    let units = counted(model.hidden_size.into(), "unit");
    format!("{}, {} of {units}", cell_name(model.cell), counted(model.layers.into(), "layer"))
}

fn task(state: &PageState) -> String {
    let Some(facts) = &state.facts else {
        return "A recurrent network reads a text and learns to predict the next character.".to_owned();
    };
    let article = if facts.experiment.model.cell == CellKind::Gru { "A" } else { "An" };
    format!(
        "{article} {} reads {} and learns to predict the next character.",
        network(&facts.experiment),
        data_name(state)
    )
}

fn cell_name(cell: CellKind) -> &'static str {
    match cell {
        CellKind::Elman => "Elman network",
        CellKind::Lstm => "LSTM",
        CellKind::Gru => "GRU",
    }
}
