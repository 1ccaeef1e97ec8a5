//! The vocabulary: each token, its index, and its row of the embedding.

use super::number::NumberCell;
use super::outline::Outline;
use super::walker::Walker;
use crate::format::visible;
use leptos::prelude::*;
use rnn_protocol::{NumberPlace, WalkNumber, WalkPass};

/// The table. The row that is read at the time step in hand is marked.
#[component]
pub fn Vocabulary(
    /// The walk.
    walker: Walker,
) -> impl IntoView {
    let read = Memo::new(move |_| {
        let cursor = walker.cursor.get()?;
        walker.look.with(|look| {
            let look = look.as_ref()?;
            look.tokens.get(look.section(cursor)?.step? as usize).copied()
        })
    });
    let is_gradient = Memo::new(move |_| walker.pass.get() == WalkPass::Backward);
    let table = move || {
        walker.outline.get().map(|Outline { inputs, symbols, .. }| {
            let heads = (0..inputs).map(|index| {
                let head = move || {
                    if is_gradient.get() {
                        format!("∂L/∂E[·,{index}]")
                    } else {
                        format!("E[·,{index}]")
                    }
                };
                view! { <th scope="col">{head}</th> }
            });
            let rows = symbols.into_iter().enumerate().map(|(id, symbol)| {
                let numbers = move || {
                    let is_gradient = is_gradient.get();
                    let number = |index: usize| {
                        let place = NumberPlace {
                            is_gradient,
                            ..NumberPlace::shared(WalkNumber::Embedding, id, index)
                        };
                        view! { <NumberCell walker=walker place=place /> }
                    };
                    (0..inputs).map(number).collect_view()
                };
                let class = move || if read.get() == Some(id as u32) { "is-read" } else { "" };
                view! {
                    <tr class=class>
                        <th scope="row">
                            <span class="token">{visible(&symbol)}</span>
                        </th>
                        <td class="walk-index">{id}</td>
                        {numbers}
                    </tr>
                }
            });
            view! {
                <table class="walk-table walk-table--small" data-testid="vocabulary">
                    <caption class="visually-hidden">"Token, index, and row of the embedding"</caption>
                    <thead>
                        <tr>
                            <th scope="col">"Token"</th>
                            <th scope="col">"Index"</th>
                            {heads.collect_view()}
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            }
        })
    };
    view! {
        <div class="walk-vocabulary" tabindex="0" role="region" aria-label="Vocabulary and embedding">
            {table}
        </div>
    }
}
