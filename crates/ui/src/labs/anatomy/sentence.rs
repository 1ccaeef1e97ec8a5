//! The sentence as it is typed, and the tokens that it is cut into.

use super::outline::Outline;
use super::walker::Walker;
use crate::format::visible;
use crate::page::use_page;
use crate::widgets::{Segment, Segmented};
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use rnn_protocol::Setting;

/// The field, and what counts as a token.
#[component]
pub fn SentenceField() -> impl IntoView {
    let page = use_page();
    let field = NodeRef::<Input>::new();
    let problem = RwSignal::new(None::<String>);
    let sentence = page.derive(|state| (state.requested.anatomy.sentence.clone(), state.form_version));
    let tokens = page.derive(|state| {
        Setting::find("tokens").map_or_else(|_| String::new(), |setting| setting.get(&state.requested))
    });
    Effect::new(move || {
        let (sentence, _) = sentence.get();
        if let Some(field) = field.get() {
            field.set_value(&sentence);
        }
        problem.set(None);
    });
    let edit = move |key: &str, value: &str| {
        let edited = Setting::find(key).map_err(|error| error.to_string());
        problem.set(edited.and_then(|setting| page.edit(setting, value)).err());
    };
    let submit = move || {
        if let Some(field) = field.get_untracked() {
            edit("sentence", &field.value());
        }
    };
    let is_offered = page.derive(|state| (state.view.offers("sentence"), state.view.offers("tokens")));
    let choices = [("characters", "Characters"), ("words", "Words")];
    let segments = choices.map(|(key, label)| Segment { key, label, spoken: None }).to_vec();
    view! {
        <form
            class="walk-sentence"
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                submit();
            }
        >
            <Show when=move || is_offered.get().0>
                <label class="walk-sentence__label" for="walk-sentence">
                    "Your sentence"
                </label>
                <input
                    class="input walk-sentence__input"
                    id="walk-sentence"
                    node_ref=field
                    type="text"
                    autocomplete="off"
                    spellcheck="false"
                    aria-describedby="walk-sentence-problem"
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    prop:value=move || sentence.get_untracked().0
                />
                <button class="button" type="submit">
                    "Read it"
                </button>
            </Show>
            <Show when=move || is_offered.get().1>
                <Segmented
                    name="walk-tokens"
                    label="Cut into"
                    segments=Signal::stored(segments.clone())
                    value=tokens
                    choose=Callback::new(move |key: String| edit("tokens", &key))
                />
            </Show>
            <p class="field__problem walk-sentence__problem" id="walk-sentence-problem" role="alert">
                {move || problem.get()}
            </p>
        </form>
    }
}

/// The tokens in the order of the sentence, each with its index.
#[component]
pub fn Tokens(
    /// The walk.
    walker: Walker,
) -> impl IntoView {
    let in_hand = Memo::new(move |_| {
        let cursor = walker.cursor.get()?;
        walker.look.with(|look| look.as_ref()?.section(cursor)?.step)
    });
    let chips = move || {
        walker.outline.get().map(|outline| {
            let Outline { tokens, .. } = &outline;
            let last = outline.steps();
            let chip = |(at, &id): (usize, &u32)| {
                let class = move || match (at == last, in_hand.get() == Some(at as u32)) {
                    (true, _) => "walk-chip walk-chip--last",
                    (_, true) => "walk-chip is-in-hand",
                    _ => "walk-chip",
                };
                view! {
                    <li class=class>
                        <span class="token">{visible(outline.token(at))}</span>
                        <span class="walk-chip__index">{id}</span>
                    </li>
                }
            };
            tokens.iter().enumerate().map(chip).collect_view()
        })
    };
    let words = Memo::new(move |_| {
        walker.look.with(|look| {
            let Some(look) = look.as_ref() else { return String::new() };
            let (read, all) = (look.tokens.len(), look.token_count as usize);
            let cut = if all > read { format!(" of {all}; the rest is not read") } else { String::new() };
            format!(
                "{read} tokens{cut}. The network reads all but the last and predicts, after each, the one that follows."
            )
        })
    });
    view! {
        <ol class="walk-chips" data-testid="tokens" aria-label="The tokens with their indices">
            {chips}
        </ol>
        <p class="walk-words">{move || words.get()}</p>
    }
}
