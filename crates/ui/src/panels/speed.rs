//! Speed or the same bits everywhere: a choice about the machine, which is no part of the experiment.

use super::Section;
use crate::page::use_page;
use crate::state::PageState;
use crate::widgets::Switch;
use leptos::prelude::*;
use rnn_protocol::Arithmetic;

const HELP_ID: &str = "fast-mode-help";
const WHAT_IT_DOES: &str = "Results may differ in the last digits between machines. Switching begins again at \
                            step 0, and what was trained is lost.";
const NOT_HERE: &str = "Fast mode needs relaxed SIMD, which could not be started in this browser: the network \
                        trains at the usual speed, with the same digits on every machine.";

/// The Speed section.
#[component]
pub fn SpeedPanel() -> impl IntoView {
    let page = use_page();
    let summary = page.derive(|state| digest(state).to_owned());
    let is_fast = page.derive(|state| state.wanted_arithmetic == Arithmetic::Fast);
    let is_lacking = page.derive(PageState::lacks_wanted_arithmetic);
    let turn = move |is_on| {
        page.choose_arithmetic(if is_on { Arithmetic::Fast } else { Arithmetic::Reproducible });
    };
    view! {
        <Section title="Speed" summary=summary>
            <Switch
                id="fast-mode"
                label="Fast mode"
                described_by=HELP_ID
                is_on=is_fast
                turn=Callback::new(turn)
            />
            <p class="panel__note" id=HELP_ID role="status" data-testid="fast-mode-note">
                {move || if is_lacking.get() { NOT_HERE } else { WHAT_IT_DOES }}
            </p>
        </Section>
    }
}

fn digest(state: &PageState) -> &'static str {
    match state.arithmetic.unwrap_or(state.wanted_arithmetic) {
        Arithmetic::Reproducible => "the same digits everywhere",
        Arithmetic::Fast => "fast",
    }
}
