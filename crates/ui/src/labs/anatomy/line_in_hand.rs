//! The line in hand: its equation, and the same with its numbers.

use super::line::{Piece, Written, numbers, place_words, write};
use super::walker::Walker;
use crate::views::microscope::symbols::formula;
use leptos::prelude::*;
use rnn_protocol::WalkPass;

/// What is said while no line is in hand.
const OVERVIEW: &str = "Every number of the sentence’s way is below. Press › to follow it line by line, or click a number \
                        to see where it comes from.";

/// The line.
#[component]
pub fn LineInHand(
    /// The walk.
    walker: Walker,
) -> impl IntoView {
    let written = Memo::new(move |_| {
        walker.line.with(|line| {
            let line = line.as_ref()?;
            walker.look.with(|look| Some(write(look.as_ref()?, line)))
        })
    });
    let place = Memo::new(move |_| {
        let cursor = walker.cursor.get()?;
        walker.look.with(|look| {
            let look = look.as_ref()?;
            Some((look.section(cursor)?.pass, place_words(look, look.section(cursor)?)))
        })
    });
    let badge = move || match place.get() {
        None => ("walk-badge", "Overview"),
        Some((WalkPass::Forward, _)) => ("walk-badge walk-badge--forward", "Forward pass →"),
        Some((WalkPass::Backward, _)) => ("walk-badge walk-badge--backward", "← Backward pass"),
    };
    let heard = move || {
        if let (Some(operation), Some((at, count))) = (walker.operation(), walker.operation_in_hand()) {
            return Some(format!("Operation {} of {count}: {}", at + 1, operation.words));
        }
        written.with(|written| {
            let written = written.as_ref()?;
            Some(format!("{} = {} = {}", written.left, numbers(written), written.result))
        })
    };
    let words = move || place.get().map_or_else(|| OVERVIEW.to_owned(), |(_, words)| words);
    view! {
        <div class="walk-line" data-testid="walk-line">
            <p class="walk-line__place">
                <span class=move || badge().0>{move || badge().1}</span>
                <span data-testid="walk-place">{words}</span>
            </p>
            <div class="walk-line__body">
                {move || written.get().map(|written| equation(written, walker))}
            </div>
            <p class="visually-hidden" role="status">
                {move || if walker.is_playing.get() { None } else { heard() }}
            </p>
        </div>
    }
}

fn equation(written: Written, walker: Walker) -> impl IntoView {
    let Written { equation, left, pieces, sums, result } = written;
    // Operations that are still to come.
    let is_ahead = move |term: usize| {
        walker.operation().is_some_and(|operation| operation.term < term && !is_done(walker))
    };
    let pieces = pieces.into_iter().map(|piece| match piece {
        Piece::Joint { letters, term } => view! {
            <span class="walk-joint" class:is-ahead=move || is_ahead(term)>
                {letters}
                " "
            </span>
        }
        .into_any(),
        Piece::Number { number, symbol, term } => view! {
            <span class="walk-operand" class:is-ahead=move || is_ahead(term)>
                <span class="walk-operand__number" data-part="operand">
                    {number}
                </span>
                <span class="walk-operand__symbol">{formula(&symbol)}</span>
            </span>
        }
        .into_any(),
    });
    let sums = StoredValue::new((sums.len() > 1).then(|| sums.join(" → ")));
    let below = move || {
        if let (Some(operation), Some((at, count))) = (walker.operation(), walker.operation_in_hand()) {
            let place = format!("Operation {} of {count}: ", at + 1);
            return view! {
                <p class="walk-line__sums">
                    {place} <span class="walk-line__operation" data-part="operation">{operation.words}</span>
                </p>
            }
            .into_any();
        }
        let sums = sums.get_value().map(|sums| {
            view! {
                <p class="walk-line__sums">"Term by term: " <span data-part="sums">{sums}</span></p>
            }
        });
        sums.into_any()
    };
    view! {
        <p class="walk-line__equation">{formula(&equation)}</p>
        <p class="walk-line__numbers">
            <span class="walk-operand walk-operand--result" class:is-ahead=move || !is_done(walker)>
                <span class="walk-operand__number" data-part="result">
                    {result}
                </span>
                <span class="walk-operand__symbol" data-part="left">
                    {formula(&left)}
                </span>
            </span>
            <span class="walk-joint">"= "</span>
            <span class="walk-line__right" data-part="right">
                {pieces.collect_view()}
            </span>
        </p>
        {below}
    }
}

/// Whether the operation in hand is the last of its line.
fn is_done(walker: Walker) -> bool {
    walker.operation_in_hand().is_none_or(|(at, count)| at + 1 == count)
}
