//! Speed or the same bits everywhere: a choice about the machine, which is no part of the experiment.

use super::Section;
use super::gpu::{self, GpuControl};
use crate::page::use_page;
use crate::state::{Crew, PageState};
use crate::widgets::Switch;
use leptos::prelude::*;
use rnn_protocol::{AloneReason, Arithmetic, Staffing};

const HELP_ID: &str = "fast-mode-help";
const WHAT_IT_DOES: &str = "Results may differ in the last digits between machines. Switching begins again at \
                            step 0, and what was trained is lost.";
const NOT_HERE: &str = "Fast mode needs relaxed SIMD, which could not be started in this browser: the network \
                        trains at the usual speed, with the same digits on every machine.";

/// The Speed section.
#[component]
pub fn SpeedPanel() -> impl IntoView {
    let page = use_page();
    let summary = page.derive(digest);
    let workers = page.derive(|state| {
        let is_fast = state.arithmetic == Some(Arithmetic::Fast);
        if is_fast { who_trains(state.crew) } else { String::new() }
    });
    let is_fast = page.derive(|state| state.wanted_arithmetic == Arithmetic::Fast);
    let is_lacking = page.derive(PageState::lacks_wanted_arithmetic);
    let turn = move |is_on| {
        page.choose_arithmetic(if is_on { Arithmetic::Fast } else { Arithmetic::Reproducible });
    };
    let takes_devices = page.derive(|state| state.lab().description().takes_devices);
    view! {
        <Section key="speed" title="Speed" summary=summary>
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
            <p class="panel__note" role="status" data-testid="workers">
                {workers}
            </p>
            <Show when=move || takes_devices.get()>
                <GpuControl />
            </Show>
        </Section>
    }
}

/// What runs, and why.
fn who_trains(crew: Option<Crew>) -> String {
    let one = |why: &str| format!("1 worker, relaxed SIMD{why}.");
    let now = match crew.map(|crew| crew.staffing) {
        None | Some(Staffing::Alone { reason: AloneReason::Lost }) => one(""),
        Some(Staffing::Together { workers }) => {
            format!("{workers} workers, relaxed SIMD: each works on a part of the batch.")
        }
        Some(Staffing::Alone { reason: AloneReason::ShortStep { millis } }) => {
            one(&format!(": a step takes {millis:.1} ms, too little to be split"))
        }
        Some(Staffing::Alone { reason: AloneReason::SmallBatch }) => {
            one(": the batch is too small to be split")
        }
        Some(Staffing::Alone { reason: AloneReason::Memory }) => {
            one(": more of them would need too much memory")
        }
    };
    let lost = match crew.map_or(0, |crew| crew.lost_helpers) {
        0 => "",
        1 => " A helper stopped answering; the run went on where it was.",
        _ => " Helpers stopped answering; the run went on where it was.",
    };
    now + lost
}

fn digest(state: &PageState) -> String {
    if let Some(place) = gpu::digest(state) {
        return place.to_owned();
    }
    match (state.arithmetic.unwrap_or(state.wanted_arithmetic), state.crew.map(|crew| crew.staffing)) {
        (Arithmetic::Reproducible, _) => "the same digits everywhere".to_owned(),
        (Arithmetic::Fast, Some(Staffing::Together { workers })) => format!("fast, {workers} workers"),
        (Arithmetic::Fast, _) => "fast".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_who_trains_and_why() {
        let say = |staffing, lost_helpers| who_trains(Some(Crew { staffing, lost_helpers }));
        let alone = |reason| Staffing::Alone { reason };
        assert_eq!(who_trains(None), "1 worker, relaxed SIMD.");
        assert!(say(Staffing::Together { workers: 2 }, 0).starts_with("2 workers, relaxed SIMD: "));
        assert!(
            say(Staffing::Together { workers: 3 }, 1)
                .ends_with("A helper stopped answering; the run went on where it was.")
        );
        assert!(say(alone(AloneReason::ShortStep { millis: 2.14 }), 0).contains("takes 2.1 ms"));
        assert!(say(alone(AloneReason::Lost), 1).starts_with("1 worker, relaxed SIMD. A helper"));
    }
}
