//! Preflight: what the plan found is looked at again on the host, under the lease. It changes nothing.

use super::lease::{self, Claim};
use crate::domain::git::CommitSha;
use crate::domain::settings::InstanceSettings;

/// What must hold before anything is changed.
#[derive(Debug, Clone)]
pub struct Preflight<'a> {
    /// The commit that the plan saw.
    pub from: &'a CommitSha,
    /// The commit that it goes to; also good, since a run may be resumed.
    pub to: &'a CommitSha,
    /// Variables that `.env` must set.
    pub required: &'a [String],
}

/// Renders the step.
pub fn preflight(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    wants: &Preflight<'_>,
) -> String {
    let names = wants.required.iter().map(String::as_str).filter(|n| is_variable(n));
    lease::keeping(settings, claim, hold_s)
        .set("need_b", &settings.policy.upgrade_free_b.to_string())
        .set("from", wants.from.as_str())
        .set("sha", wants.to.as_str())
        .set("backup_dir", settings.backup_dir.as_str())
        .list("required", names)
        .fixed(include_str!("git.sh"))
        .fixed(include_str!("preflight.sh"))
        .text()
}

/// Whether a text can be the name of an environment variable: the shell and `grep` see it unquoted.
pub fn is_variable(name: &str) -> bool {
    let first_ok = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    first_ok && name.len() <= 128 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
