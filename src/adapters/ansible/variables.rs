//! Variables in files that `ansible-vault` encrypted, whole or value by value.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::domain::secret::{Secret, Secrets};

/// What was found in a file.
#[derive(Default)]
pub struct Taken {
    /// Values by the name of their variable.
    pub values: BTreeMap<String, Secret>,
    /// Variables that hold no text, and what is said about each.
    pub left: Vec<String>,
}

/// The variables of a file that was encrypted as a whole.
pub fn whole(text: &str) -> Result<Taken, String> {
    // As text where all of them are: so that 0123 stays 0123.
    if let Ok(values) = serde_yaml::from_str::<BTreeMap<String, String>>(text) {
        let values = values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
        return Ok(Taken { values, left: Vec::new() });
    }
    let values: BTreeMap<String, Value> = serde_yaml::from_str(text)
        .map_err(|_| "it does not hold variables, one a line, as name: value".to_owned())?;
    let mut taken = Taken::default();
    for (name, value) in values {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                taken.left.push(format!("{name} holds no text: take it over by hand"));
                continue;
            }
        };
        taken.values.insert(name, Secret::new(text));
    }
    Ok(taken)
}

/// Envelopes that stand as values at the top of a file: name and envelope. Those that stand elsewhere are only counted.
pub fn inline(text: &str) -> (Vec<(String, String)>, usize) {
    let mut found = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(name) = tagged(line) else { continue };
        let mut envelope = String::new();
        while let Some(next) = lines.next_if(|l| l.starts_with([' ', '\t']) || l.trim().is_empty())
        {
            let next = next.trim();
            if !next.is_empty() {
                envelope.push_str(next);
                envelope.push('\n');
            }
        }
        if envelope.starts_with("$ANSIBLE_VAULT;") {
            found.push((name.to_owned(), envelope));
        }
    }
    let elsewhere = text.matches("$ANSIBLE_VAULT;").count().saturating_sub(found.len());
    (found, elsewhere)
}

/// The name of a line `name: !vault |` that is not indented.
fn tagged(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(':')?;
    let mut words = value.split_whitespace();
    let tag = matches!(words.next(), Some("!vault" | "!vault-encrypted"));
    let block = words.next().is_some_and(|w| w.starts_with(['|', '>']));
    let name = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name);
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (tag && block && plain).then_some(name)
}

/// Secrets as YAML, to be encrypted as a whole.
pub fn written(secrets: &Secrets) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(64 * 1024));
    out.push_str("---\n");
    for (name, secret) in secrets {
        // A JSON string is a YAML string, whatever is in it.
        let value = Zeroizing::new(Value::from(secret.expose()).to_string());
        out.push_str(name.as_str());
        out.push_str(": ");
        out.push_str(&value);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(taken: &Taken) -> Vec<(&str, &str)> {
        taken.values.iter().map(|(n, v)| (n.as_str(), v.expose())).collect()
    }

    #[test]
    fn texts_are_taken_and_the_rest_is_named() {
        let taken = whole("vault_a: 0123\nvault_b: 'x: y'\nvault_c: |\n  1\n  2\n").unwrap();
        assert_eq!(
            values(&taken),
            [("vault_a", "0123"), ("vault_b", "x: y"), ("vault_c", "1\n2\n")]
        );
        let taken = whole("vault_a: 7\nvault_l: [1]\nvault_t: true\n").unwrap();
        assert_eq!(values(&taken), [("vault_a", "7"), ("vault_t", "true")]);
        assert_eq!(taken.left.len(), 1);
        let wrong = whole("- a secret that is no mapping\n").err().unwrap();
        assert!(!wrong.contains("a secret"), "{wrong}");
    }

    #[test]
    fn encrypted_values_are_found_and_those_elsewhere_counted() {
        let text = "plain: 1\nsmtp_password: !vault |\n          $ANSIBLE_VAULT;1.1;AES256\n          3330\n          3331\n\nvault_b: !vault-encrypted |-\n  $ANSIBLE_VAULT;1.2;AES256;prod\n  33\nnested:\n  inner: !vault |\n    $ANSIBLE_VAULT;1.1;AES256\n    33\n";
        let (found, elsewhere) = inline(text);
        let want = [
            ("smtp_password", "$ANSIBLE_VAULT;1.1;AES256\n3330\n3331\n"),
            ("vault_b", "$ANSIBLE_VAULT;1.2;AES256;prod\n33\n"),
        ];
        let found: Vec<(&str, &str)> =
            found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!((found.as_slice(), elsewhere), (want.as_slice(), 1));
    }
}
