//! The equations of a cell, in symbols and with the numbers of one unit filled in.

use super::numbers::{factor, operand, result, term};
use rnn_protocol::{CellForm, GateReading, Quantity, UnitReading};

/// One equation of one unit. `_x` and `_{xy}` stand for subscripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equation {
    /// What is computed.
    pub left: &'static str,
    /// From what.
    pub symbols: &'static str,
    /// The same with numbers.
    pub numbers: String,
    /// What comes out.
    pub result: String,
}

/// The equations of a unit in the order in which they are computed.
#[must_use]
pub fn equations(form: CellForm, unit: &UnitReading) -> Vec<Equation> {
    let mut lines = Vec::new();
    for gate in &unit.gates {
        let is_scaled = (form, gate.gate) == (CellForm::Gru, Quantity::Candidate);
        let numbers = match unit.gates.first() {
            Some(reset) if is_scaled => scaled_sum(gate, f64::from(reset.value)),
            _ => sum(gate),
        };
        let GateWords { pre_activation, sum, left, activation } = words(form, gate.gate);
        lines.push(Equation {
            left: pre_activation,
            symbols: sum,
            numbers,
            result: result(gate.pre_activation),
        });
        let argument = operand(gate.pre_activation);
        let numbers = match (form, gate.gate) {
            (CellForm::ElmanRelu, _) => format!("max(0, {argument})"),
            (_, Quantity::Candidate | Quantity::Hidden) => format!("tanh({argument})"),
            _ => format!("σ({argument})"),
        };
        lines.push(Equation { left, symbols: activation, numbers, result: result(f64::from(gate.value)) });
    }
    lines.extend(states(form, unit));
    lines
}

/// What follows from the gates.
fn states(form: CellForm, unit: &UnitReading) -> Vec<Equation> {
    let gate = |index: usize| unit.gates.get(index).map_or(0.0, |gate| f64::from(gate.value));
    let hidden = f64::from(unit.hidden);
    match (form, unit.cells, unit.cells_before) {
        (CellForm::Lstm, Some(cells), Some(before)) => {
            let (cells, before) = (f64::from(cells), f64::from(before));
            let [input, forget, candidate, output] = [0, 1, 2, 3].map(gate);
            vec![
                Equation {
                    left: "c_t",
                    symbols: "f · c_{t−1} + i · g",
                    numbers: format!(
                        "{} · {} + {} · {}",
                        operand(forget),
                        factor(before),
                        operand(input),
                        factor(candidate)
                    ),
                    result: result(cells),
                },
                Equation {
                    left: "h_t",
                    symbols: "o · tanh(c_t)",
                    numbers: format!("{} · tanh({})", operand(output), operand(cells)),
                    result: result(hidden),
                },
            ]
        }
        (CellForm::Gru, ..) => {
            let [_, update, candidate] = [0, 1, 2].map(gate);
            let before = f64::from(unit.hidden_before);
            vec![Equation {
                left: "h_t",
                symbols: "(1 − z) · n + z · h_{t−1}",
                numbers: format!(
                    "(1 − {}) · {} + {} · {}",
                    operand(update),
                    factor(candidate),
                    operand(update),
                    factor(before)
                ),
                result: result(hidden),
            }]
        }
        _ => Vec::new(),
    }
}

fn sum(gate: &GateReading) -> String {
    format!(
        "{} {} {} {}",
        operand(gate.input_product),
        term(f64::from(gate.input_bias)),
        term(gate.recurrent_product),
        term(f64::from(gate.recurrent_bias))
    )
}

fn scaled_sum(gate: &GateReading, reset: f64) -> String {
    format!(
        "{} {} + {} · ({} {})",
        operand(gate.input_product),
        term(f64::from(gate.input_bias)),
        operand(reset),
        operand(gate.recurrent_product),
        term(f64::from(gate.recurrent_bias))
    )
}

struct GateWords {
    pre_activation: &'static str,
    sum: &'static str,
    left: &'static str,
    activation: &'static str,
}

fn words(form: CellForm, gate: Quantity) -> GateWords {
    let (pre_activation, sum, left, activation) = match (form, gate) {
        (_, Quantity::InputGate) => ("a_i", "W_{ii} x_t + b_{ii} + W_{hi} h_{t−1} + b_{hi}", "i", "σ(a_i)"),
        (_, Quantity::ForgetGate) => ("a_f", "W_{if} x_t + b_{if} + W_{hf} h_{t−1} + b_{hf}", "f", "σ(a_f)"),
        (_, Quantity::OutputGate) => ("a_o", "W_{io} x_t + b_{io} + W_{ho} h_{t−1} + b_{ho}", "o", "σ(a_o)"),
        (_, Quantity::ResetGate) => ("a_r", "W_{ir} x_t + b_{ir} + W_{hr} h_{t−1} + b_{hr}", "r", "σ(a_r)"),
        (_, Quantity::UpdateGate) => ("a_z", "W_{iz} x_t + b_{iz} + W_{hz} h_{t−1} + b_{hz}", "z", "σ(a_z)"),
        (CellForm::Gru, Quantity::Candidate) => {
            ("a_n", "W_{in} x_t + b_{in} + r · (W_{hn} h_{t−1} + b_{hn})", "n", "tanh(a_n)")
        }
        (_, Quantity::Candidate) => {
            ("a_g", "W_{ig} x_t + b_{ig} + W_{hg} h_{t−1} + b_{hg}", "g", "tanh(a_g)")
        }
        (CellForm::ElmanRelu, _) => {
            ("a", "W_{ih} x_t + b_{ih} + W_{hh} h_{t−1} + b_{hh}", "h_t", "max(0, a)")
        }
        // No gate of any cell: of Elman’s one sum it is h itself.
        (_, Quantity::Hidden | Quantity::Cell | Quantity::HiddenGradient | Quantity::CellGradient) => {
            ("a", "W_{ih} x_t + b_{ih} + W_{hh} h_{t−1} + b_{hh}", "h_t", "tanh(a)")
        }
    };
    GateWords { pre_activation, sum, left, activation }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(gate: Quantity, pre_activation: f64, value: f32) -> GateReading {
        GateReading {
            gate,
            row: 0,
            input_product: 0.25,
            input_bias: -0.125,
            recurrent_product: -0.5,
            recurrent_bias: 0.0625,
            pre_activation,
            value,
            products: Vec::new(),
        }
    }

    #[test]
    fn numbers_stand_where_the_symbols_do() {
        let unit = UnitReading {
            gates: CellForm::Gru.gates().iter().map(|&quantity| gate(quantity, -0.3125, 0.5)).collect(),
            hidden_before: -0.75,
            hidden: 0.375,
            ..UnitReading::default()
        };
        let lines = equations(CellForm::Gru, &unit);
        assert_eq!(lines.len(), 7);
        assert_eq!(lines[0].numbers, "0.250000 − 0.125000 − 0.500000 + 0.062500");
        assert_eq!((lines[0].left, lines[0].result.as_str()), ("a_r", "−0.3125"));
        assert_eq!(lines[1].numbers, "σ(−0.312500)");
        assert_eq!(lines[4].numbers, "0.250000 − 0.125000 + 0.500000 · (−0.500000 + 0.062500)");
        assert_eq!(lines[5].numbers, "tanh(−0.312500)");
        assert_eq!(lines[6].numbers, "(1 − 0.500000) · 0.500000 + 0.500000 · (−0.750000)");
        assert_eq!(lines[6].result, "0.3750");
    }

    #[test]
    fn each_cell_has_its_own_equations() {
        let lefts = |form: CellForm| {
            let gates = form.gates().iter().map(|&quantity| gate(quantity, 0.0, 0.5)).collect();
            let is_lstm = form == CellForm::Lstm;
            let cells = is_lstm.then_some(0.5);
            let unit = UnitReading { gates, cells, cells_before: cells, ..UnitReading::default() };
            equations(form, &unit).iter().map(|line| line.left).collect::<Vec<_>>()
        };
        assert_eq!(lefts(CellForm::ElmanTanh), ["a", "h_t"]);
        assert_eq!(lefts(CellForm::ElmanRelu), ["a", "h_t"]);
        assert_eq!(lefts(CellForm::Lstm), ["a_i", "i", "a_f", "f", "a_g", "g", "a_o", "o", "c_t", "h_t"]);
    }
}
