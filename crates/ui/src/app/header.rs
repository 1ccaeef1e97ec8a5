//! Name, purpose, the choice of a lab, the link to what is shown, and the choice of light or dark.

use super::share::Share;
use crate::browser::address;
use crate::browser::appearance::Appearance;
use crate::page::use_page;
use crate::state::{PageState, Screen};
use crate::widgets::{Segment, Segmented};
use leptos::prelude::*;
use rnn_protocol::{Experiment, LabKind};

/// The page's head.
#[component]
pub fn Header(
    /// Light or dark.
    appearance: RwSignal<Appearance>,
) -> impl IntoView {
    let segments = Appearance::ALL.map(|appearance| Segment {
        key: appearance.key(),
        label: appearance.label(),
        spoken: None,
    });
    let choose = move |key: String| {
        let chosen = Appearance::from_key(&key);
        chosen.remember();
        appearance.set(chosen);
    };
    let page = use_page();
    let lab = page.derive(PageState::lab);
    let is_lab = page.derive(|state| state.screen != Screen::Home);
    let labs = LabKind::ALL.map(|lab| {
        let words = lab.description();
        Segment { key: words.word, label: words.name, spoken: None }
    });
    let open_lab = move |word: String| {
        if let Some(chosen) = LabKind::from_word(&word).filter(|&chosen| chosen != lab.get_untracked()) {
            page.open(Experiment::of(chosen));
        }
    };
    view! {
        <header class="masthead">
            <div class="masthead__words">
                <h1 class="masthead__name">
                    <a class="masthead__home" href=address::home()>
                        "RNN Playground"
                    </a>
                </h1>
                // The home page says it at length.
                <Show when=move || is_lab.get()>
                    <p class="masthead__purpose">
                        "Train a recurrent network in your browser and see what it remembers."
                    </p>
                </Show>
            </div>
            <div class="masthead__controls">
                <Show when=move || is_lab.get()>
                    <Segmented
                        name="lab"
                        label="Lab"
                        segments=Signal::stored(labs.to_vec())
                        value=Signal::derive(move || lab.get().description().word.to_owned())
                        choose=Callback::new(open_lab)
                    />
                    <Share />
                </Show>
                <Segmented
                    name="appearance"
                    label="Colours"
                    segments=Signal::stored(segments.to_vec())
                    value=Signal::derive(move || appearance.get().key().to_owned())
                    choose=Callback::new(choose)
                />
            </div>
        </header>
    }
}
