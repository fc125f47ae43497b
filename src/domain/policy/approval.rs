//! The question to a second person, and the answer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::domain::plan::PlanHash;
use crate::domain::run::operator::Operator;
use crate::domain::untrusted::Safe;

/// A run that waits for a second person, or waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The plan that is to be approved, and no other.
    pub hash: PlanHash,
    /// Who wants it to run.
    pub by: Operator,
    /// Since when.
    pub asked: Timestamp,
    /// The first moment at which it is too late.
    pub until: Timestamp,
    /// Why it needs a second person.
    pub reasons: Vec<Safe>,
    /// What came of it; `None` while nothing did.
    pub decision: Option<Verdicted>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// It may run.
    Approved,
    /// It may not.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

/// What was decided, by whom and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicted {
    /// What.
    pub decision: Decision,
    /// By whom.
    pub by: Operator,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Option<Safe>,
}

impl Verdicted {
    /// As a sentence part: `rejected by ben: not tonight`.
    pub fn words(&self) -> Safe {
        let word = match self.decision {
            Decision::Approved => "approved",
            Decision::Rejected => "rejected",
            Decision::Expired => "not approved in time, seen",
        };
        let why = self.reason.as_ref().map(|r| format!(": {r}")).unwrap_or_default();
        Safe::line(&format!("{word} by {}{why}", self.by.user))
    }
}

impl Approval {
    /// How it stands, as a sentence part.
    pub fn line(&self, now: Timestamp) -> Safe {
        let time = |at: Timestamp| at.strftime("%Y-%m-%d %H:%MZ").to_string();
        let text = match &self.decision {
            Some(given) => given.words().to_string(),
            None if now >= self.until => {
                format!("not approved until {}: plan it again", time(self.until))
            }
            None => format!("waits for a second person until {}", time(self.until)),
        };
        Safe::line(&text)
    }

    /// Whether it can still be decided.
    pub fn open(&self, now: Timestamp) -> Result<(), Refusal> {
        match &self.decision {
            Some(given) => Err(Refusal::Decided(given.words())),
            None if now >= self.until => Err(Refusal::Expired(self.until)),
            None => Ok(()),
        }
    }
}

/// Whether two operators count as one person: the same user name, whatever the machine and the address they came from.
///
/// It proves no more than that: who may become another user, or set `SUDO_USER`, may be two persons.
pub fn same_person(one: &Operator, other: &Operator) -> bool {
    one.user == other.user
}
