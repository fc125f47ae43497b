//! Backup: the operator's command, then proof that a new archive is there and can be read to its end.

use super::lease::{self, Claim};
use crate::domain::settings::InstanceSettings;

/// Renders the step.
pub fn backup(settings: &InstanceSettings, claim: &Claim, hold_s: u64) -> String {
    lease::keeping(settings, claim, hold_s)
        .set("backup_dir", settings.backup_dir.as_str())
        .set("backup_command", settings.backup_command.as_str())
        .fixed(include_str!("backup.sh"))
        .text()
}
