//! Numbers under the microscope.
//!
//! What goes into an equation has two digits more than what comes out, so that whoever puts the numbers shown
//! into a calculator finds the result shown, give or take one of its last digit.

/// A number that goes into an equation: six decimals, or seven digits in all.
#[must_use]
pub fn operand(value: f64) -> String {
    written(value, 6, 7)
}

/// A number that comes out: four decimals, or five digits in all.
#[must_use]
pub fn result(value: f64) -> String {
    written(value, 4, 5)
}

/// A factor: in brackets if it is negative.
#[must_use]
pub fn factor(value: f64) -> String {
    let number = operand(value);
    if number.starts_with('−') { format!("({number})") } else { number }
}

/// A term with its sign before it, as it stands in a sum after the first.
#[must_use]
pub fn term(value: f64) -> String {
    let number = operand(value);
    match number.strip_prefix('−') {
        Some(magnitude) => format!("− {magnitude}"),
        None => format!("+ {number}"),
    }
}

fn written(value: f64, decimals: usize, digits: usize) -> String {
    if !value.is_finite() {
        return "no number".to_owned();
    }
    let before_point = (value.abs().log10().floor() + 1.0).clamp(0.0, digits as f64) as usize;
    let decimals = decimals.min(digits - before_point);
    let magnitude = format!("{:.decimals$}", value.abs());
    let is_nought = magnitude.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_nought { format!("−{magnitude}") } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_have_fewer_decimals() {
        assert_eq!(operand(0.123_456_789), "0.123457");
        assert_eq!(operand(-12.345_678_9), "−12.34568");
        assert_eq!(result(0.123_456_789), "0.1235");
        assert_eq!(result(123.456), "123.46");
        assert_eq!(result(1_234_567.0), "1234567");
        assert_eq!(result(-0.000_01), "0.0000");
        assert_eq!(operand(f64::NAN), "no number");
        assert_eq!((factor(-0.5), factor(0.5)), ("(−0.500000)".to_owned(), "0.500000".to_owned()));
        assert_eq!((term(-0.5), term(0.5)), ("− 0.500000".to_owned(), "+ 0.500000".to_owned()));
    }
}
