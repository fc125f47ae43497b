//! Secrets: values that are never shown, stored or printed, and texts with holes for them.
//!
//! **Invariant:** a [`Secret`] has no `Debug`, `Display` or `Serialize`. A plan names secrets ([`Sealed`]), the worker
//! fills the holes in memory just before a step is sent, and they reach the host by standard input only.

pub mod catalogue;
pub mod due;
pub mod generate;
mod redactor;
mod sealed;

pub use redactor::Redactor;
pub use sealed::{Encoding, Filled, Part, Sealed, SealedError};

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::ids::InvalidName;
use super::text_type::text_type;

/// A value that nobody is shown. Wiped from memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a value over.
    pub fn new(value: String) -> Self {
        Self(Zeroizing::new(value))
    }

    /// The value: to encrypt it, to send it to a host by standard input, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Eight hexadecimal digits by which two values can be told apart: of SHA-256 over the name, a zero byte
    /// and the value, so that the same value under two names does not show as the same.
    pub fn hash8(&self, name: &SecretName) -> String {
        let mut hash = Sha256::new();
        hash.update(name.as_str());
        hash.update([0]);
        hash.update(self.0.as_bytes());
        let mut text = String::with_capacity(8);
        for byte in hash.finalize().iter().take(4) {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }
}

text_type! {
    /// The name of a secret in the vault: `vault_` and lower case letters, digits and `_`, at most 100 characters.
    SecretName
}

impl FromStr for SecretName {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let rest = text.strip_prefix("vault_").unwrap_or_default();
        let ok = !rest.is_empty()
            && text.len() <= 100
            && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let rule = "begin with vault_ and use lower case letters, digits and `_`";
        if ok { Ok(Self(text.into())) } else { Err(InvalidName::new("secret name", text, rule)) }
    }
}

impl SecretName {
    /// The name under which its next value is given while it is being changed; `None` where that would be too long.
    pub fn pending(&self) -> Option<Self> {
        format!("{self}__pending").parse().ok()
    }
}

/// The secrets of one host, by name.
pub type Secrets = BTreeMap<SecretName, Secret>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_tells_values_and_names_apart_and_no_value() {
        let name = |n: &str| n.parse::<SecretName>().unwrap();
        let secret = Secret::new("s3cret-value".into());
        let (a, b) = (secret.hash8(&name("vault_a")), secret.hash8(&name("vault_b")));
        assert_eq!(a.len(), 8);
        assert_ne!(a, b);
        assert_eq!(a, Secret::new("s3cret-value".into()).hash8(&name("vault_a")));
        assert_ne!(a, Secret::new("other".into()).hash8(&name("vault_a")));
    }

    #[test]
    fn names_follow_their_rule() {
        assert!("vault_redis_password".parse::<SecretName>().is_ok());
        for wrong in ["vault_", "redis_password", "vault_A", "vault_a-b", "vault_a b", ""] {
            assert!(wrong.parse::<SecretName>().is_err(), "{wrong}");
        }
    }
}
