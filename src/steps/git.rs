//! Git on the host: the planned commit is fetched by its id, and checked out detached.
//!
//! Detached, because a branch of that name may go on between the plan and the run, and what runs must be
//! what was approved; `bunker status` shows the tag. `.env` and `docker-compose.override.yml` stay: git
//! ignores them, and nothing here cleans a tree.

use super::lease::{self, Claim};
use super::script::Script;
use crate::domain::git::CommitSha;
use crate::domain::plan::Target;
use crate::domain::settings::InstanceSettings;

/// Renders the fetch: the commit is there afterwards, and a tag that moved since the plan fails it.
pub fn fetch(settings: &InstanceSettings, claim: &Claim, hold_s: u64, target: &Target) -> String {
    let script = lease::keeping(settings, claim, hold_s)
        .set("repo", settings.repo.as_str())
        .set("ref", target.reference.as_str())
        .set("sha", target.sha.as_str())
        .fixed(include_str!("git.sh"));
    fetching(script).text()
}

/// Adds the fetch to a script that has set `$repo`, `$ref` and `$sha` and knows `tree_git`.
pub(super) fn fetching(script: Script) -> Script {
    script.fixed(include_str!("git_fetch.sh"))
}

/// Renders the checkout: records where the tree was, for [`restoring`].
pub fn checkout(
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
        .fixed(include_str!("git_checkout.sh"))
        .text()
}

/// Adds `restore`, by which a later step puts the tree and the image names back to what runs.
pub(super) fn restoring(script: Script, from: &CommitSha, to: &CommitSha) -> Script {
    script
        .set("from", from.as_str())
        .set("from_short", from.short())
        .set("sha_short", to.short())
        .fixed(include_str!("git.sh"))
        .fixed(include_str!("restore.sh"))
}
