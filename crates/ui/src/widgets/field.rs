//! One setting: its name, its control, and what is wrong with what was typed.

use super::segmented::{Segment, Segmented};
use super::slider::Slider;
use leptos::html::{Input, Select};
use leptos::prelude::*;
use rnn_protocol::{Choice, Range, Setting, SettingKind};

/// Letters that fit side by side in a panel.
const SEGMENT_LETTERS: usize = 14;

/// Names within the document.
struct Ids {
    control: String,
    problem: String,
}

impl Ids {
    fn new(setting: &Setting, within: String) -> Self {
        Self {
            control: format!("{within}setting-{}", setting.key),
            problem: within + "problem-" + setting.key,
        }
    }
}

/// A field for one setting. What cannot be set is told below it and stays for correction.
#[component]
pub fn SettingField(
    /// The setting.
    setting: &'static Setting,
    /// Tells its names within the document from those of another field for the same setting.
    #[prop(optional, into)]
    within: String,
    /// Its value.
    value: Memo<String>,
    /// Grows whenever the field must show `value` again, even if that is unchanged.
    version: Memo<u32>,
    /// Sets it, or says why that cannot be.
    commit: Callback<String, Result<(), String>>,
) -> impl IntoView {
    let ids = Ids::new(setting, within);
    let problem = RwSignal::new(None::<String>);
    let submit = move |text: String| problem.set(commit.run(text).err());
    Effect::new(move || {
        version.with(|_| ());
        value.with(|_| ());
        problem.set(None);
    });
    let is_segmented =
        matches!(setting.kind, SettingKind::Choice(choices) if letters(choices) <= SEGMENT_LETTERS);
    // A group of radio buttons bears its name itself.
    let label = if is_segmented {
        view! { <span class="field__label">{setting.label}</span> }.into_any()
    } else {
        view! { <label class="field__label" for=ids.control.clone()>{setting.label}</label> }.into_any()
    };
    let control = match setting.kind {
        SettingKind::Choice(choices) if is_segmented => {
            let segments: Vec<_> = choices
                .iter()
                .map(|choice| Segment { key: choice.key, label: choice.label, spoken: None })
                .collect();
            view! {
                <Segmented
                    name=ids.control.clone()
                    label=setting.label
                    segments=Signal::stored(segments)
                    value=value
                    choose=Callback::new(submit)
                />
            }
            .into_any()
        }
        SettingKind::Choice(choices) => select(&ids, choices, value, version, submit).into_any(),
        SettingKind::Whole(range) => {
            let slider = is_slid(range).then(|| {
                let label = format!("{}, slider", setting.label);
                view! { <Slider label=label range=range value=value choose=Callback::new(submit) /> }
            });
            let input = input(&ids, "numeric", value, version, problem, submit);
            view! {
                {slider}
                {input}
            }
            .into_any()
        }
        SettingKind::Decimal(_) => input(&ids, "decimal", value, version, problem, submit).into_any(),
        SettingKind::Text(_) => input(&ids, "text", value, version, problem, submit).into_any(),
    };
    view! {
        <div class="field">
            {label}
            <div class="field__control">{control}</div>
            <p class="field__problem" id=ids.problem.clone() role="alert">
                {move || problem.get()}
            </p>
        </div>
    }
}

fn input(
    ids: &Ids,
    mode: &'static str,
    value: Memo<String>,
    version: Memo<u32>,
    problem: RwSignal<Option<String>>,
    submit: impl Fn(String) + 'static,
) -> impl IntoView {
    let node = NodeRef::<Input>::new();
    // What is being typed stays when an answer to something else comes.
    let is_typing = StoredValue::new(false);
    let show = move |value: &str| {
        if let Some(input) = node.get_untracked() {
            input.set_value(value);
        }
    };
    Effect::new(move || {
        version.with(|_| ());
        node.track();
        let value = value.get();
        if !is_typing.get_value() {
            show(&value);
        }
    });
    let leave = move |_| {
        // No change was made if the typing still counts: the text is what it was before.
        if is_typing.get_value() {
            is_typing.set_value(false);
            value.with_untracked(|value| show(value));
        }
    };
    view! {
        <input
            class=if mode == "text" { "input" } else { "input input--number" }
            id=ids.control.clone()
            node_ref=node
            type="text"
            inputmode=mode
            autocomplete="off"
            spellcheck="false"
            aria-invalid=move || problem.with(Option::is_some).then_some("true")
            aria-describedby=ids.problem.clone()
            on:input=move |_| is_typing.set_value(true)
            on:change=move |event| {
                is_typing.set_value(false);
                submit(event_target_value(&event));
            }
            on:blur=leave
        />
    }
}

fn select(
    ids: &Ids,
    choices: &'static [Choice],
    value: Memo<String>,
    version: Memo<u32>,
    submit: impl Fn(String) + 'static,
) -> impl IntoView {
    let node = NodeRef::<Select>::new();
    Effect::new(move || {
        version.with(|_| ());
        let value = value.get();
        if let Some(select) = node.get() {
            select.set_value(&value);
        }
    });
    let options = choices.iter().map(|choice| view! { <option value=choice.key>{choice.label}</option> });
    view! {
        <select
            class="input"
            id=ids.control.clone()
            node_ref=node
            on:change=move |event| submit(event_target_value(&event))
        >
            {options.collect_view()}
        </select>
    }
}

/// Whether a number has few enough values to be found by sliding, and too many to be counted.
fn is_slid(range: Range<u32>) -> bool {
    (50..=500).contains(&range.max.saturating_sub(range.min))
}

fn letters(choices: &[Choice]) -> usize {
    choices.iter().map(|choice| choice.label.len()).sum()
}
