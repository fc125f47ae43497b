//! The hash that binds a record to the one before it.

use std::fmt::Write as _;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::domain::ids::InvalidName;
use crate::domain::text_type::text_type;

text_type! {
    /// SHA-256 in 64 lower-case hexadecimal digits: of a record and all that came before it.
    ChainHash
}

impl ChainHash {
    /// What stands before the first record.
    pub fn genesis() -> Self {
        Self("0".repeat(64).into())
    }

    /// The first twelve digits, as people compare them.
    pub fn short(&self) -> &str {
        self.as_str().get(..12).unwrap_or_default()
    }
}

impl FromStr for ChainHash {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 64 && text.bytes().all(digit) {
            return Ok(Self(text.into()));
        }
        Err(InvalidName::new("hash", text, "it has 64 hexadecimal digits"))
    }
}

/// The hash of a record, given that of the one before it. The record counts as it is written, byte for byte.
pub fn link(before: &ChainHash, record: &str) -> ChainHash {
    let mut hash = Sha256::new();
    hash.update(before.as_str());
    hash.update(record);
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    ChainHash(text.into())
}
