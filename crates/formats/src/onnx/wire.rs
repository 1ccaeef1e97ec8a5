//! Protocol buffers' wire format, as far as it is written here: a message is a sequence of fields, each a
//! key (its number and its type) and a value.
//! <https://protobuf.dev/programming-guides/encoding/>

const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;
const FIXED_32: u64 = 5;

/// The bytes of a message under construction.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// A whole number.
    pub(super) fn integer(&mut self, field: u64, value: i64) -> &mut Self {
        self.key(field, VARINT);
        // Two's complement, so that a negative number takes ten bytes.
        self.varint(value.cast_unsigned());
        self
    }

    /// A number in single precision.
    pub(super) fn float(&mut self, field: u64, value: f32) -> &mut Self {
        self.key(field, FIXED_32);
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    /// Bytes, or text.
    pub(super) fn bytes(&mut self, field: u64, value: impl AsRef<[u8]>) -> &mut Self {
        let value = value.as_ref();
        self.key(field, LENGTH_DELIMITED);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    /// A message inside this one.
    pub(super) fn message(&mut self, field: u64, value: &Self) -> &mut Self {
        self.bytes(field, &value.0)
    }

    /// The message as it stands in a file.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn key(&mut self, field: u64, kind: u64) {
        self.varint(field << 3 | kind);
    }

    /// Seven bits a byte, the lowest first; the eighth says that more follow.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_those_of_the_specifications_examples() {
        let mut inner = Message::default();
        inner.integer(1, 150);
        assert_eq!(inner.0, [0x08, 0x96, 0x01]);
        let mut outer = Message::default();
        outer.bytes(2, "testing").message(3, &inner).float(5, 1.0).integer(4, -2);
        let expected = b"\x12\x07testing\x1a\x03\x08\x96\x01\x2d\x00\x00\x80\x3f\
                         \x20\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        assert_eq!(outer.into_bytes(), expected);
    }
}
