//! Every gate, candidate and state of the unit, as a number and as a bar.

use super::flow::sign_class;
use super::numbers::operand;
use crate::charts::heat_map::words_for;
use leptos::prelude::*;
use rnn_protocol::{CellForm, CellKind, Quantity, UnitReading};

/// One number of the unit.
#[derive(Debug, Clone, PartialEq)]
pub struct StateRow {
    /// Its letter; `_x` stands for a subscript.
    pub symbol: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The number.
    pub value: f32,
    /// The same as it was, before any change by hand.
    pub before: f32,
    /// Whether it lies between 0 and 1.
    pub is_gate: bool,
}

/// The numbers of a unit, from what it had to what it hands on.
#[must_use]
pub fn state_rows(form: CellForm, unit: &UnitReading, as_is: &UnitReading) -> Vec<StateRow> {
    let kind = kind_of(form);
    let row = |symbol, name, value, before, is_gate| StateRow { symbol, name, value, before, is_gate };
    let mut rows = vec![row("h_{t−1}", "state before", unit.hidden_before, as_is.hidden_before, false)];
    if let (Some(value), Some(before)) = (unit.cells_before, as_is.cells_before) {
        rows.push(row("c_{t−1}", "cell state before", value, before, false));
    }
    for (gate, before) in unit.gates.iter().zip(&as_is.gates) {
        let is_gate = !matches!(gate.gate, Quantity::Candidate | Quantity::Hidden);
        if gate.gate != Quantity::Hidden {
            let words = words_for(gate.gate, kind);
            rows.push(row(words.symbol, words.name, gate.value, before.value, is_gate));
        }
    }
    if let (Some(value), Some(before)) = (unit.cells, as_is.cells) {
        rows.push(row("c_t", "cell state", value, before, false));
    }
    rows.push(row("h_t", "hidden state", unit.handed_on, as_is.handed_on, false));
    rows
}

/// The kind of cell, as it is chosen.
#[must_use]
pub fn kind_of(form: CellForm) -> CellKind {
    match form {
        CellForm::ElmanTanh | CellForm::ElmanRelu => CellKind::Elman,
        CellForm::Lstm => CellKind::Lstm,
        CellForm::Gru => CellKind::Gru,
    }
}

/// The numbers as a table with bars.
#[component]
pub fn States(
    /// The numbers.
    #[prop(into)]
    rows: Signal<Vec<StateRow>>,
    /// Whether numbers are changed by hand, so that there are two of each.
    #[prop(into)]
    is_edited: Signal<bool>,
) -> impl IntoView {
    let row = move |row: StateRow| {
        let StateRow { symbol, name, value, before, is_gate } = row;
        let class = match is_gate {
            true => "cell-bar cell-bar--gate".to_owned(),
            false => format!("cell-bar {}", sign_class(f64::from(value))),
        };
        let part = if value.is_finite() { value.abs().min(1.0) } else { 0.0 };
        let is_moved = value.to_bits() != before.to_bits();
        view! {
            <tr>
                <th scope="row">
                    <span class="cell-symbol">{super::symbols::formula(symbol)}</span>
                    <span class="cell-states__name">{name}</span>
                </th>
                <td class="cell-states__bar">
                    <span class=class>
                        <span class="cell-bar__fill" style:--part=part.to_string()></span>
                    </span>
                </td>
                <td class="cell-states__number" data-testid=format!("cell-{}", plain(symbol))>
                    {operand(f64::from(value))}
                </td>
                <td class="cell-states__number cell-states__number--before">
                    {move || is_edited.get().then(|| if is_moved { operand(f64::from(before)) } else { "=".to_owned() })}
                </td>
            </tr>
        }
    };
    view! {
        <table class="cell-states">
            <caption class="visually-hidden">"Gates and states of the unit"</caption>
            <thead class=move || if is_edited.get() { "" } else { "visually-hidden" }>
                <tr>
                    <th scope="col">"Number"</th>
                    <th scope="col">"From −1 to 1"</th>
                    <th scope="col">"Value"</th>
                    <th scope="col">{move || if is_edited.get() { "As it was" } else { "" }}</th>
                </tr>
            </thead>
            <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

/// A symbol without what sets subscripts apart, as the tests call it: `c_{t−1}` is `c-before`.
fn plain(symbol: &str) -> String {
    symbol.replace("_{t−1}", "-before").replace("_t", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::GateReading;

    fn unit(form: CellForm) -> UnitReading {
        let gate = |&gate: &Quantity| GateReading {
            gate,
            row: 0,
            input_product: 0.0,
            input_bias: 0.0,
            recurrent_product: 0.0,
            recurrent_bias: 0.0,
            pre_activation: 0.0,
            value: 0.5,
            products: Vec::new(),
        };
        let cells = (form == CellForm::Lstm).then_some(0.25);
        let gates = form.gates().iter().map(gate).collect();
        UnitReading { gates, cells, cells_before: cells, ..UnitReading::default() }
    }

    #[test]
    fn each_cell_shows_what_it_has() {
        let symbols = |form: CellForm| {
            let rows = state_rows(form, &unit(form), &unit(form));
            rows.iter().map(|row| plain(row.symbol)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(symbols(CellForm::Lstm), "h-before c-before i f g o c h");
        assert_eq!(symbols(CellForm::Gru), "h-before r z n h");
        assert_eq!(symbols(CellForm::ElmanTanh), "h-before h");
    }
}
