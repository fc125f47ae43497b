//! Images: those that run now get a second name, so that going back needs neither a network nor a build and
//! no prune takes them away.

use super::git;
use super::lease::{self, Claim};
use crate::domain::git::CommitSha;
use crate::domain::settings::InstanceSettings;

/// Renders the step: `<repository>:bunker-held-<first 7 of the commit>`, for the last `cml_keep_releases` commits and for those that a
/// rollback would go to. The first time it writes down in the history of releases what runs.
pub fn hold(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    running: &CommitSha,
) -> String {
    lease::keeping(settings, claim, hold_s)
        .set("from", running.as_str())
        .set("from_short", running.short())
        .set("keep", &settings.deploy.keep_releases.max(2).to_string())
        .fixed(include_str!("images.sh"))
        .text()
}

/// Renders a look, under the lease, whether everything is there for going back from one commit to another; it changes nothing.
pub fn ready(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    from: &CommitSha,
    to: &CommitSha,
) -> String {
    lease::keeping(settings, claim, hold_s)
        .set("from", from.as_str())
        .set("sha", to.as_str())
        .set("sha_short", to.short())
        .fixed(include_str!("git.sh"))
        .fixed(include_str!("rollback_ready.sh"))
        .text()
}

/// Renders the step that gives the held images of a commit the names by which Compose finds them.
pub fn take_held(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    from: &CommitSha,
    to: &CommitSha,
) -> String {
    git::restoring(lease::keeping(settings, claim, hold_s), from, to)
        .fixed(include_str!("rollback_images.sh"))
        .text()
}
