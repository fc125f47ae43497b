//! A release: a commit that ran on an instance.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::git::CommitSha;
use super::ids::{HostId, RunId};
use super::untrusted::Safe;

/// The file that a workflow leaves on the host, `/etc/ansible/facts.d/changemaker.fact` (JSON), so
/// that Ansible reads it as `ansible_local.changemaker`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// The commit.
    pub sha: CommitSha,
    /// The branch or tag that was asked for.
    #[serde(rename = "ref")]
    pub reference: Safe,
    /// The run that brought it.
    pub run: Option<RunId>,
    /// When it was recorded, by the host's clock.
    pub at: Timestamp,
    /// Whether the gate passed.
    pub healthy: bool,
    /// The commit that ran before.
    pub previous: Option<CommitSha>,
    /// SHA-256 of the `.env` at that time, hexadecimal.
    #[serde(default)]
    pub env_sha256: Option<Safe>,
}

/// A release as our own store knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Where it ran.
    pub instance: HostId,
    /// What the host's file says.
    pub record: ReleaseRecord,
}

/// A release that instances recorded, as somebody chooses one to go back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The commit.
    pub sha: CommitSha,
    /// The branch or tag that was asked for; `-` where none is known.
    pub reference: Safe,
    /// When it was recorded last.
    pub at: Option<Timestamp>,
    /// Whether a gate found it healthy; else it is what ran before the first upgrade.
    pub healthy: bool,
    /// The instances that recorded it.
    pub hosts: Vec<HostId>,
    /// Those of them that run it now.
    pub running: Vec<HostId>,
    /// Those of them whose last release before the one that runs it is.
    pub previous: Vec<HostId>,
    /// What keeps instances from going there: `HOST: what is missing`.
    pub missing: Vec<Safe>,
}
