//! By what a plan is known: what was approved is what runs.

use std::fmt::{self, Write as _};
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::strategy::Strategy;
use super::{
    Around, Change, Excluded, FailureBudget, HostPlan, Plan, Playbook, Rules, Target, Workflow,
};
use crate::domain::canary::CanaryPlan;
use crate::domain::ids::{HostId, RunId};
use crate::domain::untrusted::Safe;

/// SHA-256 of what a plan does, 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanHash(pub String);

impl PlanHash {
    fn of(hashed: Sha256) -> Self {
        let mut hex = String::with_capacity(64);
        for byte in hashed.finalize() {
            let _ = write!(hex, "{byte:02x}");
        }
        Self(hex)
    }

    /// The first four digits, as the screens show them.
    pub fn short(&self) -> &str {
        self.0.get(..4).unwrap_or(&self.0)
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A plan that was made at no time in particular. A plan is megabytes long: it is hashed as it is written, and not copied.
///
/// **Invariant:** as JSON it is the plan's own but for the time, so a hash of an older program still holds. Taking a plan
/// apart by its fields lets none of them be forgotten.
#[derive(Serialize)]
struct Timeless<'p> {
    schema: u32,
    workflow: Workflow,
    fleet: &'p Safe,
    #[serde(skip_serializing_if = "Option::is_none")]
    vault: Option<&'p Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    playbook: Option<&'p Playbook>,
    target: Option<&'p Target>,
    changes: &'p [Change],
    batches: &'p [Vec<HostId>],
    hosts: &'p [HostPlan],
    excluded: &'p [Excluded],
    parallel: u32,
    stops: &'p FailureBudget,
    #[serde(skip_serializing_if = "Rules::is_empty")]
    rules: &'p Rules,
    #[serde(skip_serializing_if = "Around::is_empty")]
    around: &'p Around,
    #[serde(skip_serializing_if = "Option::is_none")]
    strategy: Option<&'p Strategy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'p RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<&'p CanaryPlan>,
    made_at: Timestamp,
}

impl Plan {
    /// The hash of everything that decides what will be done: all but `made_at`.
    pub fn hash(&self) -> PlanHash {
        let mut hashed = io::BufWriter::with_capacity(64 * 1024, Hashing(Sha256::new()));
        // What is written cannot fail, and nothing of a plan cannot be written.
        let written = serde_json::to_writer(&mut hashed, &self.timeless());
        let hashing = hashed.into_inner().ok().filter(|_| written.is_ok());
        PlanHash::of(hashing.map_or_else(Sha256::new, |hashing| hashing.0))
    }

    fn timeless(&self) -> Timeless<'_> {
        let Self {
            schema,
            workflow,
            fleet,
            vault,
            playbook,
            target,
            changes,
            batches,
            hosts,
            excluded,
            parallel,
            stops,
            rules,
            around,
            strategy,
            after,
            canary,
            made_at: _,
        } = self;
        Timeless {
            schema: *schema,
            workflow: *workflow,
            fleet,
            vault: vault.as_deref(),
            playbook: playbook.as_ref(),
            target: target.as_ref(),
            changes,
            batches,
            hosts,
            excluded,
            parallel: *parallel,
            stops,
            rules,
            around,
            strategy: strategy.as_ref(),
            after: after.as_ref(),
            canary: canary.as_deref(),
            made_at: Timestamp::UNIX_EPOCH,
        }
    }
}

struct Hashing(Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn of_its_json(plan: &Plan) -> PlanHash {
        let timeless = Plan { made_at: Timestamp::UNIX_EPOCH, ..plan.clone() };
        PlanHash::of(Sha256::new_with_prefix(serde_json::to_vec(&timeless).unwrap()))
    }

    #[test]
    fn a_hash_is_that_of_the_plans_own_json_whatever_it_holds() {
        let phases = serde_json::json!([{"phase": "gate", "id": "health", "title": "health",
            "min_healthy_s": 1, "deadline_s": 3, "hint": "look"}]);
        let host = |id| serde_json::from_value(sample::host(id, &phases)).unwrap();
        let hosts = vec![host("a"), host("b")];
        let at = "2026-11-22T22:00:00Z".parse().unwrap();
        let mut plan = Plan::draft(Workflow::Backup, "lab".into(), hosts, Vec::new(), at);
        assert_eq!(plan.hash(), of_its_json(&plan));
        plan.vault = Some("/srv/inventory".into());
        plan.after = Some(RunId::new(plan.made_at, 7));
        plan.hosts.truncate(1);
        assert_eq!(plan.hash(), of_its_json(&plan));
        let later = Plan { made_at: Timestamp::MAX, ..plan.clone() };
        assert_eq!(later.hash(), plan.hash());
        let other = Plan { parallel: plan.parallel + 1, ..plan.clone() };
        assert_ne!(other.hash(), plan.hash());
    }
}
