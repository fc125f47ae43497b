//! Taking secrets out of a bundle once more, in every form in which they may stand in text.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::line::digits;
use crate::domain::secret::{Redactor, Secret, Secrets};

/// Replaces secrets in the texts of a line: as they are, escaped for JSON and for URLs, in base64 and in hexadecimal digits.
pub struct Cleaner(Redactor);

impl Cleaner {
    /// Looks for these.
    pub fn new(secrets: &Secrets) -> Self {
        let mut all = Secrets::new();
        let mut add = |text: String| {
            if let Ok(name) = format!("vault_{}", all.len()).parse() {
                all.insert(name, Secret::new(text));
            }
        };
        for secret in secrets.values() {
            let value = secret.expose();
            add(value.to_owned());
            let json = Value::from(value).to_string();
            add(json.trim_matches('"').to_owned());
            add(url(value));
            add(digits(value.as_bytes()));
            for shift in 0..3 {
                add(base64_inside(value.as_bytes(), shift));
            }
        }
        Self(Redactor::new(&all))
    }

    /// Bytes without them; as many as before.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut redactor = self.0.clone();
        let mut clean = redactor.feed(bytes);
        clean.extend(redactor.finish());
        clean
    }

    /// A value without them in any text; `None` where it is no such value any more, since a secret is the same as one of its
    /// names.
    pub fn value<T: Serialize + DeserializeOwned>(&self, value: &T) -> Option<T> {
        let mut json = serde_json::to_value(value).ok()?;
        self.json(&mut json);
        serde_json::from_value(json).ok()
    }

    fn json(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            Value::Object(fields) => {
                let old = std::mem::take(fields);
                for (name, mut value) in old {
                    self.json(&mut value);
                    fields.insert(self.text(&name), value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }
}

fn url(text: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-._~".contains(b);
    text.bytes()
        .map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The digits of base64 that stand for these bytes alone, where they begin `shift` bytes after a multiple of three: whatever
/// stands before and behind them.
fn base64_inside(bytes: &[u8], shift: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(bytes.iter().copied()).collect();
    let n_bits = padded.len() * 8;
    let (first, last) = ((shift * 8).div_ceil(6), n_bits / 6);
    let bit = |at: usize| {
        let byte = padded.get(at / 8).copied().unwrap_or(0);
        usize::from(byte >> (7 - at % 8) & 1)
    };
    (first..last)
        .filter_map(|at| {
            let digit = (0..6).fold(0, |digit, i| digit << 1 | bit(at * 6 + i));
            DIGITS.get(digit).copied().map(char::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaner(value: &str) -> Cleaner {
        Cleaner::new(&[("vault_a".parse().unwrap(), Secret::new(value.to_owned()))].into())
    }

    #[test]
    fn a_secret_goes_in_every_form_and_the_length_stays() {
        let value = "s3cret \"quoted\"/+ü";
        let cleaner = cleaner(value);
        // `printf %s … | base64`, after none, one and two other bytes.
        for form in [
            value.to_owned(),
            Value::from(value).to_string(),
            "s3cret%20%22quoted%22%2F%2B%C3%BC".to_owned(),
            digits(value.as_bytes()),
            "czNjcmV0ICJxdW90ZWQiLyvDvA==".to_owned(),
            "eHMzY3JldCAicXVvdGVkIi8rw7w=".to_owned(),
            "eHhzM2NyZXQgInF1b3RlZCIvK8O8".to_owned(),
        ] {
            let text = format!("before {form} after");
            let clean = String::from_utf8(cleaner.bytes(text.as_bytes())).unwrap();
            assert_eq!(clean.len(), text.len());
            assert!(clean.matches('*').count() + 6 >= form.len(), "{form} -> {clean}");
        }
    }

    #[test]
    fn a_value_that_a_secret_would_make_senseless_is_none() {
        let host: crate::domain::ids::HostId = "production".parse().unwrap();
        assert_eq!(cleaner("production").value(&host), None);
        assert_eq!(cleaner("something").value(&host), Some(host));
    }
}
