//! The way of a sentence: from what is typed to tokens, indices, rows of the embedding, states, probabilities and the
//! loss, and back to every weight.

use super::line_in_hand::LineInHand;
use super::picture::Picture;
use super::player::Player;
use super::sentence::{SentenceField, Tokens};
use super::vocabulary::Vocabulary;
use super::walker::Walker;
use super::weights::Weights;
use crate::views::Card;
use leptos::prelude::*;

/// The card.
#[component]
pub fn Path() -> impl IntoView {
    let walker = Walker::start();
    let caption = Memo::new(move |_| {
        walker.look.with(|look| {
            let Some(look) = look.as_ref() else { return "The network reads the sentence …".to_owned() };
            let weights = match look.step {
                0 => "the weights as they were drawn, before the first training step".to_owned(),
                1 => "the weights after training step 1".to_owned(),
                step => format!("the weights after {step} training steps"),
            };
            format!(
                "All numbers are those of {weights}; Play and Step train the network, and the numbers follow."
            )
        })
    });
    view! {
        <Card title="From the sentence to the loss, and back" area="anatomy" caption=caption>
            <SentenceField />
            <section class="walk-part">
                <Heading number="1" title="Tokens" words="The sentence, cut into pieces; below each, its index in the vocabulary." />
                <Tokens walker=walker />
            </section>
            <div class="walk-middle">
                <section class="walk-part">
                    <Heading number="2" title="Vocabulary and embedding" words="Each token has an index, and the index a row of learnt numbers." />
                    <Vocabulary walker=walker />
                </section>
                <section class="walk-part walk-part--line">
                    <Heading number="3" title="One line of arithmetic" words="Outlined below: what goes in, and what comes out." />
                    <LineInHand walker=walker />
                    <Player walker=walker />
                </section>
            </div>
            <section class="walk-part">
                <Heading number="4" title="The network, unrolled" words="One column a time step: the same cell and the same weights each time, and the state handed on to the right." />
                <Picture walker=walker />
            </section>
            <section class="walk-part">
                <Heading number="5" title="The weights" words="All time steps share them; the backward pass adds up what each step says of each." />
                <Weights walker=walker />
            </section>
        </Card>
    }
}

/// The heading of a part.
#[component]
fn Heading(number: &'static str, title: &'static str, words: &'static str) -> impl IntoView {
    view! {
        <header class="walk-heading">
            <h3 class="walk-heading__title">
                <span class="walk-heading__number">{number}</span>
                {title}
            </h3>
            <p class="walk-heading__words">{words}</p>
        </header>
    }
}
