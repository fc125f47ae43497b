//! A text with holes: what a plan says of a file that holds secrets.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{Secret, SecretName, Secrets};
use crate::domain::dotenv;

/// How a value is written into its hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// As it is.
    Raw,
    /// As the right side of a line of `.env`, by the rules of [`crate::domain::dotenv`].
    Dotenv,
    /// As the inside of a JSON string, between quotes that stand in the text.
    Json,
    /// As a piece of a value of `.env` that stands in double quotes.
    DotenvPiece,
}

/// A piece of a sealed text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Text that is no secret.
    Text(String),
    /// A hole.
    Secret {
        /// What belongs into it.
        name: SecretName,
        /// How it is written there.
        encoding: Encoding,
    },
}

/// A text with holes for secrets, safe to store and to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// In order.
    pub parts: Vec<Part>,
    /// SHA-256 of the filled text, 64 hexadecimal digits, so that what was approved is what is sent. Empty for a text
    /// [of the run](Self::of_the_run).
    pub sha256: String,
}

/// A text with its holes filled. Like a secret it is neither shown nor stored.
pub type Filled = Secret;

/// Why the holes cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// The vault has no such secret.
    #[error("the vault has no {0}")]
    Missing(SecretName),
    /// The vault says something else than when the plan was made.
    #[error("a secret was changed in the vault since the plan was made: plan again")]
    Changed,
    /// A value cannot be written with this encoding.
    #[error("the value of {0} cannot be written to .env: it has a zero byte")]
    Unwritable(SecretName),
}

impl Sealed {
    /// Seals a text: its hash is taken over the parts filled with `secrets`.
    pub fn seal(parts: Vec<Part>, secrets: &Secrets) -> Result<Self, SealedError> {
        let sha256 = sha256(fill(&parts, secrets)?.as_bytes());
        Ok(Self { parts, sha256 })
    }

    /// A text without secrets.
    pub fn plain(text: String) -> Self {
        let sha256 = sha256(text.as_bytes());
        Self { parts: vec![Part::Text(text)], sha256 }
    }

    /// A text whose secrets are made by the run itself, so that nobody can know its hash before.
    pub fn of_the_run(parts: Vec<Part>) -> Self {
        Self { parts, sha256: String::new() }
    }

    /// Fills the holes. Fails where the result is not what was sealed.
    pub fn open(&self, secrets: &Secrets) -> Result<Filled, SealedError> {
        let filled = fill(&self.parts, secrets)?;
        if !self.sha256.is_empty() && sha256(filled.as_bytes()) != self.sha256 {
            return Err(SealedError::Changed);
        }
        Ok(Secret(filled))
    }

    /// The secrets that belong into its holes, in order, with repeats.
    pub fn names(&self) -> impl Iterator<Item = &SecretName> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Secret { name, .. } => Some(name),
        })
    }
}

fn fill(parts: &[Part], secrets: &Secrets) -> Result<Zeroizing<String>, SealedError> {
    let mut text = Zeroizing::new(String::new());
    for part in parts {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Secret { name, encoding } => {
                let secret = secrets.get(name).ok_or_else(|| SealedError::Missing(name.clone()))?;
                match encoding {
                    Encoding::Raw => text.push_str(secret.expose()),
                    Encoding::Json => push_json(&mut text, secret.expose()),
                    Encoding::Dotenv | Encoding::DotenvPiece => {
                        let whole = *encoding == Encoding::Dotenv;
                        let encode = if whole { dotenv::encode } else { dotenv::inside_quotes };
                        let encoded = encode(secret.expose());
                        let encoded =
                            encoded.ok_or_else(|| SealedError::Unwritable(name.clone()))?;
                        text.push_str(&Zeroizing::new(encoded));
                    }
                }
            }
        }
    }
    Ok(text)
}

fn push_json(text: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '"' | '\\' => {
                text.push('\\');
                text.push(c);
            }
            c if c.is_control() => {
                let _ = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_json_is_read_back_as_it_was() {
        for value in ["plain", "a\"b\\c", "tab\tline\n", "ünï\u{7f}\u{85}"] {
            let mut text = String::from("\"");
            push_json(&mut text, value);
            text.push('"');
            assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
        }
    }

    fn secrets(value: &str) -> Secrets {
        [("vault_x".parse().unwrap(), Secret::new(value.into()))].into()
    }

    fn parts() -> Vec<Part> {
        let name = "vault_x".parse().unwrap();
        vec![
            Part::Text("X=".into()),
            Part::Secret { name, encoding: Encoding::Raw },
            Part::Text("\n".into()),
        ]
    }

    #[test]
    fn what_was_sealed_is_what_is_opened() {
        let sealed = Sealed::seal(parts(), &secrets("abc")).unwrap();
        assert!(sealed.open(&secrets("abc")).is_ok_and(|f| f.expose() == "X=abc\n"));
        assert!(matches!(sealed.open(&secrets("abd")), Err(SealedError::Changed)));
        assert!(matches!(sealed.open(&Secrets::new()), Err(SealedError::Missing(_))));
        let json = serde_json::to_string(&sealed).unwrap();
        assert!(!json.contains("abc"), "{json}");
    }
}
