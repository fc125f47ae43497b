//! Variables with the place that they come from.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::domain::ids::GroupName;
use crate::domain::untrusted::Safe;

/// A place in a file that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file, as the operator would name it.
    pub file: Arc<str>,
    /// Line from 1; 0 for the whole file.
    pub line: u32,
    /// Column from 1, in characters; 0 for the whole line or file.
    pub column: u32,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: &Arc<str>) -> Self {
        Self { file: Arc::clone(file), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = Safe::line(&self.file);
        if self.line == 0 { write!(f, "{file}") } else { write!(f, "{file}:{}", self.line) }
    }
}

/// What can be said of a variable's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// It is known.
    Plain(Value),
    /// It is known and marked `!unsafe`: braces in it are text, not a template.
    Literal(Value),
    /// It, or a part of it, is encrypted by ansible-vault.
    Encrypted,
    /// It cannot be told: the same key stands twice.
    Ambiguous,
    /// It has a template that was not resolved.
    Template {
        /// As written.
        raw: Value,
        /// Why it was not resolved.
        why: String,
    },
}

/// A variable as one file gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct RawVar {
    /// The value.
    pub reading: Reading,
    /// Where its name stands.
    pub key: Place,
    /// Where its value stands.
    pub at: Place,
}

/// Variables by name, as one place gives them: shared by all hosts that get them.
pub type RawVars = BTreeMap<Arc<str>, Arc<RawVar>>;

/// Which part of the inventory gave a variable, from weak to strong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// `vars:` of a group in an inventory file.
    GroupInFile(GroupName),
    /// `group_vars/`.
    GroupVars(GroupName),
    /// The host's own entry in an inventory file.
    HostInFile,
    /// `host_vars/`.
    HostVars,
}

impl Source {
    /// Whether it counts for every host.
    pub fn is_all(&self) -> bool {
        match self {
            Self::GroupInFile(group) | Self::GroupVars(group) => group.as_str() == "all",
            Self::HostInFile | Self::HostVars => false,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GroupInFile(group) | Self::GroupVars(group) => write!(f, "group {group}"),
            Self::HostInFile | Self::HostVars => f.write_str("host"),
        }
    }
}

/// A variable of a host after precedence.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Its value and where it stands.
    pub var: Arc<RawVar>,
    /// Who gave it.
    pub source: Source,
    /// As it is written, where its value is what its template was resolved to.
    pub written: Option<Value>,
}

/// All variables of a host after precedence.
pub type Variables = BTreeMap<Arc<str>, Variable>;

/// A variable's value as it may be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// As it is.
    Value(Value),
    /// Never.
    Secret,
}

impl Variable {
    /// What stands in the inventory, templates unresolved, as it may be shown. Ansible's listings show this.
    pub fn shown_as_written(&self, name: &str) -> Shown {
        match (self.shown(name), &self.written) {
            (Shown::Value(_), Some(written)) => Shown::Value(written.clone()),
            (shown, _) => shown,
        }
    }

    /// The value as it may be shown: secrets, by name or by encryption, never.
    pub fn shown(&self, name: &str) -> Shown {
        // A reference to a secret is none; the vault's own variables always are.
        let reference = matches!(self.var.reading, Reading::Template { .. });
        if name.starts_with("vault_") || (!reference && is_secret_name(name)) {
            return Shown::Secret;
        }
        match &self.var.reading {
            Reading::Encrypted => Shown::Secret,
            Reading::Ambiguous => Shown::Value(Value::Null),
            Reading::Plain(value) | Reading::Literal(value) => Shown::Value(value.clone()),
            Reading::Template { raw, .. } => Shown::Value(raw.clone()),
        }
    }
}

/// Whether a variable of this name holds a secret, by convention.
pub fn is_secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let about = ["_file", "_path", "_length", "_name"].iter().any(|end| lower.ends_with(end));
    let secret = ["password", "passwd", "passphrase", "secret", "token", "_pass", "private_key"]
        .iter()
        .any(|word| lower.contains(word));
    lower.starts_with("vault_") || (secret && !about)
}
