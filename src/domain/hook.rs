//! Hooks: programs of the operators, beside the inventory folder, that are run at fixed points and can stop a run.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ids::{HostId, RunId};
use super::untrusted::Safe;

/// When a hook is run. Its name is that of the file in `hooks/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookPoint {
    /// Before the first connection to a host, of a plan and of a worker.
    PreConnect,
    /// Before a plan is made.
    PrePlan,
    /// Before a batch.
    PreBatch,
    /// After a batch.
    PostBatch,
    /// After the run, whatever came of it.
    PostRun,
    /// When the run begins to wait for a person.
    OnPaused,
    /// When the run has failed.
    OnFailed,
}

impl HookPoint {
    /// All of them, in the order in which they come.
    pub const ALL: [Self; 7] = [
        Self::PreConnect,
        Self::PrePlan,
        Self::PreBatch,
        Self::PostBatch,
        Self::PostRun,
        Self::OnPaused,
        Self::OnFailed,
    ];

    /// The name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::PreConnect => "pre-connect",
            Self::PrePlan => "pre-plan",
            Self::PreBatch => "pre-batch",
            Self::PostBatch => "post-batch",
            Self::PostRun => "post-run",
            Self::OnPaused => "on-paused",
            Self::OnFailed => "on-failed",
        }
    }

    /// Whether a hook that fails there stops what would follow. Elsewhere it is told.
    pub fn stops(self) -> bool {
        match self {
            Self::PreConnect | Self::PrePlan | Self::PreBatch => true,
            Self::PostBatch | Self::PostRun | Self::OnPaused | Self::OnFailed => false,
        }
    }
}

impl fmt::Display for HookPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A hook as it stood when the plan was made: only this very file is run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedHook {
    /// When.
    pub point: HookPoint,
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: String,
    /// Seconds after which it is ended.
    pub timeout_s: u64,
}

/// What a hook is told, as one JSON object on its standard input. It never holds a secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HookCall {
    /// Version of this format: 1.
    pub schema: u32,
    /// Which hook.
    pub hook: HookPoint,
    /// Name of the fleet.
    pub fleet: Safe,
    /// What is done, for example `upgrade`.
    pub workflow: Safe,
    /// Where it goes to, as `v2.5.0 (3f9c2ab)`.
    pub target: Option<Safe>,
    /// The run; `null` before there is one.
    pub run: Option<RunId>,
    /// Hash of the plan; `null` before there is one.
    pub plan: Option<String>,
    /// Who started it, as `ann on desk from 10.0.0.7`.
    pub by: Option<Safe>,
    /// The batch, from 1; `null` where the hook is about the whole run.
    pub batch: Option<u32>,
    /// How many batches there are.
    pub batches: u32,
    /// The hosts that it is about, with what came of them where that is known.
    pub hosts: Vec<HookHost>,
    /// Why the run waits, stops or how it ended, where the hook is about that.
    pub reason: Option<Safe>,
    /// Now, by the control machine's clock.
    pub at: Timestamp,
}

/// One host, for a hook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HookHost {
    /// Its inventory hostname.
    pub id: HostId,
    /// The word of its outcome; `null` while it has none.
    pub outcome: Option<&'static str>,
}

/// How a hook ended.
#[derive(Debug, Clone, PartialEq)]
pub struct HookEnd {
    /// What went wrong: `None` where it ended with 0.
    pub failed: Option<Safe>,
    /// Its last lines of output, oldest first.
    pub lines: Vec<Safe>,
    /// All that it printed, as far as that is kept.
    pub output: Vec<u8>,
    /// Seconds that it took.
    pub took_s: f64,
}

/// A file in `hooks/` that is not run, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the hook {path} is not run: {why}; {hint}")]
pub struct HookProblem {
    /// The file, or the folder.
    pub path: Safe,
    /// What is wrong with it.
    pub why: Safe,
    /// What to do.
    pub hint: Safe,
}
