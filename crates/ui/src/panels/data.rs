//! The text that is learnt: what is known of it, and ways to bring one's own.

use super::Section;
use crate::browser::data::blob_from_text;
use crate::format::{NOTHING, bytes, counted, grouped};
use crate::page::{PASTED, use_page};
use crate::state::PageState;
use leptos::html::{Input, Textarea};
use leptos::prelude::*;
use rnn_protocol::{DataSource, RunFacts};

/// The Data section.
#[component]
pub fn DataPanel() -> impl IntoView {
    let page = use_page();
    let name = page.derive(name);
    // Also offered when the first fetch of the shipped text failed.
    let can_go_back = page.derive(|state| {
        let facts = state.facts.as_ref();
        facts.map_or(state.alert.is_some(), |facts| facts.experiment.data != DataSource::Shipped)
    });
    let facts = page.derive(facts);
    let notes =
        page.derive(|state| state.facts.as_ref().map(|facts| facts.notes.clone()).unwrap_or_default());
    let file_input = NodeRef::<Input>::new();
    let text_input = NodeRef::<Textarea>::new();
    let has_text = RwSignal::new(false);

    let choose_file = move |_| {
        let Some(input) = file_input.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            page.use_own_text(file.name(), file.into());
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    let use_text = move |_| {
        let Some(input) = text_input.get_untracked() else { return };
        match blob_from_text(&input.value()) {
            Ok(text) => page.use_own_text(PASTED.to_owned(), text),
            Err(reason) => page.state.update(|state| state.refuse("Text not loaded", reason)),
        }
    };
    view! {
        <Section key="data" title="Data" summary=name>
            <p class="data__name">{move || name.get()}</p>
            <dl class="facts">
                <For each=move || facts.get() key=Clone::clone let:fact>
                    <div class="facts__row">
                        <dt>{fact.0}</dt>
                        <dd>{fact.1}</dd>
                    </div>
                </For>
            </dl>
            <ul class="notes">
                <For each=move || notes.get() key=Clone::clone let:note>
                    <li>{note}</li>
                </For>
            </ul>
            <div class="data__ways">
                <label class="button button--file">
                    <input
                        class="visually-hidden"
                        type="file"
                        accept="text/*,.txt,.md,.csv,.json,.tex,.srt"
                        node_ref=file_input
                        on:change=choose_file
                    />
                    "Choose file"
                </label>
                <Show when=move || can_go_back.get()>
                    <button class="button" type="button" on:click=move |_| page.use_shipped_text()>
                        "Back to Moby-Dick"
                    </button>
                </Show>
            </div>
            <p class="data__hint">"Or drop a text file anywhere on the page. It stays in this tab."</p>
            <label class="field__label" for="own-text">
                "Or paste a text"
            </label>
            <textarea
                class="input data__text"
                id="own-text"
                rows="3"
                spellcheck="false"
                node_ref=text_input
                on:input=move |event| has_text.set(!event_target_value(&event).is_empty())
            ></textarea>
            <button class="button" type="button" disabled=move || !has_text.get() on:click=use_text>
                "Use this text"
            </button>
        </Section>
    }
}

/// The name of the text on stage.
#[must_use]
pub fn name(state: &PageState) -> String {
    match state.facts.as_ref().map(|facts| &facts.experiment.data) {
        Some(DataSource::Shipped) => "Moby-Dick".to_owned(),
        Some(DataSource::Own { name }) => name.clone(),
        None => "No text yet".to_owned(),
    }
}

/// Every row is there from the beginning, so that nothing moves when the text is read.
fn facts(state: &PageState) -> Vec<(&'static str, String)> {
    let facts = state.facts.as_ref();
    let fact = |words: fn(&RunFacts) -> String| facts.map_or_else(|| NOTHING.to_owned(), words);
    let windows = |facts: &RunFacts| {
        let (streams, steps) = (facts.batch_size.into(), facts.sequence_length.into());
        format!("{} × {} steps", grouped(streams), grouped(steps))
    };
    vec![
        ("Size", state.data_bytes().map_or_else(|| NOTHING.to_owned(), bytes)),
        ("Training", fact(|facts| counted(facts.training_items.unwrap_or(0), "character"))),
        ("Held out", fact(|facts| counted(facts.held_out_items, "character"))),
        ("Distinct", fact(|facts| counted(facts.symbol_count.into(), "character"))),
        ("Streams", fact(windows)),
    ]
}
