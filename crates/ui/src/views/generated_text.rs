//! What the network writes.

use super::Card;
use super::race::ChosenContender;
use crate::page::use_page;
use crate::state::{PageState, Sample};
use leptos::prelude::*;

/// The text being written, those before it, and a field for a beginning of one's own.
#[component]
pub fn GeneratedText() -> impl IntoView {
    let page = use_page();
    let current = page.derive(|state| state.chosen_history().samples.current().cloned());
    let earlier = page.derive(|state| state.chosen_history().samples.earlier().cloned().collect::<Vec<_>>());
    let is_ready = page.derive(PageState::can_train);
    let prompt = RwSignal::new(String::new());
    let temperature =
        page.derive(|state| state.facts.as_ref().map_or(0.0, |facts| facts.experiment.sampling.temperature));

    let current_text = move || current.with(|sample| sample.as_ref().map(|sample| sample.text.clone()));
    let current_prompt = move || current.with(|sample| sample.as_ref().map(|sample| sample.prompt.clone()));
    let current_label = move || {
        current.with(|sample| sample.as_ref().map_or_else(|| "nothing written yet".to_owned(), label))
    };
    let caption = Signal::derive(move || {
        format!(
            "Drawn character by character at temperature {}, each from what came before.",
            temperature.get()
        )
    });
    view! {
        <Card title="Generated text" area="text" caption=caption aside=view! { <ChosenContender /> }.into_any()>
            <form
                class="prompt"
                on:submit=move |event| {
                    event.prevent_default();
                    page.generate(prompt.get_untracked());
                }
            >
                <label class="visually-hidden" for="prompt">
                    "Beginning of the text"
                </label>
                <input
                    class="input prompt__input"
                    id="prompt"
                    type="text"
                    maxlength="2000"
                    autocomplete="off"
                    placeholder="Begin with …"
                    on:input=move |event| prompt.set(event_target_value(&event))
                />
                <button class="button" type="submit" disabled=move || !is_ready.get()>
                    "Generate"
                </button>
            </form>
            <div class="samples" tabindex="0" role="group" aria-label="Generated texts, newest first">
                <article class="sample sample--current">
                    <h3 class="sample__label">{current_label}</h3>
                    <p class="sample__text">
                        <span class="sample__prompt">{current_prompt}</span>
                        <span data-testid="generated">{current_text}</span>
                    </p>
                </article>
                <For each=move || earlier.get() key=|sample| (sample.number, sample.text.len()) let:sample>
                    <article class="sample">
                        <h3 class="sample__label">{label(&sample)}</h3>
                        <p class="sample__text">
                            <span class="sample__prompt">{sample.prompt}</span>
                            {sample.text}
                        </p>
                    </article>
                </For>
            </div>
        </Card>
    }
}

fn label(sample: &Sample) -> String {
    format!("after step {}", sample.step)
}
