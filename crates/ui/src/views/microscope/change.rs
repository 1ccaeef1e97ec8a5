//! What a visitor types in, read as a change by hand.

use super::numbers::operand;
use crate::format::visible;
use rnn_protocol::{CellEdit, CellForm, CellLook, EDIT_LIMIT, Source};

/// What is to be changed, of the cell and the unit in view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The symbol that is read.
    #[default]
    Symbol,
    /// A number of what the lowest layer reads.
    Input,
    /// The unit's h of the time step before.
    HiddenBefore,
    /// The unit's c of the time step before.
    CellBefore,
    /// The unit's h that the cell hands on.
    Hidden,
    /// A weight from the input.
    InputWeight,
    /// A weight from the state.
    StateWeight,
    /// A bias beside the input's weights.
    InputBias,
    /// A bias beside the state's weights.
    StateBias,
}

/// What was typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// What is to be changed.
    pub target: Target,
    /// Which gate's weight, in PyTorch's order.
    pub gate: usize,
    /// Which number or unit is read.
    pub index: String,
    /// What it is to be.
    pub value: String,
}

impl Target {
    /// All that a cell offers: the word on screen and its key.
    #[must_use]
    pub fn all(form: CellForm, layer: u32) -> Vec<(Self, &'static str)> {
        let all = [
            (Self::Symbol, "the symbol read here"),
            (Self::Input, "a number of the symbol’s vector"),
            (Self::HiddenBefore, "the unit’s h of the step before"),
            (Self::CellBefore, "the unit’s c of the step before"),
            (Self::Hidden, "the unit’s h, as it is handed on"),
            (Self::InputWeight, "a weight from the input"),
            (Self::StateWeight, "a weight from the state"),
            (Self::InputBias, "a bias of the input (b_ih)"),
            (Self::StateBias, "a bias of the state (b_hh)"),
        ];
        let is_there = |target: Self| match target {
            Self::CellBefore => form == CellForm::Lstm,
            Self::Input => layer == 0,
            _ => true,
        };
        all.into_iter().filter(|&(target, _)| is_there(target)).collect()
    }

    /// Its key in the list of choices.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Symbol => "symbol",
            Self::Input => "input",
            Self::HiddenBefore => "hidden-before",
            Self::CellBefore => "cell-before",
            Self::Hidden => "hidden",
            Self::InputWeight => "input-weight",
            Self::StateWeight => "state-weight",
            Self::InputBias => "input-bias",
            Self::StateBias => "state-bias",
        }
    }

    /// Whether it belongs to one of the gates.
    #[must_use]
    pub fn has_gate(self) -> bool {
        matches!(self, Self::InputWeight | Self::StateWeight | Self::InputBias | Self::StateBias)
    }

    /// Whether one of many is to be named.
    #[must_use]
    pub fn has_index(self) -> bool {
        matches!(self, Self::Input | Self::InputWeight | Self::StateWeight)
    }
}

/// Reads what was typed as a change.
///
/// # Errors
/// The sentence to show.
pub fn read_change(typed: &Typed, look: &CellLook) -> Result<CellEdit, String> {
    let place = look.place;
    let step_before = place.step.checked_sub(1);
    if typed.target == Target::Symbol {
        return Ok(CellEdit::Symbol { step: place.step, symbol: read_symbol(&typed.value)? });
    }
    let index = if typed.target.has_index() { read_index(typed, look)? } else { 0 };
    let value = read_number(&typed.value)?;
    let row = || {
        let gate = look.as_is.unit.gates.get(typed.gate);
        gate.map(|gate| gate.row).ok_or_else(|| "The cell has no such gate. Choose another.".to_owned())
    };
    let weight =
        |parameter: &String, index: u32| Ok(CellEdit::Weight { parameter: parameter.clone(), index, value });
    match typed.target {
        Target::Symbol | Target::Input => Ok(CellEdit::Input { step: place.step, index, value }),
        Target::HiddenBefore => {
            Ok(CellEdit::Hidden { layer: place.layer, step: step_before, unit: place.unit, value })
        }
        Target::CellBefore => {
            Ok(CellEdit::Cell { layer: place.layer, step: step_before, unit: place.unit, value })
        }
        Target::Hidden => {
            Ok(CellEdit::Hidden { layer: place.layer, step: Some(place.step), unit: place.unit, value })
        }
        Target::InputWeight => weight(&look.weights.input, row()? * look.inputs + index),
        Target::StateWeight => weight(&look.weights.recurrent, row()? * look.units + index),
        Target::InputBias => weight(&look.weights.input_bias, row()?),
        Target::StateBias => weight(&look.weights.recurrent_bias, row()?),
    }
}

/// What the target is at present, where the page knows it.
#[must_use]
pub fn present_value(typed: &Typed, look: &CellLook) -> Option<String> {
    let reading = look.edited.as_ref().unwrap_or(&look.as_is);
    let unit = &reading.unit;
    let gate = unit.gates.get(typed.gate);
    let weight = |source: Source| {
        let index: u32 = typed.index.trim().parse().ok()?;
        let products = &gate?.products;
        products
            .iter()
            .find(|product| (product.source, product.index) == (source, index))
            .map(|found| found.weight)
    };
    let number = match typed.target {
        Target::Symbol => return Some(format!("“{}”", visible(&reading.symbol))),
        Target::Input => {
            let index: usize = typed.index.trim().parse().ok()?;
            reading.vectors.input.get(index).copied()
        }
        Target::HiddenBefore => Some(unit.hidden_before),
        Target::CellBefore => unit.cells_before,
        Target::Hidden => Some(unit.handed_on),
        Target::InputWeight => weight(Source::Input),
        Target::StateWeight => weight(Source::State),
        Target::InputBias => gate.map(|gate| gate.input_bias),
        Target::StateBias => gate.map(|gate| gate.recurrent_bias),
    };
    number.map(|number| operand(f64::from(number)))
}

/// A change in words.
#[must_use]
pub fn describe(edit: &CellEdit) -> String {
    let when = |step: &Option<u32>| match step {
        Some(step) => format!("after time step {step}"),
        None => "before the first time step".to_owned(),
    };
    let is = |value: &f32| operand(f64::from(*value));
    match edit {
        CellEdit::Symbol { step, symbol } => format!("Time step {step} reads “{}”", visible(symbol)),
        CellEdit::Input { step, index, value } => {
            format!("Number {index} of the symbol at time step {step} is {}", is(value))
        }
        CellEdit::Hidden { layer, step, unit, value } => {
            format!("h of layer {}, unit {unit}, {} is {}", layer + 1, when(step), is(value))
        }
        CellEdit::Cell { layer, step, unit, value } => {
            format!("c of layer {}, unit {unit}, {} is {}", layer + 1, when(step), is(value))
        }
        CellEdit::Weight { parameter, index, value } => {
            format!("{parameter}, number {index}, is {}", is(value))
        }
    }
}

fn read_symbol(text: &str) -> Result<String, String> {
    let glyphs = [("␣", " "), ("⏎", "\n"), ("⇥", "\t"), ("␍", "\r")];
    if let Some((_, symbol)) = glyphs.iter().find(|(glyph, _)| *glyph == text) {
        return Ok((*symbol).to_owned());
    }
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(_), None) => Ok(text.to_owned()),
        _ => Err("Type one character: it takes the place of the one that is read here.".to_owned()),
    }
}

fn read_number(text: &str) -> Result<f32, String> {
    let number: Option<f32> = text.trim().replace('−', "-").parse().ok();
    match number {
        Some(number) if number.abs() <= EDIT_LIMIT => Ok(number),
        _ => Err(format!(
            "Type a number between −{EDIT_LIMIT} and {EDIT_LIMIT}, such as 0.5, instead of “{}”.",
            text.trim()
        )),
    }
}

fn read_index(typed: &Typed, look: &CellLook) -> Result<u32, String> {
    let count = if typed.target == Target::StateWeight { look.units } else { look.inputs };
    let last = count.saturating_sub(1);
    let index: Option<u32> = typed.index.trim().parse().ok();
    index.filter(|&index| index < count).ok_or_else(|| {
        format!("Say which one with a whole number from 0 to {last}, instead of “{}”.", typed.index.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::{CellPlace, CellReading, GateReading, Quantity, UnitReading, WeightNames};

    fn look() -> CellLook {
        let gate = |row| GateReading {
            gate: Quantity::ResetGate,
            row,
            input_product: 0.0,
            input_bias: 0.5,
            recurrent_product: 0.0,
            recurrent_bias: 0.0,
            pre_activation: 0.0,
            value: 0.5,
            products: Vec::new(),
        };
        let unit = UnitReading { gates: vec![gate(2), gate(11)], ..UnitReading::default() };
        CellLook {
            step: 4,
            weights_step: 3,
            place: CellPlace { layer: 0, step: 0, unit: 2 },
            form: CellForm::Gru,
            layers: 1,
            steps: 7,
            units: 9,
            inputs: 5,
            weights: WeightNames { recurrent: "rnn.weight_hh_l0".to_owned(), ..WeightNames::default() },
            as_is: CellReading { unit, ..CellReading::default() },
            edited: None,
            course: Vec::new(),
            consequence: None,
        }
    }

    fn typed(target: Target, index: &str, value: &str) -> Typed {
        Typed { target, gate: 1, index: index.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn what_is_typed_is_read() {
        let read = |target, index, value| read_change(&typed(target, index, value), &look());
        let expected =
            CellEdit::Weight { parameter: "rnn.weight_hh_l0".to_owned(), index: 11 * 9 + 8, value: -0.5 };
        assert_eq!(read(Target::StateWeight, " 8 ", "−0.5"), Ok(expected));
        let before = CellEdit::Hidden { layer: 0, step: None, unit: 2, value: 1.0 };
        assert_eq!(read(Target::HiddenBefore, "", "1"), Ok(before), "before the first step");
        assert_eq!(read(Target::Symbol, "", "⏎"), Ok(CellEdit::Symbol { step: 0, symbol: "\n".to_owned() }));
        assert_eq!(present_value(&typed(Target::InputBias, "", ""), &look()).as_deref(), Some("0.500000"));
    }

    #[test]
    fn what_cannot_be_read_gets_a_sentence() {
        let problem = |target, index, value| read_change(&typed(target, index, value), &look()).unwrap_err();
        for value in ["", "x", "NaN", "inf", "1e9", "−101"] {
            let sentence = problem(Target::Hidden, "", value);
            assert!(sentence.contains("between −100 and 100"), "{sentence}");
        }
        assert!(problem(Target::StateWeight, "9", "0").contains("from 0 to 8, instead of “9”"));
        assert!(problem(Target::Input, "5", "0").contains("from 0 to 4"));
        assert!(problem(Target::Symbol, "", "ab").contains("one character"));
    }

    #[test]
    fn only_the_lstm_offers_a_cell_state() {
        let has =
            |form, layer, target| Target::all(form, layer).iter().any(|&(offered, _)| offered == target);
        assert!(has(CellForm::Lstm, 0, Target::CellBefore) && !has(CellForm::Gru, 0, Target::CellBefore));
        assert!(has(CellForm::Gru, 0, Target::Input) && !has(CellForm::Gru, 1, Target::Input));
    }
}
