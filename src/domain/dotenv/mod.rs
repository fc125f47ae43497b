//! `.env` by the rules of Docker Compose (compose-go's dotenv), which are not those of a shell.

mod encode;
mod parse;
mod value;

pub use encode::{encode, inside_quotes};
pub use parse::{DotEnv, Entry, Item, Problem, parse};

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Sixteen hexadecimal digits by which values of a variable can be told apart without showing them: of SHA-256 over the
/// name, a zero byte and the value.
pub fn fingerprint(name: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update([0]);
    hash.update(value.as_bytes());
    let mut text = String::with_capacity(16);
    for byte in hash.finalize().iter().take(8) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
