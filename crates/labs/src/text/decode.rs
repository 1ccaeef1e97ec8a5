//! From the bytes of a file to text.

use super::data::{MAX_BYTES, MIN_CHARS};
use crate::LabError;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Decodes UTF-8, with or without a byte-order mark, and writes every line end as `\n`.
///
/// # Errors
/// If the bytes are too many, too few, binary, or text in another encoding.
pub(super) fn text_from_bytes(bytes: Vec<u8>) -> Result<String, LabError> {
    const MIB: usize = 1 << 20;
    if bytes.len() > MAX_BYTES {
        let (max_mib, found_mib) = (MAX_BYTES / MIB, bytes.len().div_ceil(MIB));
        return Err(LabError::TooLarge { max_mib, found_mib });
    }
    if let Some(offset) = bytes.iter().position(|&byte| byte == 0) {
        return Err(LabError::Binary { offset });
    }
    let mut text = String::from_utf8(bytes)
        .map_err(|error| LabError::NotUtf8 { offset: error.utf8_error().valid_up_to() })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.remove(0);
    }
    if text.contains('\r') {
        text = text.replace("\r\n", "\n").replace('\r', "\n");
    }
    match text.chars().count() {
        0 => Err(LabError::Empty { min: MIN_CHARS }),
        found if found < MIN_CHARS => Err(LabError::TooShort { min: MIN_CHARS, found }),
        _ => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_line_ends_are_normalised() {
        let bytes = "\u{feff}one line\r\nand another\rand a third one\n".as_bytes().to_vec();
        assert_eq!(text_from_bytes(bytes).unwrap(), "one line\nand another\nand a third one\n");
    }

    #[test]
    fn what_is_no_text_is_refused_with_the_reason() {
        let cases = [
            (vec![], LabError::Empty { min: MIN_CHARS }),
            (b"a".to_vec(), LabError::TooShort { min: MIN_CHARS, found: 1 }),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), LabError::Binary { offset: 8 }),
            (b"caf\xe9 au lait, s'il vous pla\xeet".to_vec(), LabError::NotUtf8 { offset: 3 }),
            (vec![b'a'; MAX_BYTES + 1], LabError::TooLarge { max_mib: 64, found_mib: 65 }),
        ];
        for (bytes, expected) in cases {
            assert_eq!(text_from_bytes(bytes).unwrap_err(), expected);
        }
    }
}
