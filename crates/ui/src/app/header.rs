//! Name, purpose, the choice of a lab, the link to what is shown, and the choice of light or dark.

use super::share::Share;
use crate::browser::appearance::Appearance;
use crate::page::use_page;
use crate::state::PageState;
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
                <h1 class="masthead__name">"RNN Playground"</h1>
                <p class="masthead__purpose">
                    "Train a recurrent network in your browser and see what it remembers."
                </p>
            </div>
            <div class="masthead__controls">
                <Segmented
                    name="lab"
                    label="Lab"
                    segments=Signal::stored(labs.to_vec())
                    value=Signal::derive(move || lab.get().description().word.to_owned())
                    choose=Callback::new(open_lab)
                />
                <Share />
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
