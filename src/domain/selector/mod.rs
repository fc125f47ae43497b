//! `--limit`: Ansible's patterns, stricter.
//!
//! **Invariant:** a pattern that names anything the inventory does not know selects nothing at all,
//! and nothing ever falls back to "all". Ansible only warns there; a typing error in `all:!canary`
//! must not reach the canary.

mod glob;
mod parse;
mod select;
#[cfg(test)]
mod tests;

use std::fmt;

pub(in crate::domain) use glob::Glob;
use regex::Regex;

/// A parsed pattern: unions first, then intersections, then exclusions, whatever their order.
#[derive(Debug, Clone)]
pub struct Selector {
    terms: Vec<Term>,
}

/// How a term changes the selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Add,
    Keep,
    Drop,
}

/// One part of a pattern.
#[derive(Debug, Clone)]
struct Term {
    way: Way,
    /// As written, without its sign.
    text: String,
    matcher: Matcher,
    part: Option<Part>,
}

/// What a term matches.
#[derive(Debug, Clone)]
enum Matcher {
    All,
    Name(String),
    Glob(Glob),
    Regex(Regex),
}

/// A subscript of a group, counted from 0; negative from the end; the last is included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    One(i64),
    Range(usize, Option<usize>),
}

/// Why a pattern selects nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SelectorError {
    /// It is no pattern.
    Syntax {
        /// The pattern or the part of it.
        pattern: String,
        /// What is wrong.
        why: String,
    },
    /// It names a host or group that the inventory does not have.
    Unknown {
        /// The name.
        name: String,
        /// The name that is probably meant.
        meant: Option<String>,
    },
    /// It names a host that was left out because of a problem in the inventory.
    LeftOut {
        /// The host.
        name: String,
    },
    /// A name stands for a host and for a group.
    Both {
        /// The name.
        name: String,
    },
    /// A part of it, or all of it, matches no host.
    Nothing {
        /// The pattern or the part of it.
        pattern: String,
    },
}

impl SelectorError {
    /// Whether the text is at fault and not the inventory.
    pub fn is_syntax(&self) -> bool {
        matches!(self, Self::Syntax { .. })
    }
}

impl std::error::Error for SelectorError {}

impl fmt::Display for SelectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { pattern, why } => {
                write!(f, "the pattern {pattern:?} is not valid: {why}")
            }
            Self::Unknown { name, meant: Some(meant) } => write!(
                f,
                "there is no host or group {name:?} in the inventory; did you mean {meant}? nothing is selected"
            ),
            Self::Unknown { name, meant: None } => write!(
                f,
                "there is no host or group {name:?} in the inventory; nothing is selected. \
                 `bunker inventory list` shows all names"
            ),
            Self::LeftOut { name } => write!(
                f,
                "host {name} is left out because of a problem in the inventory; nothing is selected. \
                 `bunker inventory check` shows it"
            ),
            Self::Both { name } => write!(
                f,
                "{name:?} is both a host and a group in the inventory; give one of them another name"
            ),
            Self::Nothing { pattern } => {
                write!(f, "the pattern {pattern:?} matches no host; nothing is selected")
            }
        }
    }
}
