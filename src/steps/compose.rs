//! Compose: build, and up.
//!
//! Where images of the target commit are still held, they are taken and nothing is built: the way back is
//! quick and needs no network. The build comes before anything is stopped: a failed one leaves the old containers as they are, and puts
//! the checkout back so that the tree again says what runs. `up` does not use `--wait`: that fails on a
//! one-shot service that ended well and passes a crash loop that has no health check; the gate decides.

use super::git;
use super::lease::{self, Claim};
use crate::domain::git::CommitSha;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// Renders the check of the compose file and the build.
pub fn build(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    from: &CommitSha,
    to: &CommitSha,
) -> String {
    git::restoring(lease::keeping(settings, claim, hold_s), from, to)
        .fixed(include_str!("compose_build.sh"))
        .text()
}

/// Renders `up -d`. `way_back` is the hint where it fails.
pub fn up(settings: &InstanceSettings, claim: &Claim, hold_s: u64, way_back: &Safe) -> String {
    lease::keeping(settings, claim, hold_s)
        .set("way_back", way_back.as_str())
        .fixed(include_str!("compose_up.sh"))
        .text()
}

/// Renders `up -d` that neither builds nor pulls. `way_on` is the hint where it fails.
pub fn up_as_held(
    settings: &InstanceSettings,
    claim: &Claim,
    hold_s: u64,
    way_on: &Safe,
) -> String {
    lease::keeping(settings, claim, hold_s)
        .set("way_back", way_on.as_str())
        .fixed(include_str!("rollback_up.sh"))
        .text()
}
