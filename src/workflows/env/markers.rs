//! What stands for a secret while a template is filled: a mark that no value can hold by accident, and that shows
//! when something was done to it.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::domain::dotenv;
use crate::domain::secret::{Encoding, Part, SecretName, Secrets};

/// Begins a mark in a value.
const OPEN: char = '\u{1}';
/// Ends it.
const CLOSE: char = '\u{2}';

/// The marks of one rendering.
#[derive(Clone)]
pub(super) struct Markers {
    /// Sixteen letters that only this rendering has: from a hash over the template and the secrets.
    nonce: String,
}

/// A piece of a value.
enum Piece<'v> {
    Text(&'v str),
    Secret(&'v str),
}

impl Markers {
    pub(super) fn new(template: &str, secrets: &Secrets) -> Self {
        let mut hash = Sha256::new();
        hash.update(template.as_bytes());
        for (name, secret) in secrets {
            hash.update(name.as_str());
            hash.update([0]);
            hash.update(secret.expose().as_bytes());
            hash.update([0]);
        }
        let mut nonce = String::new();
        for byte in hash.finalize().iter().take(16) {
            let _ = write!(nonce, "{}", char::from(b'a' + byte % 26));
        }
        Self { nonce }
    }

    /// What stands for a secret in a value.
    pub(super) fn of(&self, name: &SecretName) -> String {
        format!("{OPEN}{}:{name}{CLOSE}", self.nonce)
    }

    /// A value as it stands in the file, with marks for its secrets; why not, as a sentence part, where it cannot.
    pub(super) fn encode(&self, value: &str) -> Result<String, &'static str> {
        let zero = "it has a zero byte";
        let pieces = self.pieces(value)?;
        if let [Piece::Secret(name)] = pieces.as_slice() {
            return Ok(format!("{OPEN}w{}:{name}{CLOSE}", self.nonce));
        }
        if pieces.iter().all(|p| matches!(p, Piece::Text(_))) {
            return dotenv::encode(value).ok_or(zero);
        }
        let mut out = "\"".to_owned();
        for piece in pieces {
            match piece {
                Piece::Text(text) => out.push_str(&dotenv::inside_quotes(text).ok_or(zero)?),
                Piece::Secret(name) => {
                    let _ = write!(out, "{OPEN}p{}:{name}{CLOSE}", self.nonce);
                }
            }
        }
        out.push('"');
        Ok(out)
    }

    fn pieces<'v>(&self, value: &'v str) -> Result<Vec<Piece<'v>>, &'static str> {
        let open = format!("{OPEN}{}:", self.nonce);
        let mut pieces = Vec::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once(open.as_str()) {
            let (name, behind) = after.split_once(CLOSE).ok_or(Self::BENT)?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before));
            }
            pieces.push(Piece::Secret(name));
            rest = behind;
        }
        if !rest.is_empty() || pieces.is_empty() {
            pieces.push(Piece::Text(rest));
        }
        let bent = |p: &Piece<'_>| match p {
            Piece::Text(text) => text.to_ascii_lowercase().contains(&self.nonce),
            Piece::Secret(name) => name.parse::<SecretName>().is_err(),
        };
        if pieces.iter().any(bent) { Err(Self::BENT) } else { Ok(pieces) }
    }

    const BENT: &'static str =
        "a secret was changed by a filter; it can be used as it is, or joined to text with ~";

    /// The rendered file as text and holes.
    pub(super) fn split(&self, rendered: &str) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut rest = rendered;
        while let Some((before, encoding, name, behind)) = self.next(rest) {
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Secret { name, encoding });
            rest = behind;
        }
        parts.push(Part::Text(rest.to_owned()));
        parts
    }

    fn next<'t>(&self, text: &'t str) -> Option<(&'t str, Encoding, SecretName, &'t str)> {
        let whole = format!("{OPEN}w{}:", self.nonce);
        let piece = format!("{OPEN}p{}:", self.nonce);
        let first = [(whole, Encoding::Dotenv), (piece, Encoding::DotenvPiece)]
            .into_iter()
            .filter_map(|(open, encoding)| Some((text.find(&open)?, open.len(), encoding)))
            .min_by_key(|(at, ..)| *at);
        let (at, n, encoding) = first?;
        let (before, from) = text.split_at_checked(at)?;
        let (name, behind) = from.get(n..)?.split_once(CLOSE)?;
        Some((before, encoding, name.parse().ok()?, behind))
    }
}
