//! Numbers as they are written on screen.

/// Stands where there is no number yet.
pub const NOTHING: &str = "–";

/// A whole number in groups of three digits, set apart by thin spaces that do not break.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A number with its sign and three decimals, with a true minus.
#[must_use]
pub fn signed(value: f32) -> String {
    if !value.is_finite() {
        return "no number".to_owned();
    }
    let sign = if value < 0.0 { '−' } else { '+' };
    format!("{sign}{:.3}", value.abs())
}

/// A magnitude that may be tiny or huge: `0.031`, `4.2`, `3.1 × 10⁻⁷`.
#[must_use]
pub fn magnitude(value: f32) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !value.is_finite() {
        return "no number".to_owned();
    }
    let exponent = value.abs().log10().floor();
    if (-3.0..4.0).contains(&exponent) {
        let decimals = (1.0 - exponent).clamp(0.0, 4.0) as usize;
        format!("{value:.decimals$}")
    } else {
        let mantissa = f64::from(value) / 10f64.powf(f64::from(exponent));
        format!("{mantissa:.1} × {}", power_of_ten(exponent as i32))
    }
}

/// A magnitude with its sign, and a true minus.
#[must_use]
pub fn signed_magnitude(value: f32) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    if value == 0.0 || !value.is_finite() {
        magnitude(value)
    } else {
        format!("{sign}{}", magnitude(value.abs()))
    }
}

/// Six digits and an exponent, `−1.23457e-1`: for tables, which are read by machines too.
#[must_use]
pub fn scientific(value: f32) -> String {
    if value.is_finite() {
        format!("{value:.5e}").replacen('-', "−", usize::from(value < 0.0))
    } else {
        "no number".to_owned()
    }
}

/// `10⁻³`.
#[must_use]
pub fn power_of_ten(exponent: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let mut text = String::from("10");
    for character in exponent.to_string().chars() {
        text.push(match character.to_digit(10) {
            Some(digit) => DIGITS[digit as usize],
            None => '⁻',
        });
    }
    text
}

/// A size in bytes: `812 bytes`, `4.1 kB`, `1.2 MB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        _ => format!("{:.1} MB", count as f64 / 1e6),
    }
}

/// The time of a step: `0.84 ms`, `12.3 ms`, `340 ms`.
#[must_use]
pub fn millis(value: f64) -> String {
    let decimals = match value {
        ..1.0 => 2,
        1.0..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} ms")
}

/// How long something took, given in milliseconds: `0.4 s`, `58.0 s`, `12 min 5 s`.
#[must_use]
pub fn duration(millis: f64) -> String {
    let seconds = millis / 1000.0;
    if seconds < 59.95 {
        return format!("{seconds:.1} s");
    }
    let whole = seconds.round() as u64;
    format!("{} min {} s", grouped(whole / 60), whole % 60)
}

/// `1 layer`, `2 layers`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// With a capital at the beginning.
#[must_use]
pub fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A symbol as it is drawn: white space and control characters have a visible glyph.
#[must_use]
pub fn visible(symbol: &str) -> String {
    symbol
        .chars()
        .map(|character| match character {
            ' ' => '␣',
            '\n' => '⏎',
            '\t' => '⇥',
            '\r' => '␍',
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or('�'),
            '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}' => '�',
            other if other.is_whitespace() => '␣',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_207_853), "1\u{202f}207\u{202f}853");
        assert_eq!(signed(-0.5), "−0.500");
        assert_eq!(magnitude(0.0), "0");
        assert_eq!(magnitude(0.0314), "0.031");
        assert_eq!(magnitude(4.25), "4.2");
        assert_eq!(magnitude(123.4), "123");
        assert_eq!(magnitude(3.1e-7), "3.1 × 10⁻⁷");
        assert_eq!(magnitude(f32::INFINITY), "no number");
        assert_eq!(power_of_ten(12), "10¹²");
        assert_eq!([0.844, 12.34, 340.2].map(millis), ["0.84 ms", "12.3 ms", "340 ms"]);
        assert_eq!([430.0, 59_980.0, 725_000.0].map(duration), ["0.4 s", "1 min 0 s", "12 min 5 s"]);
        assert_eq!(scientific(-0.123_456_7), "−1.23457e-1");
        assert_eq!(signed_magnitude(-3.1e-7), "−3.1 × 10⁻⁷");
        assert_eq!((signed_magnitude(0.0), signed_magnitude(12.0)), ("0".to_owned(), "+12".to_owned()));
        assert_eq!(scientific(3e-9), "3.00000e-9");
        assert_eq!(scientific(f32::NAN), "no number");
        assert_eq!(counted(1, "layer"), "1 layer");
        assert_eq!(counted(2, "layer"), "2 layers");
        assert_eq!(bytes(1_245_000), "1.2 MB");
    }

    #[test]
    fn white_space_is_visible_and_letters_are_left_alone() {
        assert_eq!(visible(" "), "␣");
        assert_eq!(visible("\n"), "⏎");
        assert_eq!(visible("\t"), "⇥");
        assert_eq!(visible("\u{1}"), "␁");
        assert_eq!(visible("鯨"), "鯨");
    }
}
