//! Percent-encoding of the values of a link (RFC 3986, section 2.1).

use std::fmt::Write;

/// Every byte but letters, digits and `-._~,:;` becomes `%XX`.
pub(super) fn encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,:;".contains(&byte) {
            encoded.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// `None` if a `%` is not followed by two hexadecimal digits, or the bytes are not UTF-8.
pub(super) fn decode(value: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            decoded.push((high * 16 + low) as u8);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back() {
        for text in ["", "a,b-c._~:;", "50% & more = ?#", "naïve 鯨 \u{1F40B}", "\0\n\u{202e}"] {
            let encoded = encode(text);
            assert!(
                encoded.bytes().all(|byte| byte.is_ascii_graphic() && !b"&=#\"<>".contains(&byte)),
                "{encoded}"
            );
            assert_eq!(decode(&encoded).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_stands_for_no_character_is_refused() {
        for broken in ["%", "%4", "%zz", "%+1", "a%", "%ff", "%C3", "%ed%a0%80", "%é"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
        assert_eq!(decode("%c3%a9+é").as_deref(), Some("é+é"));
    }
}
