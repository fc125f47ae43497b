//! How things ended, with the reason.

use serde::{Deserialize, Serialize};

use crate::domain::ids::StepId;
use crate::domain::untrusted::Safe;

/// Why something will not be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "why", content = "what")]
pub enum NotRun {
    /// An earlier step of the same host failed.
    StepFailed(StepId),
    /// An earlier step of the same host ended in no known way.
    StepUnknown(StepId),
    /// The host could not be reached.
    Unreachable,
    /// The run stopped: too many targets failed.
    RunStopped,
    /// Somebody aborted the run.
    Aborted,
    /// Readiness forbids it.
    Blocked(Safe),
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome", content = "detail")]
pub enum Outcome {
    /// It found everything as it should be.
    Ok,
    /// It changed something.
    Changed,
    /// There was nothing to do; why.
    Skipped(Safe),
    /// It failed.
    Failed(Failure),
    /// The host could not be reached.
    Unreachable(Failure),
    /// It was started and we cannot tell how it ended. Blocks the next change on that instance.
    Unknown(Failure),
    /// It will not be run.
    NotRun(NotRun),
    /// It was ended by an abort.
    Cancelled,
}

/// What went wrong, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Exit code, where there is one.
    pub exit: Option<i32>,
    /// What happened: lower case, no full stop.
    pub message: Safe,
    /// What still works and what to do next.
    pub hint: Option<Safe>,
    /// The last lines of the output, oldest first, at most 20.
    pub last_lines: Vec<Safe>,
}

impl Outcome {
    /// The word on the screens and in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Changed => "changed",
            Self::Skipped(_) => "skipped",
            Self::Failed(_) => "failed",
            Self::Unreachable(_) => "unreachable",
            Self::Unknown(_) => "unknown",
            Self::NotRun(_) => "not-run",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether what follows on the same host may run.
    pub fn lets_go_on(&self) -> bool {
        match self {
            Self::Ok | Self::Changed | Self::Skipped(_) => true,
            Self::Failed(_)
            | Self::Unreachable(_)
            | Self::Unknown(_)
            | Self::NotRun(_)
            | Self::Cancelled => false,
        }
    }
}
