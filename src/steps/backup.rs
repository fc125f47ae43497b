//! Backup: the operator's command, then proof that a new archive is there and can be read to its end, then the manifest;
//! retention; the list of what is there; the restore drill.
//!
//! **Invariant:** a backup counts when `<archive>.manifest.json` stands beside it. It is written last, by rename, so no
//! kill, full disk or truncated archive leaves one. Retention deletes only archives with a verified manifest, never
//! the newest [`keep`](crate::domain::settings::DeploySettings::backup_keep_min) of them.

use super::lease::{self, Claim};
use super::script::Script;
use crate::domain::settings::InstanceSettings;

/// Renders the backup.
pub fn backup(settings: &InstanceSettings, claim: &Claim, hold_s: u64) -> String {
    lease::keeping(settings, claim, hold_s)
        .set("backup_dir", settings.backup_dir.as_str())
        .set("backup_command", settings.backup_command.as_str())
        .set("health_url", settings.local_health_url.as_str())
        .fixed(include_str!("git.sh"))
        .fixed(include_str!("backup.sh"))
        .text()
}

/// Renders the deletion of archives that are too old.
pub fn prune(settings: &InstanceSettings, claim: &Claim, hold_s: u64) -> String {
    retention(lease::keeping(settings, claim, hold_s), settings)
        .fixed(include_str!("backup_prune.sh"))
        .text()
}

/// Renders a look at what is there, read-only: `none`, or `present`, a line `old NAME` for each archive that the next
/// backup deletes, and a line `backup MANIFEST` for each manifest.
pub fn list(settings: &InstanceSettings) -> String {
    retention(Script::default(), settings).fixed(include_str!("backup_list.sh")).text()
}

/// Renders the restore drill of the newest archive, or of all.
///
/// It takes no lease: it changes nothing that an instance runs on, and while the job runs the runner's own lock keeps
/// every other job away from the instance, retention included.
pub fn drill(settings: &InstanceSettings, all: bool) -> String {
    Script::in_checkout(settings)
        .set("backup_dir", settings.backup_dir.as_str())
        .set("all", if all { "1" } else { "0" })
        .fixed(include_str!("backup_drill.sh"))
        .text()
}

fn retention(script: Script, settings: &InstanceSettings) -> Script {
    script
        .set("backup_dir", settings.backup_dir.as_str())
        .set("keep_days", &settings.deploy.backup_keep_days.to_string())
        .set("keep_min", &settings.deploy.backup_keep_min.max(1).to_string())
        .fixed(include_str!("backup_retention.sh"))
}
