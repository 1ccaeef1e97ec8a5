//! The home page: what this is, the labs to choose from with a network in training on each card, and the way back
//! to what was left.

pub mod card;
pub mod failures;
pub mod footer;
pub mod picture;
pub mod resume;

use crate::page::use_page;
use crate::state::Motion;
use card::LabCard;
use failures::Failures;
use footer::Footer;
use leptos::prelude::*;
use resume::Resume;
use rnn_protocol::LabKind;

/// The home page.
#[component]
pub fn HomeScreen() -> impl IntoView {
    view! {
        <main class="home" tabindex="-1">
            <div class="home__opening">
                <h2 class="home__claim">"See what a recurrent network keeps in mind"</h2>
                <p class="home__words">
                    "Train a small recurrent network on real sequences and look at every number inside it: the hidden \
                     state from step to step, each gate, the gradient on its way back. It runs in this tab: there is no \
                     account and no server, and nothing that you load leaves your computer."
                </p>
            </div>
            <Resume />
            <section class="home__labs" aria-labelledby="labs-title">
                <header class="home__bar">
                    <h2 class="home__title" id="labs-title">
                        "Labs"
                    </h2>
                    <Moving />
                </header>
                <ul class="lab-cards">
                    {LabKind::ALL.map(|lab| view! { <LabCard lab=lab /> }).collect_view()}
                </ul>
            </section>
            <Failures />
            <Footer />
        </main>
    }
}

/// What moves on the cards, and the button that stops it.
#[component]
fn Moving() -> impl IntoView {
    let page = use_page();
    let wanted = page.derive(|state| state.home.wanted());
    let is_over = page.derive(|state| state.home.is_over());
    let words = move || match (is_over.get(), wanted.get()) {
        (true, _) => "Each network has taken its last step.",
        (false, Motion::Playing) => "The network on each card is training in this tab as you read.",
        (false, Motion::Paused) => "The networks on the cards stand still.",
    };
    let (label, other) = (
        move || if wanted.get() == Motion::Playing { "Pause the cards" } else { "Train the cards" },
        move || if wanted.get() == Motion::Playing { Motion::Paused } else { Motion::Playing },
    );
    view! {
        <p class="home__moving">{words}</p>
        <p class="scale scale--diverging home__scale">
            "Hidden state −1"
            <span class="scale__bar" aria-hidden="true"></span>
            "+1"
        </p>
        <Show when=move || !is_over.get()>
            <button class="button button--small" type="button" on:click=move |_| page.move_miniatures(other())>
                {label}
            </button>
        </Show>
    }
}
