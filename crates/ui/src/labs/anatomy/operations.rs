//! A line taken apart: one multiplication, addition or function at a time.

use super::line::{operand, result};
use rnn_protocol::{FactorForm, WalkFactor, WalkFunction, WalkLine, WalkTerm};

/// One operation of a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What is done, with its numbers: `0.5 · (−0.25) = −0.125`.
    pub words: String,
    /// The product that it belongs to, or the number of products where all are added up.
    pub term: usize,
    /// What the sum has come to.
    pub so_far: f64,
}

/// The operations of a line, in their order; at least one.
#[must_use]
pub fn operations(line: &WalkLine) -> Vec<Operation> {
    let mut list = Vec::new();
    let mut sum = 0.0;
    for (term, WalkTerm { is_subtracted, factors, so_far }) in line.terms.iter().enumerate() {
        let mut say = |words: String, so_far: f64| list.push(Operation { words, term, so_far });
        let mut product = None;
        for factor in factors {
            product = Some(multiply(product, *factor, &mut |words| say(words, sum)));
        }
        let product = product.unwrap_or(0.0);
        match (term, is_subtracted) {
            (0, false) => {}
            (0, true) => say(format!("0 − {} = {}", bracketed(product), operand(*so_far)), *so_far),
            (_, is_subtracted) => {
                let sign = if *is_subtracted { "−" } else { "+" };
                say(
                    format!("{} {sign} {} = {}", operand(sum), bracketed(product), operand(*so_far)),
                    *so_far,
                );
            }
        }
        sum = *so_far;
    }
    let term = line.terms.len();
    if let Some(name) = name_of(line.function) {
        let words = format!("{name}({}) = {}", operand(sum), result(line.value));
        list.push(Operation { words, term, so_far: line.value });
    }
    if list.is_empty() {
        list.push(Operation { words: format!("{} is taken over", operand(sum)), term, so_far: sum });
    }
    if let Some(last) = list.last_mut() {
        last.so_far = line.value;
    }
    list
}

/// Brings a factor into its form and multiplies by it. Returns the product.
fn multiply(before: Option<f64>, factor: WalkFactor, say: &mut impl FnMut(String)) -> f64 {
    let WalkFactor { value, form, .. } = factor;
    let formed = match form {
        FactorForm::Plain | FactorForm::Reciprocal => value,
        FactorForm::OneMinus => {
            say(format!("1 − {} = {}", bracketed(value), operand(1.0 - value)));
            1.0 - value
        }
        FactorForm::OneMinusSquare => {
            say(format!("{}² = {}", bracketed(value), operand(value * value)));
            let rest = 1.0 - value * value;
            say(format!("1 − {} = {}", operand(value * value), operand(rest)));
            rest
        }
    };
    let (sign, product) = match (before, form) {
        (None, FactorForm::Reciprocal) => ("/", 1.0 / formed),
        (None, _) => return formed,
        (Some(before), FactorForm::Reciprocal) => ("/", before / formed),
        (Some(before), _) => ("·", before * formed),
    };
    say(format!("{} {sign} {} = {}", operand(before.unwrap_or(1.0)), bracketed(formed), operand(product)));
    product
}

fn name_of(function: WalkFunction) -> Option<&'static str> {
    match function {
        WalkFunction::Identity => None,
        WalkFunction::Tanh => Some("tanh"),
        WalkFunction::Sigmoid => Some("σ"),
        WalkFunction::Exp => Some("exp"),
        WalkFunction::NegativeLog => Some("−ln"),
    }
}

/// A number behind a sign.
fn bracketed(value: f64) -> String {
    let written = operand(value);
    if written.starts_with('−') { format!("({written})") } else { written }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rnn_protocol::{NumberPlace, WalkNumber};

    fn factor(value: f64, form: FactorForm) -> WalkFactor {
        WalkFactor { place: NumberPlace::shared(WalkNumber::Hidden, 0, 0), value, form }
    }

    fn line(terms: Vec<WalkTerm>, function: WalkFunction, value: f64) -> WalkLine {
        WalkLine { terms, function, place: NumberPlace::at(WalkNumber::Hidden, 0, 0), value }
    }

    fn words(line: &WalkLine) -> Vec<String> {
        operations(line).into_iter().map(|operation| operation.words).collect()
    }

    #[test]
    fn a_sum_of_products_is_multiplied_and_added_one_by_one() {
        let plain = |value| factor(value, FactorForm::Plain);
        let terms = vec![
            WalkTerm { is_subtracted: false, factors: vec![plain(-0.5), plain(-0.25)], so_far: 0.125 },
            WalkTerm { is_subtracted: false, factors: vec![plain(-1.5)], so_far: -1.375 },
            WalkTerm { is_subtracted: true, factors: vec![plain(2.0), plain(0.25)], so_far: -1.875 },
        ];
        let line = line(terms, WalkFunction::Tanh, -0.954);
        assert_eq!(
            words(&line),
            [
                "−0.500000 · (−0.250000) = 0.125000",
                "0.125000 + (−1.50000) = −1.37500",
                "2 · 0.250000 = 0.500000",
                "−1.37500 − 0.500000 = −1.87500",
                "tanh(−1.87500) = −0.9540",
            ]
        );
        let places: Vec<(usize, f64)> =
            operations(&line).iter().map(|operation| (operation.term, operation.so_far)).collect();
        assert_eq!(places, [(0, 0.0), (1, -1.375), (2, -1.375), (2, -1.875), (3, -0.954)]);
    }

    #[test]
    fn derivatives_and_quotients_are_operations_of_their_own() {
        let terms = vec![WalkTerm {
            is_subtracted: false,
            factors: vec![
                factor(0.5, FactorForm::Plain),
                factor(-0.5, FactorForm::OneMinusSquare),
                factor(10.0, FactorForm::Reciprocal),
            ],
            so_far: 0.0375,
        }];
        assert_eq!(
            words(&line(terms, WalkFunction::Identity, 0.0375)),
            [
                "(−0.500000)² = 0.250000",
                "1 − 0.250000 = 0.750000",
                "0.500000 · 0.750000 = 0.375000",
                "0.375000 / 10 = 0.0375000",
            ]
        );
    }

    #[test]
    fn what_is_only_taken_over_is_one_operation() {
        let terms = vec![WalkTerm {
            is_subtracted: false,
            factors: vec![factor(0.25, FactorForm::Plain)],
            so_far: 0.25,
        }];
        assert_eq!(words(&line(terms.clone(), WalkFunction::Identity, 0.25)), ["0.250000 is taken over"]);
        assert_eq!(words(&line(terms, WalkFunction::Exp, 1.284)), ["exp(0.250000) = 1.284"]);
        let subtracted = vec![WalkTerm {
            is_subtracted: true,
            factors: vec![factor(0.25, FactorForm::Plain)],
            so_far: -0.25,
        }];
        assert_eq!(words(&line(subtracted, WalkFunction::Identity, -0.25)), ["0 − 0.250000 = −0.250000"]);
    }
}
