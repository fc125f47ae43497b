//! The state of a run: a fold of its events over its plan.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::operator::Operator;
use super::outcome::Outcome;
use super::pause::PauseReason;
use crate::domain::canary::soak::CanaryState;
use crate::domain::ids::{HostId, RunId, StepId};
use crate::domain::plan::PlanHash;
use crate::domain::remote::RemoteError;
use crate::domain::untrusted::Safe;

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Stored; no worker yet.
    Planned,
    /// Stored; another person has to approve it first.
    #[serde(rename = "waiting-approval")]
    WaitingApproval,
    /// A worker has it; nothing started yet.
    Waiting,
    /// Targets are being worked on.
    Running,
    /// It starts nothing until resumed.
    Paused,
    /// It was asked to end or has failed too often; running steps end.
    Stopping,
    /// All targets ended well.
    Succeeded,
    /// Some target did not.
    Failed,
    /// It was aborted.
    Aborted,
    /// Its worker is gone and it has no end: `bunker resume` goes on from the hosts' truth.
    Lost,
}

/// One step on one host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepState {
    /// Which.
    pub id: StepId,
    /// Its title.
    pub title: Safe,
    /// When it began, by the host's clock.
    pub started: Option<Timestamp>,
    /// Seconds that it took.
    pub took_s: Option<f64>,
    /// How it ended; `None` while it has not.
    pub outcome: Option<Outcome>,
    /// The last word of a gate.
    pub detail: Option<Safe>,
}

/// One target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HostState {
    /// Which.
    pub id: HostId,
    /// Its batch, from 0.
    pub batch: u32,
    /// When work on it began.
    pub started: Option<Timestamp>,
    /// When work on it ended.
    pub finished: Option<Timestamp>,
    /// Its steps in order.
    pub steps: Vec<StepState>,
    /// Jobs that were intended, by number: their steps.
    pub jobs: BTreeMap<u32, JobState>,
    /// What its steps told.
    pub told: BTreeMap<Safe, Safe>,
    /// Set while it does not answer.
    pub contact_lost: Option<RemoteError>,
    /// How it ended; `None` while it has not.
    pub outcome: Option<Outcome>,
}

/// One job of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobState {
    /// The runner's mark in its log.
    pub nonce: String,
    /// Its steps.
    pub steps: Vec<StepId>,
    /// Whether the host is known to have it.
    pub started: bool,
    /// How it ended, by its `rc` file.
    pub end: Option<crate::domain::job::JobEnd>,
}

/// The state of a run.
///
/// **Invariant:** `apply` is total and idempotent: an event whose `seq` is not the next changes
/// nothing, so any prefix of the journal, duplicates included, gives the state of that prefix.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of the journal, none excludes another"
)]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunState {
    /// The run.
    pub run: RunId,
    /// The last event applied; 0 before the first.
    pub seq: u64,
    /// Where it stands. Never `Lost` by the fold alone: that follows from the worker's heartbeat.
    pub phase: Phase,
    /// Hash of its plan.
    pub hash: Option<PlanHash>,
    /// Who started it.
    pub by: Option<Operator>,
    /// When it was planned.
    pub planned: Option<Timestamp>,
    /// When the first worker took it.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Number of its worker, 0 before the first.
    pub generation: u32,
    /// Why it is paused, or stopping.
    pub why: Option<Safe>,
    /// The sentence that it ended with.
    pub summary: Option<Safe>,
    /// Why it waits, as data; `None` while it does not.
    #[serde(default)]
    pub pause: Option<PauseReason>,
    /// Why it starts nothing further; stays when it is paused meanwhile.
    #[serde(default)]
    pub stopped: Option<Safe>,
    /// What a person let it pass since its last batch began.
    #[serde(default)]
    pub waived: Vec<PauseReason>,
    /// Whether a person let it pass all that [may be passed so](PauseReason::is_passed_by_promote_all).
    #[serde(default)]
    pub promoted_all: bool,
    /// Whether a person wants it to go one target at a time from then on, whatever its plan says.
    #[serde(default)]
    pub stepping: bool,
    /// Targets that a person had left out before they began.
    #[serde(default)]
    pub skipped: Vec<HostId>,
    /// Whether what it changed goes back once it has ended.
    #[serde(default)]
    pub rollback_wanted: bool,
    /// The run that this one retries or takes back.
    #[serde(default)]
    pub after: Option<RunId>,
    /// The running batch, from 0.
    pub batch: Option<u32>,
    /// The last batch that ended and let the run go on, from 0.
    #[serde(default)]
    pub batch_done: Option<u32>,
    /// Where its canary stands; `None` before the soak, and where it has none.
    #[serde(default)]
    pub canary: Option<CanaryState>,
    /// Targets in plan order.
    pub hosts: Vec<HostState>,
    /// Whether its work is done here, by the worker's own processes, so that it ends with the worker.
    #[serde(default)]
    pub local: bool,
    /// Hooks that were run and let the run go on: when, and for which batch.
    #[serde(default)]
    pub hooks: Vec<(crate::domain::hook::HookPoint, Option<u32>)>,
    /// Who controlled it, oldest first.
    pub controls: Vec<(Timestamp, super::control::Control, Operator)>,
}

/// One line of the list of runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The run.
    pub run: RunId,
    /// What it does.
    pub workflow: crate::domain::plan::Workflow,
    /// Where it goes to, as `v2.5.0 (3f9c2ab)`.
    pub target: Option<Safe>,
    /// Where it stands, `Lost` included.
    pub phase: Phase,
    /// When it was planned.
    pub planned: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Who started it.
    pub by: Option<Operator>,
    /// Its targets.
    pub hosts: Vec<HostId>,
    /// Those on which its work has begun and not ended.
    #[serde(default)]
    pub at_work: Vec<HostId>,
    /// Number of targets that ended well.
    pub n_ok: u32,
    /// Number of targets that did not.
    pub n_failed: u32,
    /// The sentence that it ended with.
    pub summary: Option<Safe>,
}
