//! What decides whether and when a plan may run: the guardrails' verdict and the maintenance windows of its targets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Estimate;
use crate::domain::ids::HostId;
use crate::domain::policy::Verdict;
use crate::domain::window::Window;

/// The rules of a plan; part of its hash.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// What the guardrails said; `None` where they were not asked, and then it does not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The windows that gate its targets; a target that is not named may be changed at any time.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub windows: BTreeMap<HostId, Vec<Window>>,
    /// What happens outside of them.
    #[serde(skip_serializing_if = "Outside::is_usual")]
    pub outside: Outside,
    /// Whether a run that paused since a window closed goes on by itself when it opens.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub resumes: bool,
    /// How long each batch takes, going by past runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub estimates: Vec<Estimate>,
}

impl Rules {
    /// Whether nothing is said in it, as in the plans of older programs.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What happens to a run outside of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outside {
    /// It does not start.
    #[default]
    Refuse,
    /// It starts and waits.
    Wait,
}

impl Outside {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
