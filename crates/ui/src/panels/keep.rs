//! Keeping the run: as a file, and in this browser.

use super::Section;
use crate::page::use_page;
use crate::state::{PageState, Storing};
use leptos::html::Input;
use leptos::prelude::*;

/// The Keep section.
#[component]
pub fn KeepPanel() -> impl IntoView {
    let page = use_page();
    let sentence = page.derive(|state| state.keeping.sentence());
    let digest = page.derive(|state| match &state.keeping.storing {
        Storing::Nothing => "nothing yet".to_owned(),
        Storing::At { .. } => "in this browser".to_owned(),
        Storing::Failing { .. } => "not in this browser".to_owned(),
    });
    let can_save = page.derive(PageState::can_train);
    let file_input = NodeRef::<Input>::new();
    let open = move |_| {
        let Some(input) = file_input.get_untracked() else { return };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            page.open_saved_file(file.name(), file.into());
        }
        // So that the same file can be chosen again.
        input.set_value("");
    };
    view! {
        <Section key="keep" title="Keep" summary=digest>
            <p class="panel__note keep__note" data-testid="keep-note">
                {move || sentence.get()}
            </p>
            <div class="data__ways">
                <button class="button" type="button" disabled=move || !can_save.get() on:click=move |_| page.save_file()>
                    "Save as a file"
                </button>
                <label class="button button--file">
                    <input
                        class="visually-hidden"
                        type="file"
                        accept=".safetensors"
                        node_ref=file_input
                        on:change=open
                    />
                    "Open a saved run"
                </label>
            </div>
            <p class="data__hint">
                "The file holds weights, optimiser and experiment, not the text. PyTorch opens it, too."
            </p>
        </Section>
    }
}
