//! A line of arithmetic in symbols, with numbers, and in a sentence.
//!
//! What goes into a line is written with two digits more than what comes out, so that whoever puts the numbers shown
//! into a calculator finds the result shown, give or take one of its last digit.

use super::symbols::{equation, factor_symbol, symbol};
use crate::format::{power_of_ten, visible};
use rnn_protocol::{
    FactorForm, WalkFunction, WalkLine, WalkLook, WalkNumber, WalkPass, WalkSection, WalkStage,
};

/// Digits of an operand and of a result.
const OPERAND: i32 = 6;
const RESULT: i32 = 4;

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// What joins numbers: `·`, `+`, `tanh(`.
    Joint {
        /// As it is written.
        letters: &'static str,
        /// The product that it stands before or in, or the number of products where it is behind them.
        term: usize,
    },
    /// A number as it enters, and its symbol below.
    Number {
        /// The number.
        number: String,
        /// Its symbol.
        symbol: String,
        /// The product that it belongs to.
        term: usize,
    },
}

/// A line on screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The equation that it belongs to.
    pub equation: String,
    /// The symbol of the result.
    pub left: String,
    /// The right side.
    pub pieces: Vec<Piece>,
    /// The sum after each product.
    pub sums: Vec<String>,
    /// The result.
    pub result: String,
}

/// Writes a line.
#[must_use]
pub fn write(look: &WalkLook, line: &WalkLine) -> Written {
    let mut pieces = Vec::new();
    let joint = |pieces: &mut Vec<Piece>, letters, term| pieces.push(Piece::Joint { letters, term });
    let (before, behind) = match line.function {
        WalkFunction::Identity => ("", ""),
        WalkFunction::Tanh => ("tanh(", ")"),
        WalkFunction::Sigmoid => ("σ(", ")"),
        WalkFunction::Exp => ("exp(", ")"),
        WalkFunction::NegativeLog => ("−ln(", ")"),
    };
    if !before.is_empty() {
        joint(&mut pieces, before, line.terms.len());
    }
    for (term_idx, term) in line.terms.iter().enumerate() {
        match (term_idx, term.is_subtracted) {
            (_, true) => joint(&mut pieces, "−", term_idx),
            (0, false) => {}
            (_, false) => joint(&mut pieces, "+", term_idx),
        }
        for (factor_idx, factor) in term.factors.iter().enumerate() {
            let is_quotient = factor.form == FactorForm::Reciprocal;
            match (factor_idx, is_quotient) {
                (0, true) => joint(&mut pieces, "1 /", term_idx),
                (0, false) => {}
                (_, true) => joint(&mut pieces, "/", term_idx),
                (_, false) => joint(&mut pieces, "·", term_idx),
            }
            let value = operand(factor.value);
            let number = match factor.form {
                FactorForm::Plain if value.starts_with('−') && factor_idx + term_idx > 0 => {
                    format!("({value})")
                }
                FactorForm::Plain | FactorForm::Reciprocal => value,
                FactorForm::OneMinus => format!("(1 − {})", bracketed(&value)),
                FactorForm::OneMinusSquare => format!("(1 − {}²)", bracketed(&value)),
            };
            pieces.push(Piece::Number { number, symbol: factor_symbol(look, factor), term: term_idx });
        }
    }
    if !behind.is_empty() {
        joint(&mut pieces, behind, line.terms.len());
    }
    Written {
        equation: equation(look, line),
        left: symbol(look, line.place),
        pieces,
        sums: line.terms.iter().map(|term| operand(term.so_far)).collect(),
        result: result(line.value),
    }
}

/// The right side in one piece, for those who hear it and for programs.
#[must_use]
pub fn numbers(written: &Written) -> String {
    let words = written.pieces.iter().map(|piece| match piece {
        Piece::Joint { letters, .. } => letters,
        Piece::Number { number, .. } => number.as_str(),
    });
    words.collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")
}

/// Where a line stands, in words: `Time step 3, reads “l”: the cell`.
#[must_use]
pub fn place_words(look: &WalkLook, section: &WalkSection) -> String {
    let Some(step) = section.step else { return "The whole sentence: its loss".to_owned() };
    let token = |at: u32| {
        let id = look.tokens.get(at as usize);
        let token = id.and_then(|&id| look.symbols.get(id as usize));
        visible(token.map_or("", String::as_str))
    };
    let stage = match (section.pass, section.stage) {
        (WalkPass::Forward, WalkStage::Embedding) => "its row of the embedding".to_owned(),
        (WalkPass::Forward, WalkStage::Cell) => "the cell".to_owned(),
        (WalkPass::Forward, WalkStage::Scores) => "a score for every token".to_owned(),
        (WalkPass::Forward, WalkStage::Softmax) => "scores become probabilities".to_owned(),
        (WalkPass::Forward, _) => format!("the loss, “{}” should follow", token(step + 1)),
        (WalkPass::Backward, WalkStage::Scores | WalkStage::Softmax | WalkStage::Loss) => {
            format!("from the loss to the scores, “{}” should have followed", token(step + 1))
        }
        (WalkPass::Backward, WalkStage::OutputWeights) => "into the output weights".to_owned(),
        (WalkPass::Backward, WalkStage::Hidden) => "to the hidden state".to_owned(),
        (WalkPass::Backward, WalkStage::Cell) => "back through the cell".to_owned(),
        (WalkPass::Backward, WalkStage::CellWeights) => "into the cell’s weights".to_owned(),
        (WalkPass::Backward, WalkStage::Embedding) => "into the row of the embedding".to_owned(),
    };
    format!("Time step {step}, reads “{}”: {stage}", token(step))
}

/// A number that goes into a line.
#[must_use]
pub fn operand(value: f64) -> String {
    written(value, OPERAND)
}

/// A number that comes out of it.
#[must_use]
pub fn result(value: f64) -> String {
    written(value, RESULT)
}

/// A number in a table: three decimals, or two digits of a small gradient.
#[must_use]
pub fn cell(value: f64, is_gradient: bool) -> String {
    if !value.is_finite() {
        return "no number".to_owned();
    }
    match (is_gradient, value.abs()) {
        (true, magnitude) if magnitude > 0.0 && magnitude < 0.0995 => written(value, 2),
        (_, magnitude) if magnitude >= 1000.0 => written(value, 3),
        (_, magnitude) => signed(value, format!("{magnitude:.3}")),
    }
}

/// Whether a number is a weight, so that it has no time step.
#[must_use]
pub fn is_shared(number: WalkNumber) -> bool {
    matches!(
        number,
        WalkNumber::Embedding
            | WalkNumber::InputWeight
            | WalkNumber::InputBias
            | WalkNumber::RecurrentWeight
            | WalkNumber::RecurrentBias
            | WalkNumber::OutputWeight
            | WalkNumber::OutputBias
    )
}

fn bracketed(value: &str) -> String {
    if value.starts_with('−') { format!("({value})") } else { value.to_owned() }
}

fn written(value: f64, digits: i32) -> String {
    if !value.is_finite() {
        return "no number".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs();
    let exponent = magnitude.log10().floor() as i32;
    if (-4..6).contains(&exponent) {
        let is_whole = magnitude.fract() == 0.0 && exponent < digits;
        let decimals = if is_whole { 0 } else { (digits - 1 - exponent).clamp(0, digits + 3) as usize };
        return signed(value, format!("{magnitude:.decimals$}"));
    }
    let decimals = (digits - 1).max(0) as usize;
    let scientific = format!("{magnitude:.decimals$e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    signed(value, format!("{mantissa} × {}", power_of_ten(exponent.parse().unwrap_or(0))))
}

fn signed(value: f64, magnitude: String) -> String {
    let is_nought = magnitude.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_nought { format!("−{magnitude}") } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::{CellForm, NumberPlace, WalkFactor, WalkTerm};

    fn look() -> WalkLook {
        WalkLook {
            step: 0,
            form: CellForm::ElmanTanh,
            inputs: 2,
            units: 3,
            symbols: vec!["a".into(), " ".into()],
            tokens: vec![0, 1, 0],
            token_count: 3,
            sections: Vec::new(),
            count: 0,
            first: 0,
            lines: Vec::new(),
            tables: Vec::new(),
        }
    }

    fn factor(place: NumberPlace, value: f64, form: FactorForm) -> WalkFactor {
        WalkFactor { place, value, form }
    }

    #[test]
    fn a_line_is_written_with_its_numbers_and_their_symbols() {
        let weight = NumberPlace::shared(WalkNumber::RecurrentWeight, 1, 2);
        let before = NumberPlace::shared(WalkNumber::Hidden, 2, 0);
        let bias = NumberPlace::shared(WalkNumber::RecurrentBias, 1, 0);
        let term = |factors: Vec<WalkFactor>, so_far| WalkTerm { is_subtracted: false, factors, so_far };
        let line = WalkLine {
            terms: vec![
                term(
                    vec![factor(weight, -0.5, FactorForm::Plain), factor(before, -0.25, FactorForm::Plain)],
                    0.125,
                ),
                term(vec![factor(bias, -1.5, FactorForm::Plain)], -1.375),
            ],
            function: WalkFunction::Identity,
            place: NumberPlace::at(WalkNumber::PreActivation, 0, 1),
            value: -1.375,
        };
        let written = write(&look(), &line);
        assert_eq!(numbers(&written), "−0.500000 · (−0.250000) + (−1.50000)");
        assert_eq!((written.left.as_str(), written.result.as_str()), ("a_{0}[1]", "−1.375"));
        assert_eq!(written.equation, "a_t = W_{ih} x_t + b_{ih} + W_{hh} h_{t−1} + b_{hh}");
        assert_eq!(written.sums, ["0.125000", "−1.37500"]);
        let symbols: Vec<&str> = written
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Number { symbol, .. } => Some(symbol.as_str()),
                Piece::Joint { .. } => None,
            })
            .collect();
        assert_eq!(symbols, ["W_{hh}[1,2]", "h_{−1}[2]", "b_{hh}[1]"]);
    }

    #[test]
    fn derivatives_and_quotients_keep_their_form() {
        let hidden = NumberPlace::at(WalkNumber::Hidden, 2, 0);
        let steps = NumberPlace::shared(WalkNumber::Steps, 0, 0);
        let line = WalkLine {
            terms: vec![
                WalkTerm {
                    is_subtracted: false,
                    factors: vec![
                        factor(hidden.gradient(), 0.001, FactorForm::Plain),
                        factor(hidden, -0.5, FactorForm::OneMinusSquare),
                    ],
                    so_far: 0.00075,
                },
                WalkTerm {
                    is_subtracted: true,
                    factors: vec![factor(steps, 10.0, FactorForm::Reciprocal)],
                    so_far: -0.09925,
                },
            ],
            function: WalkFunction::Identity,
            place: NumberPlace::at(WalkNumber::PreActivation, 2, 0).gradient(),
            value: -0.09925,
        };
        let written = write(&look(), &line);
        assert_eq!(numbers(&written), "0.00100000 · (1 − (−0.500000)²) − 1 / 10");
        assert_eq!(written.left, "∂L/∂a_{2}[0]");
        assert_eq!(written.equation, "∂L/∂a_t = ∂L/∂h_t · (1 − h_t²)");
    }

    #[test]
    fn numbers_have_as_many_digits_as_their_place_allows() {
        assert_eq!(operand(-0.123_456_78), "−0.123457");
        assert_eq!(operand(12.345_678_9), "12.3457");
        assert_eq!((operand(0.0), operand(10.0)), ("0".to_owned(), "10".to_owned()));
        assert_eq!(result(0.000_012_346), "1.235 × 10⁻⁵");
        assert_eq!(result(f64::NAN), "no number");
        assert_eq!([cell(-0.31, false), cell(-0.0001, false)], ["−0.310", "0.000"]);
        assert_eq!([cell(-0.0123, true), cell(0.12, true), cell(0.0, true)], ["−0.012", "0.120", "0.000"]);
        assert_eq!(cell(0.000_000_12, true), "1.2 × 10⁻⁷");
    }

    #[test]
    fn a_place_says_what_is_read_and_what_should_follow() {
        let section = |pass, step, stage| WalkSection { pass, step, stage, first: 0 };
        let words = |section: WalkSection| place_words(&look(), &section);
        let forward = section(WalkPass::Forward, Some(0), WalkStage::Loss);
        assert_eq!(words(forward), "Time step 0, reads “a”: the loss, “␣” should follow");
        let whole = section(WalkPass::Forward, None, WalkStage::Loss);
        assert_eq!(words(whole), "The whole sentence: its loss");
        let backward = section(WalkPass::Backward, Some(1), WalkStage::Hidden);
        assert_eq!(words(backward), "Time step 1, reads “␣”: to the hidden state");
    }
}
