//! Guardrails: what a plan needs before it may run.
//!
//! **Invariant:** an [`Approved`] is made in this folder only, by [`pass`] or [`second`], and a run starts only with one:
//! no screen, verb or option goes past a guardrail. The verdict stands in the plan, so it is part of its hash.

mod approval;
mod judge;
mod pass;
mod rule;
#[cfg(test)]
mod tests;

pub use approval::{Approval, Decision, Verdicted, same_person};
pub use judge::judge;
pub use pass::{Approved, Asked, Consent, Passed, Refusal, again, pass, second};
pub use rule::{Confirm, Guardrail};

use serde::{Deserialize, Serialize};

use super::ids::HostId;
use super::untrusted::Safe;

/// How long a plan waits for a second person unless `bunker_approval_ttl_s` says otherwise.
pub const APPROVAL_TTL_S: u64 = 4 * 3_600;

/// What the guardrails say of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Why it may not run at all; empty where it may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<Denial>,
    /// What a person has to do before it starts.
    pub demand: Demand,
    /// Why, by the rules that demand it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Safe>,
    /// Seconds for which it waits for a second person.
    #[serde(default)]
    pub approval_ttl_s: u64,
}

/// Why some hosts of a plan may not be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// Which.
    pub hosts: Vec<HostId>,
    /// Why, as a sentence part.
    pub why: Safe,
}

/// What a person has to do before a plan starts, the strictest last.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "demand", content = "what")]
pub enum Demand {
    /// No guardrail says anything: `y` for one instance, their number for more; `--yes` stands for both.
    #[default]
    Usual,
    /// `y`, or `--yes`.
    Yes,
    /// The number of instances; `--yes` does not stand for it.
    Count,
    /// This text, the name of a group; `--yes` does not stand for it.
    Group(Safe),
    /// The usual, and then the approval of another person.
    SecondOperator,
}

impl Demand {
    /// What has to be done, as a sentence part.
    pub fn words(&self, n: usize) -> String {
        match self {
            Self::Usual if n > 1 => format!("type the number of instances ({n})"),
            Self::Usual | Self::Yes => "confirm".to_owned(),
            Self::Count => format!("type the number of instances ({n})"),
            Self::Group(name) => format!("type the group ({name})"),
            Self::SecondOperator => "confirm; then a second person approves".to_owned(),
        }
    }

    /// What has to be typed, where something has.
    pub fn typed(&self, n: usize) -> Option<String> {
        match self {
            Self::Usual | Self::SecondOperator => (n > 1).then(|| n.to_string()),
            Self::Yes => None,
            Self::Count => Some(n.to_string()),
            Self::Group(name) => Some(name.to_string()),
        }
    }
}
