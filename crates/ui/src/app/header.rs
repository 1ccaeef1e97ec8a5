//! Name, purpose, and the choice of light or dark.

use crate::browser::appearance::{Appearance, read_theme, watch_system};
use crate::charts::Theme;
use crate::widgets::{Segment, Segmented};
use leptos::prelude::*;

/// The page's head.
#[component]
pub fn Header() -> impl IntoView {
    let appearance = RwSignal::new(Appearance::remembered());
    let theme: RwSignal<Theme> = expect_context();
    Effect::new(move || {
        appearance.get().show();
        theme.set(read_theme());
    });
    watch_system(move || theme.set(read_theme()));
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
    view! {
        <header class="masthead">
            <div class="masthead__words">
                <h1 class="masthead__name">"RNN Playground"</h1>
                <p class="masthead__purpose">
                    "Train a recurrent network in your browser and see what it remembers."
                </p>
            </div>
            <Segmented
                name="appearance"
                label="Colours"
                segments=Signal::stored(segments.to_vec())
                value=Signal::derive(move || appearance.get().key().to_owned())
                choose=Callback::new(choose)
            />
        </header>
    }
}
