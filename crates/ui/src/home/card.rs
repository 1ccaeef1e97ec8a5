//! A lab's card: its name and task, and its miniature.

use super::picture::{Picture, Sparkline};
use crate::browser::address;
use crate::charts::miniature::standing;
use crate::format::visible;
use crate::page::use_page;
use crate::state::{Miniature, Motion, PageState};
use leptos::prelude::*;
use rnn_protocol::{Answer, LabDescription, LabKind, Link};

/// The card, which is a link to the lab.
#[component]
pub fn LabCard(
    /// The lab.
    lab: LabKind,
) -> impl IntoView {
    let page = use_page();
    let LabDescription { word, name, shape, invitation, .. } = lab.description();
    let way_in = page.derive(move |state| address::with_fragment(&state.link_into(lab).to_fragment()));
    let standing = page.derive(move |state| words(lab, state));
    let output = page.derive(move |state| state.home.miniature(lab).and_then(output));
    let output_line = move || {
        let output = output.get().unwrap_or_default();
        view! {
            <p class="lab-card__output">
                <span class="lab-card__lead">{output.lead}</span>
                " "
                <span class=output.class>{output.words}</span>
            </p>
        }
    };
    let same = page.derive(move |state| {
        let experiment = state.home.miniature(lab)?.experiment.clone()?;
        Some(address::with_fragment(&Link { experiment, ..Link::of_lab(lab) }.to_fragment()))
    });
    let same_link = move || {
        same.get().map(|address| {
            view! {
                <a class="lab-card__same" href=address aria-label=format!("Open this very network in the {name} lab")>
                    "Open this very network"
                </a>
            }
        })
    };
    view! {
        <li class="lab-card" data-testid=format!("card-{word}")>
            <Picture lab=lab />
            <div class="lab-card__words">
                <h3 class="lab-card__name">
                    <a class="lab-card__link" href=move || way_in.get()>
                        {*name}
                    </a>
                    <span class="lab-card__shape">{*shape}</span>
                </h3>
                <p class="lab-card__invitation">{*invitation}</p>
            </div>
            <div class="lab-card__live">
                {output_line}
                <Sparkline lab=lab />
                <p class="lab-card__standing" data-testid=format!("standing-{word}")>
                    {move || standing.get()}
                </p>
                {same_link}
            </div>
        </li>
    }
}

/// How the miniature stands.
fn words(lab: LabKind, state: &PageState) -> String {
    let measures = lab.description();
    let known = state.home.miniature(lab);
    if let Some(message) = known.and_then(|miniature| miniature.trouble.as_ref()) {
        return format!("No miniature: {message}.");
    }
    match known.and_then(|miniature| Some((miniature.look.as_ref()?, miniature.step_limit))) {
        Some((look, limit)) => {
            let held_out = look.held_out.map_or_else(String::new, |value| {
                let measure = &measures.held_out;
                let value = measure.write(measure.shown(value));
                format!(", {} {value} {}", measure.name, measures.measured_on)
            });
            format!("{}{held_out}", standing(look, limit, &measures.loss))
        }
        None if state.home.motion() == Motion::Paused => "Not trained yet".to_owned(),
        None => "Setting the network up …".to_owned(),
    }
}

/// What the network gives at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Output {
    lead: &'static str,
    words: String,
    class: &'static str,
}

fn output(miniature: &Miniature) -> Option<Output> {
    let look = miniature.look.as_ref()?;
    if let Some(written) = &look.written {
        let words = visible(written).replace('␣', " ");
        return Some(Output { lead: "It writes:", words, class: "lab-card__written" });
    }
    let Answer { given, truth, is_correct } = look.answer.as_ref()?;
    let verdict = if *is_correct { "correct" } else { "wrong" };
    let words = format!("{given}; the truth is {truth}: {verdict}.");
    Some(Output { lead: "It answers", words, class: "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::{Event, Experiment, MiniatureLook, MiniatureNews};

    fn told(lab: LabKind, look: MiniatureLook) -> PageState {
        let mut state = PageState::default();
        let experiment = Box::new(Experiment::of(lab));
        for news in [
            MiniatureNews::Begun { experiment, step_limit: 9 },
            MiniatureNews::Looked { lab, look: look.into() },
        ] {
            state.apply(Event::Miniature { news });
        }
        state
    }

    #[test]
    fn a_card_says_how_its_network_stands_and_what_it_gives() {
        let answer = Answer { given: "A".into(), truth: "B".into(), is_correct: false };
        let look =
            MiniatureLook { step: 3, held_out: Some(0.5), answer: Some(answer), ..MiniatureLook::default() };
        let state = told(LabKind::Memory, look);
        assert_eq!(words(LabKind::Memory, &state), "Step 3 of 9, recall 50.0% held out");
        let given = output(state.home.miniature(LabKind::Memory).unwrap());
        assert_eq!(given.map(|output| output.words).as_deref(), Some("A; the truth is B: wrong."));
        assert_eq!(words(LabKind::Text, &state), "Setting the network up …");
        let written = MiniatureLook { written: Some("the\nsea".into()), ..MiniatureLook::default() };
        let state = told(LabKind::Text, written);
        let given = output(state.home.miniature(LabKind::Text).unwrap());
        assert_eq!(given.map(|output| output.words).as_deref(), Some("the⏎sea"));
    }
}
