//! Types of numbers in files, and their way to `f32`.

/// A type of numbers that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NumberType {
    /// Double precision; rounded to the nearest `f32`.
    F64,
    /// Single precision, as it is computed with and written.
    #[default]
    F32,
    /// IEEE half precision; every number is an `f32` too.
    F16,
    /// The upper half of an `f32`.
    Bf16,
}

/// Types of whole numbers and truth values, with the bytes of one. No network computes with them: they are
/// read past.
const WHOLE: [(&str, usize); 9] = [
    ("BOOL", 1),
    ("U8", 1),
    ("I8", 1),
    ("U16", 2),
    ("I16", 2),
    ("U32", 4),
    ("I32", 4),
    ("U64", 8),
    ("I64", 8),
];

/// What a tensor of a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementType {
    /// Numbers that are read.
    Real(NumberType),
    /// Whole numbers.
    Whole {
        /// Their type's name in a header.
        name: &'static str,
        /// Bytes of one.
        size: usize,
    },
}

impl ElementType {
    /// The type of this name in a header.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let whole = || WHOLE.into_iter().find(|whole| whole.0 == name);
        let whole = || whole().map(|(name, size)| Self::Whole { name, size });
        NumberType::find(name).map(Self::Real).or_else(whole)
    }

    /// Bytes of one.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Real(numbers) => numbers.size(),
            Self::Whole { size, .. } => size,
        }
    }
}

impl NumberType {
    /// The type of this name in a header.
    fn find(name: &str) -> Option<Self> {
        [Self::F64, Self::F32, Self::F16, Self::Bf16].into_iter().find(|kind| kind.name() == name)
    }

    /// Its name in a header.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "F64",
            Self::F32 => "F32",
            Self::F16 => "F16",
            Self::Bf16 => "BF16",
        }
    }

    /// Bytes of one number.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// Reads little-endian numbers. An `f64` beyond the range of `f32` becomes infinite.
    pub(crate) fn read(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F64 => each(bytes, |number| f64::from_le_bytes(number) as f32),
            Self::F32 => each(bytes, f32::from_le_bytes),
            Self::F16 => each(bytes, |number| f32_from_half(u16::from_le_bytes(number))),
            Self::Bf16 => each(bytes, |number| f32::from_bits(u32::from(u16::from_le_bytes(number)) << 16)),
        }
    }

    /// The number at this position in words, for an error.
    pub(crate) fn in_words(self, bytes: &[u8], position: usize) -> String {
        let number = bytes.chunks_exact(self.size()).nth(position).unwrap_or_default();
        match (self, <[u8; 8]>::try_from(number)) {
            (Self::F64, Ok(number)) => format!("{:e}", f64::from_le_bytes(number)),
            _ => self.read(number).first().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

fn each<const SIZE: usize>(bytes: &[u8], convert: impl Fn([u8; SIZE]) -> f32) -> Vec<f32> {
    let (numbers, _) = bytes.as_chunks::<SIZE>();
    numbers.iter().map(|&number| convert(number)).collect()
}

/// Half precision has 5 bits of exponent with a bias of 15 and 10 of fraction; `f32` has 8, 127 and 23.
fn f32_from_half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits) & 0x3ff;
    let magnitude = match exponent {
        // Subnormal: fraction · 2⁻²⁴, exact in `f32`.
        0 => (fraction as f32 / (1 << 24) as f32).to_bits(),
        0x1f => 0xff << 23 | fraction << 13,
        _ => (exponent + 127 - 15) << 23 | fraction << 13,
    };
    f32::from_bits(sign | magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_is_the_number_its_bits_mean() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
            let found = f64::from(f32_from_half(bits));
            let magnitude = match exponent {
                0 => fraction * 2_f64.powi(-14),
                31 if fraction > 0.0 => {
                    assert!(found.is_nan());
                    continue;
                }
                31 => f64::INFINITY,
                _ => (1.0 + fraction) * 2_f64.powi(exponent - 15),
            };
            let expected = if bits >> 15 == 1 { -magnitude } else { magnitude };
            assert_eq!(found.to_bits(), expected.to_bits(), "{bits:#06x}");
        }
    }

    #[test]
    fn each_type_reads_its_own_numbers() {
        assert_eq!(NumberType::F64.read(&(-0.1_f64).to_le_bytes()), [-0.1]);
        assert_eq!(NumberType::F32.read(&0.1_f32.to_le_bytes()), [0.1]);
        assert_eq!(NumberType::F16.read(&0x3555_u16.to_le_bytes()), [0.333_251_95]);
        assert_eq!(NumberType::Bf16.read(&0xc049_u16.to_le_bytes()), [-3.140_625]);
        assert_eq!(NumberType::F64.in_words(&1e300_f64.to_le_bytes(), 0), "1e300");
    }
}
