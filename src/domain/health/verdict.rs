//! A state of an instance and the reasons for it.

use serde::{Deserialize, Serialize};

use crate::domain::untrusted::Safe;

/// How an instance is. Ordered worst first, so that sorting puts problems on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It does not serve.
    Down,
    /// It serves, but something needs a person.
    Degraded,
    /// We cannot tell: the host has not answered.
    Unknown,
    /// It serves and nothing is wrong.
    Healthy,
}

impl Health {
    /// The word on the screens and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
        }
    }
}

/// One reason for a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The state that this reason alone would give; `Healthy` for a remark that changes nothing.
    pub health: Health,
    /// Which part it is about: `api`, `disk`, `backup`, `ssh`, ...
    pub subject: Safe,
    /// What is the matter, in words.
    pub text: Safe,
}

/// A state with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst of the reasons; healthy where there is none.
    pub health: Health,
    /// Worst first.
    pub reasons: Vec<Reason>,
}

impl Verdict {
    /// The verdict that follows from reasons.
    pub fn from_reasons(mut reasons: Vec<Reason>) -> Self {
        reasons.sort_by_key(|r| r.health);
        let health = reasons.first().map_or(Health::Healthy, |r| r.health);
        Self { health, reasons }
    }
}

impl Reason {
    /// A reason from plain words.
    pub fn new(health: Health, subject: &str, text: &str) -> Self {
        Self { health, subject: Safe::line(subject), text: Safe::line(text) }
    }
}
