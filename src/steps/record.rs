//! The release record: what runs on the host, since when, by which run.
//!
//! As root it is `/etc/ansible/facts.d/changemaker.fact`, which Ansible shows as `ansible_local.changemaker`; as a
//! plain user, who cannot write there, `facts.d/changemaker.fact` below the state folder. The step tells which.

use super::lease::{self, Claim};
use crate::domain::git::CommitSha;
use crate::domain::plan::Target;
use crate::domain::settings::InstanceSettings;

/// Renders the step: the JSON of `domain::release::ReleaseRecord`, atomically, the last one kept beside it.
/// Run only after the gate, so it says healthy.
pub fn record(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    target: &Target,
    previous: Option<&CommitSha>,
) -> String {
    // Commits and refs are of `[A-Za-z0-9._/+-]`: they stand in JSON as they are.
    let previous = previous.map_or_else(|| "null".to_owned(), |sha| format!("\"{sha}\""));
    lease::keeping(settings, claim, hold_s)
        .set("sha", target.sha.as_str())
        .set("ref", target.reference.as_str())
        .set("previous", &previous)
        .fixed(include_str!("record.sh"))
        .text()
}
