//! By what a file knows the data that it needs again.

use serde::{Deserialize, Serialize};

/// Length and digest of some bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataMark {
    /// How many bytes.
    pub bytes: u64,
    /// FNV-1a of them, 64 bits. It finds mistakes; it keeps nobody from making up other data with the same
    /// digest, who would gain nothing by it.
    pub digest: u64,
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

impl DataMark {
    /// Of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        let digest =
            bytes.iter().fold(FNV_OFFSET, |digest, &byte| (digest ^ u64::from(byte)).wrapping_mul(FNV_PRIME));
        Self { bytes: bytes.len() as u64, digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_published_function() {
        assert_eq!(DataMark::new(b"").digest, FNV_OFFSET);
        assert_eq!(DataMark::new(b"foobar"), DataMark { bytes: 6, digest: 0x8594_4171_f739_67e8 });
    }
}
