//! What an operator can ask of a run while it runs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::operator::Operator;
use crate::domain::ids::HostId;

/// A control.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Control {
    /// Start no further step until resumed.
    Pause,
    /// Go on.
    Resume,
    /// Finish the running steps, start nothing.
    Abort,
    /// End the running steps too: TERM, wait, KILL, verify.
    Kill,
    /// Go on past what the run waits for, although it is as it is.
    Promote,
    /// The same, and do not wait for the like of it again in this run.
    PromoteAll,
    /// Abort, and when the run has ended bring back what it changed, as a new run.
    #[serde(rename = "abort-and-rollback")]
    AbortAndRollBack,
    /// From now on one target at a time, and ask before the next; `PromoteAll` leaves that again.
    Step,
    /// Leave out this target, where it has not begun.
    SkipHost(HostId),
}

impl Control {
    /// Its name in commands, screens and JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Abort => "abort",
            Self::Kill => "kill",
            Self::Promote => "promote",
            Self::PromoteAll => "promote-all",
            Self::AbortAndRollBack => "abort-and-rollback",
            Self::Step => "step",
            Self::SkipHost(_) => "skip-host",
        }
    }

    /// The target that it is about, where it is about one.
    pub fn host(&self) -> Option<&HostId> {
        match self {
            Self::SkipHost(host) => Some(host),
            Self::Pause
            | Self::Resume
            | Self::Abort
            | Self::Kill
            | Self::Promote
            | Self::PromoteAll
            | Self::AbortAndRollBack
            | Self::Step => None,
        }
    }
}

/// A control that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlRequest {
    /// Its place in the store's list of controls of that run, from 1.
    pub seq: u64,
    /// What.
    pub control: Control,
    /// Who.
    pub by: Operator,
    /// When.
    pub at: Timestamp,
}
