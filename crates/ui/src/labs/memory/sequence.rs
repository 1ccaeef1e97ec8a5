//! The sequence in hand, and the network's answer beside the truth.

use crate::format::{counted, grouped};
use crate::page::use_page;
use crate::state::PageState;
use crate::views::Card;
use leptos::prelude::*;

/// The first sequence of the batch that was last looked at.
#[component]
pub fn SequenceInHand() -> impl IntoView {
    let page = use_page();
    let symbols = page.derive(|state| {
        state.snapshot.as_ref().map(|shown| shown.header.symbols.clone()).unwrap_or_default()
    });
    let answer = page.derive(|state| state.snapshot.as_ref().and_then(|shown| shown.header.answer.clone()));
    let caption = page.derive(facts);
    let strip = move || {
        let symbols = symbols.get();
        let shown = symbols.into_iter().map(|symbol| {
            let class =
                if matters(&symbol) { "sequence__symbol sequence__symbol--kept" } else { "sequence__symbol" };
            view! { <li class=class>{symbol}</li> }
        });
        shown.collect_view()
    };
    let verdict = move || match answer.get() {
        None => {
            view! { <p class="sequence__answer">"Press Play or Step to see a sequence and the answer."</p> }
                .into_any()
        }
        Some(answer) => {
            let (class, word) = if answer.is_correct {
                ("sequence__verdict sequence__verdict--right", "correct")
            } else {
                ("sequence__verdict sequence__verdict--wrong", "wrong")
            };
            view! {
                <p class="sequence__answer" data-testid="answer">
                    "The network answers " <strong>{answer.given}</strong> "; the truth is "
                    <strong>{answer.truth}</strong> ": " <span class=class>{word}</span> "."
                </p>
            }
            .into_any()
        }
    };
    view! {
        <Card title="The sequence in hand" area="sequence" caption=caption>
            <ol class="sequence" tabindex="0" aria-label="Symbols read, one a time step">
                {strip}
            </ol>
            {verdict}
        </Card>
    }
}

/// Whether a symbol is to be kept in mind, or asks for the answer.
fn matters(symbol: &str) -> bool {
    symbol.starts_with(|first: char| first.is_ascii_uppercase() || first == '+' || first == '?')
}

fn facts(state: &PageState) -> String {
    let Some(facts) = &state.facts else { return String::new() };
    format!(
        "The first of {} that this step reads, of {} each. All are generated from the seed, fresh ones every step; \
         {} more are held out for the recall.",
        counted(facts.batch_size.into(), "sequence"),
        counted(facts.sequence_length.into(), "time step"),
        grouped(facts.held_out_items)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_matters_stands_out() {
        for (symbol, expected) in
            [("A", true), ("X", true), ("?", true), ("+0.42", true), ("a", false), ("0.42", false)]
        {
            assert_eq!(matters(symbol), expected, "{symbol}");
        }
    }
}
