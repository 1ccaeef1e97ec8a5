//! What a link can leave out.

use super::{Outline, outlines};
use crate::page::use_page;
use leptos::prelude::*;
use rnn_protocol::{LabKind, ViewState};

/// Whether any panel of a lab is left.
#[must_use]
pub fn is_any_offered(lab: LabKind, view: &ViewState) -> bool {
    outlines(lab).iter().any(|outline| is_offered(view, outline))
}

/// A panel, unless the view does without it.
#[component]
pub fn Offered(
    /// The panel's name in links.
    key: &'static str,
    /// The panel.
    children: ChildrenFn,
) -> impl IntoView {
    let is_offered = use_page().derive(move |state| {
        let outline = outlines(state.lab()).into_iter().find(|outline| outline.key == key);
        outline.is_some_and(|outline| is_offered(&state.view, &outline))
    });
    view! { <Show when=move || is_offered.get()>{children()}</Show> }
}

/// A panel without any of its settings is none.
fn is_offered(view: &ViewState, outline: &Outline) -> bool {
    let settings = outline.settings;
    view.offers(outline.key) && (settings.is_empty() || settings.iter().any(|key| view.offers(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_goes_by_its_name_or_with_its_last_setting() {
        let offered = |hidden: &[&str]| {
            let hidden = hidden.iter().map(|key| (*key).to_owned()).collect();
            let view = ViewState { hidden, ..ViewState::default() };
            let left = outlines(LabKind::Text).into_iter().filter(|outline| is_offered(&view, outline));
            left.map(|outline| outline.key).collect::<Vec<_>>()
        };
        assert_eq!(offered(&["seed"]).len(), 7);
        assert_eq!(offered(&["model", "temperature"]), ["data", "training", "race", "keep", "speed"]);
        assert!(!is_any_offered(
            LabKind::Text,
            &ViewState {
                hidden: outlines(LabKind::Text).iter().map(|outline| outline.key.to_owned()).collect(),
                ..ViewState::default()
            }
        ));
    }
}
