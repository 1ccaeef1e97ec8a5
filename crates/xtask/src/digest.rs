//! SHA-256: what was fetched or made is what it was when its counts were taken.

use crate::error::{Error, Result};
use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// Refuses bytes with another digest.
pub(crate) fn expect_sha256(subject: &str, bytes: &[u8], expected: &str) -> Result<()> {
    let found = sha256_hex(bytes);
    if found == expected {
        return Ok(());
    }
    Err(Error::Unexpected {
        subject: subject.into(),
        expected: format!("SHA-256 {expected}"),
        found,
        advice: "run this again; if it stays so, the source has changed and must be looked at",
    })
}
