//! The weights, which are the same at every time step, and in the backward pass what it has added up for each.

use super::number::NumberCell;
use super::outline::Outline;
use super::walker::Walker;
use leptos::prelude::*;
use rnn_protocol::{CellForm, NumberPlace, WalkNumber, WalkPass};

/// A matrix with its bias beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Matrix {
    /// Its name in a PyTorch state dict, and its letters.
    name: &'static str,
    words: &'static str,
    weight: WalkNumber,
    bias: WalkNumber,
    columns: usize,
    /// Names of its rows.
    rows: Vec<String>,
}

/// Every matrix.
#[component]
pub fn Weights(
    /// The walk.
    walker: Walker,
) -> impl IntoView {
    let is_gradient = Memo::new(move |_| walker.pass.get() == WalkPass::Backward);
    let tables = move || {
        walker.outline.get().map(|outline| {
            let tables = matrices(&outline).into_iter();
            tables
                .map(|matrix| view! { <MatrixTable walker=walker matrix=matrix is_gradient=is_gradient /> })
                .collect_view()
        })
    };
    view! { <div class="walk-weights">{tables}</div> }
}

/// One matrix.
#[component]
fn MatrixTable(walker: Walker, matrix: Matrix, is_gradient: Memo<bool>) -> impl IntoView {
    let Matrix { name, words, weight, bias, columns, rows } = matrix;
    let heads = (0..columns).map(|column| view! { <th scope="col">{format!("·,{column}")}</th> });
    let rows = rows.into_iter().enumerate().map(|(row, label)| {
        let numbers = move || {
            let is_gradient = is_gradient.get();
            let place =
                |number, column| NumberPlace { is_gradient, ..NumberPlace::shared(number, row, column) };
            let weights = (0..columns).map(|column| {
                view! { <NumberCell walker=walker place=place(weight, column) /> }
            });
            view! {
                {weights.collect_view()}
                <NumberCell walker=walker place=place(bias, 0) class="is-bias" />
            }
        };
        view! {
            <tr>
                <th scope="row">{label}</th>
                {numbers}
            </tr>
        }
    });
    let title = move || if is_gradient.get() { format!("∂L/∂ {words}") } else { words.to_owned() };
    view! {
        <figure class="walk-matrix">
            <figcaption class="walk-matrix__title">
                {title} <span class="walk-matrix__name">{name}</span>
            </figcaption>
            <div class="walk-matrix__frame" tabindex="0" role="region" aria-label=words>
                <table class="walk-table walk-table--small">
                    <thead>
                        <tr>
                            <td></td>
                            {heads.collect_view()}
                            <th scope="col">"b"</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
        </figure>
    }
}

fn matrices(outline: &Outline) -> Vec<Matrix> {
    let Outline { form, inputs, units, symbols, .. } = outline;
    let letters: &[&str] = match form {
        CellForm::ElmanTanh | CellForm::ElmanRelu => &["h"],
        CellForm::Lstm => &["i", "f", "g", "o"],
        CellForm::Gru => &["r", "z", "n"],
    };
    let rows: Vec<String> =
        letters.iter().flat_map(|letter| (0..*units).map(move |unit| format!("{letter}[{unit}]"))).collect();
    vec![
        Matrix {
            name: "rnn.weight_ih_l0, bias_ih_l0",
            words: "from the input to the cell",
            weight: WalkNumber::InputWeight,
            bias: WalkNumber::InputBias,
            columns: *inputs,
            rows: rows.clone(),
        },
        Matrix {
            name: "rnn.weight_hh_l0, bias_hh_l0",
            words: "from the state before to the cell",
            weight: WalkNumber::RecurrentWeight,
            bias: WalkNumber::RecurrentBias,
            columns: *units,
            rows,
        },
        Matrix {
            name: "output.weight, output.bias",
            words: "from the state to the scores",
            weight: WalkNumber::OutputWeight,
            bias: WalkNumber::OutputBias,
            columns: *units,
            rows: symbols.iter().map(|symbol| crate::format::visible(symbol)).collect(),
        },
    ]
}
