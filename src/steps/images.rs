//! Images: those that run now get a second name, so that going back needs neither a network nor a build and
//! no prune takes them away.

use super::lease::{self, Claim};
use crate::domain::git::CommitSha;
use crate::domain::settings::InstanceSettings;

/// Renders the step: `<repository>:bunker-held-<first 7 of the commit>`, for the last two commits.
pub fn hold(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    running: &CommitSha,
) -> String {
    lease::keeping(settings, claim, hold_s)
        .set("from_short", running.short())
        .fixed(include_str!("images.sh"))
        .text()
}
