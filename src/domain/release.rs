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
