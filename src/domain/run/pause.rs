//! Why a run waits: data, so that screens, hooks and tests need not read sentences.

use serde::{Deserialize, Serialize};

/// Why a run waits for a person.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum PauseReason {
    /// An operator asked for it.
    #[default]
    Manual,
    /// What was measured says neither good nor bad.
    Inconclusive,
    /// There was nothing to measure.
    NoData,
    /// The maintenance window is over, or too short for what comes next.
    WindowClosed,
    /// A person has to agree first.
    Approval,
    /// Whether the targets are healthy could not be told.
    GateUnknown,
    /// The canary passed, and the rest waits for a person.
    Promotion,
    /// A hook of the operator's said no.
    Hook,
    /// One target at a time: the next waits for a person.
    StepMode,
    /// A target that was done fell ill while the run waited.
    Relapsed,
    /// Something that this version does not know.
    #[serde(other)]
    Unrecognised,
}

impl PauseReason {
    /// Its name on screens and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Inconclusive => "inconclusive",
            Self::NoData => "no-data",
            Self::WindowClosed => "window-closed",
            Self::Approval => "approval",
            Self::GateUnknown => "gate-unknown",
            Self::Promotion => "promotion",
            Self::Hook => "hook",
            Self::StepMode => "step-mode",
            Self::Relapsed => "relapsed",
            Self::Unrecognised => "unrecognised",
        }
    }

    /// Whether `promote-all` lets a run pass this without asking again. What somebody outside of the run
    /// decides (a window, an approval, a hook) is asked about each time.
    pub fn is_passed_by_promote_all(self) -> bool {
        match self {
            Self::Inconclusive
            | Self::NoData
            | Self::GateUnknown
            | Self::Promotion
            | Self::StepMode => true,
            Self::Manual
            | Self::WindowClosed
            | Self::Approval
            | Self::Hook
            | Self::Relapsed
            | Self::Unrecognised => false,
        }
    }
}
