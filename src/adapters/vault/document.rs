//! What `vault.age` says: names, dates and generations in clear, each value encrypted by itself.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::secret::SecretName;
use crate::domain::untrusted::Safe;

const HEAD: &str = "# Secrets. Names and dates are readable; each value is encrypted with age to the recipients below.\n\
# Change it with `bunker vault set|edit|rm|rekey`: what is written by hand here is lost at the next change.\n";

/// The form of the file that this program writes.
const VERSION: u32 = 1;

/// A file of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    version: u32,
    /// To whom every value in it is encrypted: `age1...`, in order of `recipients.txt` when it was written.
    pub recipients: Vec<String>,
    /// The secrets.
    #[serde(default)]
    pub secrets: BTreeMap<SecretName, Entry>,
}

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// How often it has had a new value, from 1.
    pub generation: u32,
    /// When it had its first value.
    pub created: Timestamp,
    /// When it had this one.
    pub rotated: Timestamp,
    /// Who gave it.
    pub by: Safe,
    /// Recipients that were removed and have seen this value: it should be changed.
    #[serde(default)]
    pub seen_by: Vec<String>,
    /// The value, encrypted and armored.
    pub value: String,
    /// The value that it is about to have.
    #[serde(default)]
    pub pending: Option<Pending>,
}

/// A value that is being brought to the host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// The generation that it will be.
    pub generation: u32,
    /// When it was made.
    pub created: Timestamp,
    /// Who wanted it.
    pub by: Safe,
    /// The value, encrypted and armored.
    pub value: String,
}

impl Document {
    /// One without secrets.
    pub fn new() -> Self {
        Self { version: VERSION, recipients: Vec::new(), secrets: BTreeMap::new() }
    }

    /// Reads the text of a file; what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Self = serde_yaml::from_str(text).map_err(|error| {
            // The first line says what and where; the others quote the file.
            error.to_string().lines().next().unwrap_or_default().to_owned()
        })?;
        if document.version != VERSION {
            return Err(format!(
                "it was written by another bunker (form {}, this one knows {VERSION})",
                document.version
            ));
        }
        Ok(document)
    }

    /// The text of the file.
    pub fn text(&self) -> String {
        let mut out = format!("{HEAD}version: {VERSION}\nrecipients:");
        list(&mut out, 0, &self.recipients);
        out.push_str(if self.secrets.is_empty() { "secrets: {}\n" } else { "secrets:\n" });
        for (name, entry) in &self.secrets {
            // Writing to a String cannot fail.
            let _infallible = write!(
                out,
                "  {name}:\n    generation: {}\n    created: {}\n    rotated: {}\n    by: {}\n",
                entry.generation,
                entry.created,
                entry.rotated,
                quoted(&entry.by)
            );
            if !entry.seen_by.is_empty() {
                out.push_str("    seen_by:");
                list(&mut out, 4, &entry.seen_by);
            }
            out.push_str("    value: |\n");
            block(&mut out, 6, &entry.value);
            if let Some(pending) = &entry.pending {
                let _infallible = write!(
                    out,
                    "    pending:\n      generation: {}\n      created: {}\n      by: {}\n      value: |\n",
                    pending.generation,
                    pending.created,
                    quoted(&pending.by)
                );
                block(&mut out, 8, &pending.value);
            }
        }
        out
    }
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

fn quoted(text: &Safe) -> String {
    serde_json::Value::from(text.as_str()).to_string()
}

fn list(out: &mut String, indent: usize, items: &[String]) {
    if items.is_empty() {
        out.push_str(" []");
    }
    out.push('\n');
    for item in items {
        let _infallible = writeln!(out, "{:indent$}  - {item}", "");
    }
}

fn block(out: &mut String, indent: usize, text: &str) {
    for line in text.lines() {
        let _infallible = writeln!(out, "{:indent$}{line}", "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn sample() -> Document {
        let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        let armor = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n-----END AGE ENCRYPTED FILE-----\n";
        let entry = Entry {
            generation: 2,
            created: at,
            rotated: at,
            by: Safe::line("anna: \"x\" # y"),
            seen_by: vec!["age1gone".into()],
            value: armor.into(),
            pending: Some(Pending {
                generation: 3,
                created: at,
                by: Safe::line("ben"),
                value: armor.into(),
            }),
        };
        let plain = Entry { pending: None, seen_by: Vec::new(), ..entry.clone() };
        let secrets = [("vault_a".parse().unwrap(), entry), ("vault_b".parse().unwrap(), plain)];
        Document { version: 1, recipients: vec!["age1x".into()], secrets: secrets.into() }
    }

    #[test]
    fn a_document_reads_back() {
        for document in [sample(), Document::new()] {
            assert_eq!(Document::parse(&document.text()), Ok(document));
        }
    }

    #[test]
    fn what_is_no_vault_is_told() {
        let text = sample().text();
        for wrong in [
            String::new(),
            "a: 1\n".to_owned(),
            "[]".to_owned(),
            text.replace("version: 1", "version: 2"),
            text.replace("vault_a", "Vault-A"),
            text.replace("vault_b", "vault_a"),
            text.replace("generation: 2", "generation: x"),
            text.replace("    value: |\n", "    valeu: |\n"),
            text.get(..text.len() / 3).unwrap().to_owned(),
        ] {
            let told = Document::parse(&wrong).unwrap_err();
            assert!(!told.contains("YWdl") && told.lines().count() == 1, "{told}");
        }
    }
}
