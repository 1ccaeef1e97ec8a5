//! The form in which numbers are changed by hand, and the changes that are in force.

use super::change::{Target, Typed, describe, present_value, read_change};
use super::states::kind_of;
use crate::charts::heat_map::words_for;
use crate::page::use_page;
use leptos::html::Input;
use leptos::prelude::*;

/// What is in the form's fields.
#[derive(Clone, Copy)]
pub struct Form {
    /// What is to be changed.
    pub target: RwSignal<Target>,
    /// Which gate's weight.
    pub gate: RwSignal<usize>,
    /// Which number or unit is read.
    pub index: RwSignal<String>,
    /// What it is to be.
    pub value: RwSignal<String>,
    /// The field of the value, to be gone to.
    pub field: NodeRef<Input>,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            target: RwSignal::new(Target::Symbol),
            gate: RwSignal::new(0),
            index: RwSignal::new("0".to_owned()),
            value: RwSignal::new(String::new()),
            field: NodeRef::new(),
        }
    }
}

impl Form {
    fn typed(self) -> Typed {
        let (index, value) = (self.index.get(), self.value.get());
        Typed { target: self.target.get(), gate: self.gate.get(), index, value }
    }
}

/// The form and the list.
#[component]
pub fn ByHand(
    /// Its fields.
    form: Form,
) -> impl IntoView {
    let page = use_page();
    let problem = RwSignal::new(None::<String>);
    let refused = page.derive(|state| state.microscope.problem.clone());
    let kind = page.derive(|state| state.microscope.look.as_ref().map(|look| (look.form, look.place.layer)));
    let Form { target, gate, index, value, field } = form;
    let targets = move || {
        let all = kind.get().map(|(form, layer)| Target::all(form, layer)).unwrap_or_default();
        let option = |(choice, words): (Target, &'static str)| {
            view! {
                <option value=choice.key() prop:selected=move || target.get() == choice>
                    {words}
                </option>
            }
        };
        all.into_iter().map(option).collect_view()
    };
    let gates = move || {
        let option = |(form, at): (rnn_protocol::CellForm, usize)| {
            let words = words_for(form.gates()[at], kind_of(form));
            view! {
                <option value=at.to_string() prop:selected=move || gate.get() == at>
                    {format!("{}, {}", words.symbol, words.name)}
                </option>
            }
        };
        let form = kind.get().map(|(form, _)| form);
        form.map(|form| (0..form.gates().len()).map(|at| option((form, at))).collect_view())
    };
    let choose = move |key: String| {
        let found = kind.get_untracked().and_then(|(form, layer)| {
            Target::all(form, layer).into_iter().find(|(choice, _)| choice.key() == key)
        });
        if let Some((choice, _)) = found {
            target.set(choice);
            problem.set(None);
        }
    };
    let present = move || {
        let typed = form.typed();
        page.state.with(|state| {
            let present = state.microscope.look.as_ref().and_then(|look| present_value(&typed, look));
            present.map(|present| format!("It is {present}."))
        })
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let typed = untrack(move || form.typed());
        let read = page.state.with_untracked(|state| {
            let look = state.microscope.look.as_ref();
            look.map_or_else(|| Err("There is no cell yet.".to_owned()), |look| read_change(&typed, look))
        });
        match read {
            Ok(edit) => {
                problem.set(None);
                page.change_by_hand(edit);
            }
            Err(sentence) => problem.set(Some(sentence)),
        }
    };
    let sentence = move || problem.get().or_else(|| refused.get());
    view! {
        <div class="cell-hand">
            <h3 class="cell-section__title">"Change by hand"</h3>
            <p class="cell-section__words">
                "The sequence is read once more with your changes. Training is not touched."
            </p>
            <form class="cell-hand__form" on:submit=submit>
                <div class="cell-hand__field cell-hand__field--wide">
                    <label for="cell-hand-what">"What"</label>
                    <select id="cell-hand-what" class="input" on:change=move |event| choose(event_target_value(&event))>
                        {targets}
                    </select>
                </div>
                <div class="cell-hand__field" hidden=move || !target.get().has_gate()>
                    <label for="cell-hand-gate">"Gate"</label>
                    <select
                        id="cell-hand-gate"
                        class="input"
                        on:change=move |event| gate.set(event_target_value(&event).parse().unwrap_or(0))
                    >
                        {gates}
                    </select>
                </div>
                <div class="cell-hand__field" hidden=move || !target.get().has_index()>
                    <label for="cell-hand-index">"Which number or unit"</label>
                    <input
                        id="cell-hand-index"
                        class="input input--number"
                        type="text"
                        inputmode="numeric"
                        autocomplete="off"
                        prop:value=move || index.get()
                        on:input=move |event| index.set(event_target_value(&event))
                    />
                </div>
                <div class="cell-hand__field">
                    <label for="cell-hand-value">"New value"</label>
                    <input
                        id="cell-hand-value"
                        class="input"
                        type="text"
                        autocomplete="off"
                        spellcheck="false"
                        node_ref=field
                        aria-describedby="cell-hand-present cell-hand-problem"
                        aria-invalid=move || problem.with(Option::is_some).then_some("true")
                        prop:value=move || value.get()
                        on:input=move |event| value.set(event_target_value(&event))
                    />
                </div>
                <button type="submit" class="button">
                    "Apply"
                </button>
            </form>
            <p class="cell-hand__present" id="cell-hand-present">
                {present}
            </p>
            <p class="field__problem" id="cell-hand-problem" role="alert">
                {sentence}
            </p>
            <Changes />
        </div>
    }
}

/// The changes that are in force, each to be taken back.
#[component]
fn Changes() -> impl IntoView {
    let page = use_page();
    let edits = page.derive(|state| state.microscope.edits().to_vec());
    let rows = move || {
        let row = |(index, words): (usize, String)| {
            let label = format!("Undo: {words}");
            view! {
                <li class="cell-hand__change">
                    <span>{words}</span>
                    <button
                        type="button"
                        class="button button--small"
                        aria-label=label
                        on:click=move |_| page.undo_changes_by_hand(Some(index))
                    >
                        "Undo"
                    </button>
                </li>
            }
        };
        edits.get().iter().map(describe).enumerate().map(row).collect_view()
    };
    view! {
        <ul class="cell-hand__changes" data-testid="cell-changes">
            {rows}
        </ul>
        <button
            type="button"
            class="button button--small"
            hidden=move || edits.with(Vec::is_empty)
            on:click=move |_| page.undo_changes_by_hand(None)
        >
            "Undo edits"
        </button>
    }
}
