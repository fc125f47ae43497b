//! Steps of an import: the settings of an instance that somebody installed by hand are read and put on record, and it is
//! marked as in use.

use super::env_file::Record;
use super::lease::{self, Claim};
use super::script::Script;
use crate::domain::git::CommitSha;
use crate::domain::settings::InstanceSettings;

/// Renders the reading of `.env`. It changes nothing. The answer is the file, with its secrets.
pub fn read(settings: &InstanceSettings) -> String {
    Script::default().set("dir", settings.dir.as_str()).fixed(include_str!("import_read.sh")).text()
}

/// Renders the record of what `.env` has, so that what is edited later is known as such. `seen` is the SHA-256 of the file that
/// the plan saw. The file itself is left alone.
pub fn settings(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    seen: &str,
    record: &Record<'_>,
) -> String {
    let applied = record.lines();
    lease::keeping(settings, claim, hold_s)
        .set("seen", seen)
        .list("applied", applied.iter().map(String::as_str))
        .fixed(include_str!("import_settings.sh"))
        .text()
}

/// Renders the mark by which no deployment ever seeds this instance. `commit` is what the plan saw.
pub fn mark(settings: &InstanceSettings, claim: &Claim, hold_s: u64, commit: &CommitSha) -> String {
    let marker = settings.deploy.seeded_marker.as_ref().map_or("", |path| path.as_str());
    lease::keeping(settings, claim, hold_s)
        .set("sha", commit.as_str())
        .set("marker", marker)
        .fixed(include_str!("git.sh"))
        .fixed(include_str!("import_mark.sh"))
        .text()
}
