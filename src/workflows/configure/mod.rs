//! Configure: lease, preflight, `.env`, restart of what it touches; then the health gate; then the lease is given back.
//!
//! **Invariant:** what somebody edited on a host is taken back only where that was asked for, and a host whose file is
//! as wanted is left alone.

mod phases;
mod readiness;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::domain::env::{Comparison, EnvChange, compare};
use crate::domain::facts::Facts;
use crate::domain::fleet::{Fleet, Host};
use crate::domain::plan::{Excluded, HostPlan, Plan, Workflow};
use crate::domain::remote::RemoteError;
use crate::domain::run::operator::Operator;
use crate::domain::settings::InstanceSettings;
use crate::domain::untrusted::Safe;
use crate::steps::env_file::EnvRead;
use crate::workflows::env::Desired;

/// What is wanted of all targets.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Who wants it.
    pub operator: Operator,
    /// When it was asked for.
    pub at: Timestamp,
    /// Take back what was edited on a host.
    pub overwrite_drift: bool,
    /// The folder whose vaults fill the holes.
    pub inventory: PathBuf,
}

/// A host that was asked for, with what is known of it.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The host.
    pub host: &'a Host,
    /// Its instance.
    pub settings: &'a InstanceSettings,
    /// What the probe found and what its `.env` is, or why there is nothing.
    pub look: Result<(Facts, Result<EnvRead, Safe>), RemoteError>,
    /// What its `.env` should be, or why that cannot be told.
    pub desired: Result<Desired, Safe>,
}

/// Makes the plan. `candidates` are in inventory order.
pub fn assemble(
    wish: &Wish,
    fleet: &Fleet,
    candidates: &[Candidate<'_>],
    mut excluded: Vec<Excluded>,
) -> Plan {
    let mut hosts = Vec::new();
    for candidate in candidates {
        let id = &candidate.host.id;
        let known = Known::of(candidate);
        if let Some(known) = known.as_ref().filter(|k| k.is_as_wanted()) {
            let n = known.desired.variables.len();
            let without = match known.desired.left_out.len() {
                0 => String::new(),
                n => format!(", without {n} that its import found missing"),
            };
            let reason = Safe::line(&format!("its .env is already so ({n} variables{without})"));
            excluded.push(Excluded { host: id.clone(), reason });
            continue;
        }
        hosts.push(host_plan(wish, candidate, known.as_ref()));
    }
    Plan {
        vault: Some(wish.inventory.clone()),
        ..Plan::draft(Workflow::Configure, fleet.name.clone(), hosts, excluded, wish.at)
    }
}

fn host_plan(wish: &Wish, candidate: &Candidate<'_>, known: Option<&Known<'_>>) -> HostPlan {
    let findings = readiness::judge(wish, candidate, known);
    let from = candidate.look.as_ref().ok().and_then(|(facts, _)| facts.checkout.known());
    let mut host = HostPlan::judged(
        candidate.host,
        candidate.settings,
        from.map(|checkout| checkout.commit.clone()),
        findings,
    );
    host.diff = known.map(|k| k.comparison.changes.clone()).unwrap_or_default();
    if let Some(known) = known.filter(|_| host.will_run()) {
        phases::fill(&mut host, wish, known);
    }
    host
}

/// A host of which both sides are known.
struct Known<'a> {
    read: &'a EnvRead,
    desired: &'a Desired,
    comparison: Comparison,
}

impl<'a> Known<'a> {
    fn of(candidate: &'a Candidate<'_>) -> Option<Self> {
        let (_, read) = candidate.look.as_ref().ok()?;
        let (read, desired) = (read.as_ref().ok()?, candidate.desired.as_ref().ok()?);
        let here = read.file.as_ref().map(|f| f.variables.as_slice()).unwrap_or_default();
        let comparison = compare(&desired.variables, here, read.applied.as_ref());
        Some(Self { read, desired, comparison })
    }

    /// Whether nothing would be done: the variables are as wanted and on record, only their owner reads them, and no run
    /// ended before the containers had them.
    fn is_as_wanted(&self) -> bool {
        let closed = self.read.file.as_ref().is_some_and(|f| f.mode & 0o777 == 0o600);
        self.comparison.changes.is_empty() && closed && !self.read.pending && !self.is_taken_up()
    }

    /// Whether the file was edited on the host, and nothing in it is against the inventory any more.
    fn is_taken_up(&self) -> bool {
        let (Some(applied), Some(file)) = (&self.read.applied, &self.read.file) else {
            return false;
        };
        self.comparison.changes.is_empty() && !applied.is_of(file, &self.desired.variables)
    }
}

/// Changes counted by what they are: `2 set, 1 change`.
pub fn counted(changes: &[EnvChange]) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for change in changes {
        let words = change.kind.words();
        match counts.iter_mut().find(|(known, _)| *known == words) {
            Some((_, n)) => *n += 1,
            None => counts.push((words, 1)),
        }
    }
    let words: Vec<String> = counts.into_iter().map(|(words, n)| format!("{n} {words}")).collect();
    words.join(", ")
}
