//! A YAML document as a tree with places.

use serde_json::{Map, Value};

/// A place in a document: line and column from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapters::inventory) struct Mark {
    pub(in crate::adapters::inventory) line: u32,
    pub(in crate::adapters::inventory) column: u32,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(in crate::adapters::inventory) struct Node {
    pub(in crate::adapters::inventory) mark: Mark,
    pub(in crate::adapters::inventory) kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone)]
pub(in crate::adapters::inventory) enum Kind {
    /// A single value; never a list or mapping.
    Scalar(Value),
    /// A text marked `!unsafe`.
    Literal(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in order.
    Map(Vec<Entry>),
    /// A value encrypted by ansible-vault.
    Vault,
}

/// An entry of a mapping.
#[derive(Debug, Clone)]
pub(in crate::adapters::inventory) struct Entry {
    pub(in crate::adapters::inventory) key: String,
    pub(in crate::adapters::inventory) at: Mark,
    pub(in crate::adapters::inventory) value: Node,
    /// The same key stands twice in its mapping; this is the first.
    pub(in crate::adapters::inventory) twice: bool,
    /// It came by a merge key `<<`, so that an entry of the mapping itself replaces it.
    pub(in crate::adapters::inventory) merged: bool,
}

impl Node {
    /// How many values it holds with itself, and how deep they are nested.
    pub(super) fn measure(&self) -> (usize, usize) {
        let children: Vec<&Self> = match &self.kind {
            Kind::Scalar(_) | Kind::Literal(_) | Kind::Vault => return (1, 1),
            Kind::List(items) => items.iter().collect(),
            Kind::Map(entries) => entries.iter().map(|e| &e.value).collect(),
        };
        let add = |(size, depth): (usize, usize), (s, d): (usize, usize)| (size + s, depth.max(d));
        let (size, depth) = children.into_iter().map(Self::measure).fold((0, 0), add);
        (size + 1, depth + 1)
    }

    /// Whether a part of it is encrypted.
    pub(in crate::adapters::inventory) fn is_encrypted(&self) -> bool {
        match &self.kind {
            Kind::Vault => true,
            Kind::Scalar(_) | Kind::Literal(_) => false,
            Kind::List(items) => items.iter().any(Self::is_encrypted),
            Kind::Map(entries) => entries.iter().any(|e| e.value.is_encrypted()),
        }
    }

    /// Whether a key in it stands twice.
    pub(in crate::adapters::inventory) fn is_ambiguous(&self) -> bool {
        match &self.kind {
            Kind::Vault | Kind::Scalar(_) | Kind::Literal(_) => false,
            Kind::List(items) => items.iter().any(Self::is_ambiguous),
            Kind::Map(entries) => entries.iter().any(|e| e.twice || e.value.is_ambiguous()),
        }
    }

    /// As JSON; what is encrypted is null.
    pub(in crate::adapters::inventory) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::Literal(text) => Value::String(text.clone()),
            Kind::Vault => Value::Null,
            Kind::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(entries) => {
                let pair = |e: &Entry| (e.key.clone(), e.value.to_json());
                Value::Object(entries.iter().map(pair).collect::<Map<_, _>>())
            }
        }
    }
}
