//! The lease: who may change an instance, for the whole of an operation.
//!
//! Two locks: while a job runs, the runner holds the kernel's `flock` of the instance; between jobs (a gate,
//! a pause) the lease says whose the instance is. It is `instances/<instance>/lease` below the host's state
//! folder, lines of `name=value`: `holder` (a sentence part for people), `run`, `workflow`, `target`,
//! `operator`, `generation`, `started`, `heartbeat`, `doing` (how far), `expires` (seconds since 1970), `until` and
//! `beat` (seconds since the boot), `boot`.
//!
//! **Invariants:** it appears whole or not at all (hard link of a written file). It ends by the host's clock since
//! boot only, which no change of the wall clock moves, or with the boot that it was made in. `generation` never goes
//! back: each taking is a new one, and the runner refuses jobs of an older one.
//! It is no change of the instance: a step that takes or gives it back is ok, not changed.
//! Each step begins by looking that the lease is still its run's, so a run that lost it changes nothing more.

use super::script::Script;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;

/// Who takes a lease and for what.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What is done, for example `upgrade`.
    pub workflow: &'static str,
    /// Where it goes to, for example `v2.5.0 (3f9c2ab)`.
    pub target: Safe,
    /// Who does it.
    pub operator: Operator,
}

/// The words of the shell by which a lease is read and written. The runner gives them to each step, so that not every
/// step of a plan holds them (`docs/decisions/0016-the-runner-brings-the-words-of-the-lease.md`).
pub const WORDS: &str = include_str!("lease.sh");
/// Takes it.
pub(super) const ACQUIRE: &str = include_str!("lease_acquire.sh");

/// Takes the lease, or fails saying who has it. The same run may take it again.
pub fn acquire(claim: &Claim, hold_s: u64) -> String {
    base(claim, hold_s).fixed(ACQUIRE).text()
}

/// Gives the lease back, if it is ours.
pub fn release(claim: &Claim) -> String {
    base(claim, 0).fixed(include_str!("lease_release.sh")).text()
}

/// The beginning of a step in the checkout that may only run while the lease is ours, and prolongs it by `hold_s` seconds.
pub(super) fn keeping(settings: &InstanceSettings, claim: &Claim, hold_s: u64) -> Script {
    let site = Script::in_checkout(settings);
    with_claim(site, claim, hold_s).fixed(include_str!("lease_keep.sh"))
}

/// [`keeping`] for a step that needs no checkout: it stays where it is, `$state` is set.
pub(super) fn held(claim: &Claim, hold_s: u64) -> Script {
    base(claim, hold_s).fixed(include_str!("lease_keep.sh"))
}

fn base(claim: &Claim, hold_s: u64) -> Script {
    with_claim(Script::default(), claim, hold_s)
}

fn with_claim(script: Script, claim: &Claim, hold_s: u64) -> Script {
    script
        .set("workflow", claim.workflow)
        .set("target", one_line(&claim.target).as_str())
        .set("operator", who(&claim.operator).as_str())
        .set("hold_s", &hold_s.to_string())
        .fixed("lease_place")
}

/// An operator as one line: `ann on desk from 10.0.0.7`.
pub(super) fn who(operator: &Operator) -> Safe {
    let from = operator.from.as_ref().map(|f| format!(" from {f}")).unwrap_or_default();
    Safe::line(&format!("{} on {}{from}", operator.user, operator.machine))
}

/// A `Safe` may hold newlines; a line of the lease may not.
fn one_line(text: &Safe) -> Safe {
    Safe::line(text.as_str())
}
